"""The snapshots of the vault: unfinished saves first, then the newest."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from relab.text import safe, size_of
from tui import figures
from tui.marks import Mark
from tui.vault_model import Snapshot, Unfinished
from tui.vault_state import Vault
from tui.view import View
from tui.widgets.outline import MARK_INKS
from tui.widgets.snapshot_rows import Source, folded

_INDENT = 2
_HARD_SPACE = "\u00a0"
MAKE_VAULT = "relab vault init"


@dataclass(frozen=True, slots=True)
class Finished:
    """The key of a row about a finished snapshot."""

    name: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The key of a row about an unfinished save."""

    name: str


@dataclass(frozen=True, slots=True)
class Command:
    """The key of a row that offers a command to copy."""

    text: str


class Snapshots(Source):
    """A few lines for each snapshot; what a person must do stands in their place."""

    tall = True

    def __init__(self, vault: Vault, view: View) -> None:
        rows = list(_rows(vault, view))
        self._keys: Sequence[Hashable] = [key for key, _ in rows]
        self._texts: Sequence[Sequence[Text]] = [texts for _, texts in rows]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._keys)

    def draw(self, row: int, width: int) -> Sequence[Text]:
        """Return the lines of one snapshot, folded and not cut."""
        lines = [line for text in self._texts[row] for line in folded(text, width, _INDENT)]
        return [_softened(line) for line in lines]

    def key(self, row: int) -> Hashable:
        """Return `Finished`, `Waiting`, `Command`, or None where there is nothing to choose."""
        return self._keys[row]


def _softened(line: Text) -> Text:
    """Return a line with usual spaces, so that it is copied and searched as it is read."""
    spans = list(line.spans)
    return Text(line.plain.replace(_HARD_SPACE, " "), line.style, spans=spans)


_Row = tuple[Hashable, Sequence[Text]]


def _rows(vault: Vault, view: View) -> Iterator[_Row]:
    if vault.is_missing:
        yield Command(MAKE_VAULT), _offer(view, "vault.none", MAKE_VAULT)
        return
    if not vault.known:
        yield None, [Text(view.say("vault.asking"), "dim") if not vault.trouble else Text("")]
        return
    running = vault.save.order.name if vault.save and vault.save.is_running else ""
    for one in vault.unfinished:
        yield Waiting(one.name), _waiting(one, one.name == running, view)
    for found in reversed(vault.snapshots):
        yield Finished(found.name), _finished(found, found.name == vault.other, view)
    if not vault.snapshots and not vault.unfinished:
        yield None, [Text(view.say("vault.empty"))]


def _offer(view: View, key: str, command: str) -> Sequence[Text]:
    return [Text(view.say(key)), Text(view.command(command), "bold")]


def _head(mark: Mark, word: str, name: str, view: View) -> Text:
    ink = MARK_INKS[mark]
    head = Text.assemble((f"{view.glyphs.marks[mark]} {word}", ink), view.glyphs.between)
    return head.append(view.plain(safe(name)), "bold")


def _waiting(one: Unfinished, is_running: bool, view: View) -> Sequence[Text]:
    word = view.say("vault.saving" if is_running else "vault.unfinished")
    mark = Mark.OPEN if is_running else Mark.WARN
    facts = [figures.moment(one.started_at), view.say("vault.units", units=f"{one.units:,}")]
    hint = [] if is_running else [view.say("vault.resume-hint")]
    return [_head(mark, word, one.name, view), _facts([*facts, *hint], view)]


def _finished(one: Snapshot, is_other: bool, view: View) -> Sequence[Text]:
    mark = Mark.PASS if one.is_complete else Mark.WARN
    state = view.say("vault.complete" if one.is_complete else "vault.partial")
    facts = [
        figures.moment(one.finished_at),
        view.say("vault.items", items=f"{one.items:,}"),
        size_of(one.bytes),
        view.say("vault.gaps", gaps=f"{one.gaps:,}") if one.gaps else view.say("vault.no-gaps"),
        _verified(one, view),
    ]
    extra = [view.say("vault.pinned")] if one.pinned else []
    extra += [view.say("vault.cohort", cohort=safe(one.cohort))] if one.cohort else []
    extra += [view.say("vault.other")] if is_other else []
    return [_head(mark, state, one.name, view), _facts([*facts, *extra], view)]


def _verified(one: Snapshot, view: View) -> str:
    if not one.verified_at:
        return view.say("vault.unverified")
    key = "vault.verified-deep" if one.verified_deep else "vault.verified"
    return view.say(key, at=figures.moment(one.verified_at))


def _facts(facts: Sequence[str], view: View) -> Text:
    # A line is broken between facts, not inside one.
    words = view.glyphs.between.join(view.plain(fact).replace(" ", _HARD_SPACE) for fact in facts)
    return Text(f"{' ' * _INDENT}{words}", "dim")
