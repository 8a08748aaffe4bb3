"""The gate's proof: what speaks against a wipe first, then what goes, and what stays."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from relab.nuke.model import LOSSES, Doomed, Fate, Left
from relab.text import safe
from tui.cycle_model import Proof
from tui.cycle_state import Cycle, Group
from tui.marks import Mark
from tui.view import View
from tui.widgets.cycle_stages import offered
from tui.widgets.outline import MARK_INKS
from tui.widgets.restore_plan import GO
from tui.widgets.snapshot_contents import tenant_name
from tui.widgets.stack import Piece, Pieces

GROUPS = frozenset({"goes", "kept", "survivors", "losses", "notes"})
_LOSSES: Group = ("losses",)
_KEPT: Group = ("kept",)
_SURVIVORS: Group = ("survivors",)
_NOTES: Group = ("notes",)
_FEW = 20
_INDENT = 4
_INKS = {
    Fate.CAPTURED: "green",
    Fate.REBUILT: "green",
    Fate.LEFT_OUT: "yellow",
    Fate.LOST: "bold red",
    Fate.NEVER: "bold red",
}


def tree(state: Cycle, view: View) -> Pieces:
    """Return the rows of the proof; the key of a group is its `Group`, and `GO` goes on."""
    proof = state.proof
    if proof is None:
        words = view.say("proof.unread", why=view.plain(safe(state.unread)))
        return Pieces([Piece(None, Text(words if state.unread else view.say("proof.none")))])
    open_ = _Open(state.unfolded, proof)
    return Pieces(
        [*_top(state, proof, view), *_first(proof, open_, view), *_all(proof, open_, view)]
    )


class _Open:
    """Which groups are open: the short ones that matter, and what the person has opened."""

    def __init__(self, unfolded: frozenset[Group], proof: Proof) -> None:
        self._unfolded = unfolded
        few = {_LOSSES: proof.forecast.losses, _SURVIVORS: proof.forecast.survivors}
        self._usual = {group: len(found) <= _FEW for group, found in few.items()}

    def __contains__(self, group: Group) -> bool:
        return (group in self._unfolded) != self._usual.get(group, False)


def _top(state: Cycle, proof: Proof, view: View) -> Iterator[Piece]:
    yield Piece(None, verdict(proof, view))
    yield Piece(None, fates(proof, view))
    # It stands under the cursor: above the refusals, so that none of them is scrolled away.
    yield from (piece for piece in offered(state, view) if piece.key == GO)
    for number, one in enumerate(proof.refusals):
        text = Text(f"{view.glyphs.marks[Mark.FAIL]} {view.plain(safe(one.what))}", "red")
        text.append(f" {view.plain('→')} {view.plain(safe(one.fix))}" if one.fix else "", "bold")
        yield Piece(("refusal", number), text, _INDENT)


def verdict(proof: Proof, view: View) -> Text:
    """Return whether the gate lets the wipe through, as it was told."""
    if proof.refusals:
        count = f"{len(proof.refusals):,}"
        mark, words = Mark.FAIL, view.say("proof.refused", count=count)
    elif proof.forecast.losses:
        mark, words = Mark.WARN, view.say("proof.passed-losses")
    else:
        mark, words = Mark.PASS, view.say("proof.passed")
    return Text(f"{view.glyphs.marks[mark]} {words}", f"bold {MARK_INKS[mark]}")


def fates(proof: Proof, view: View) -> Text:
    """Return how many things go and what becomes of them, and how many are kept."""
    forecast = proof.forecast
    text = Text(view.say("proof.goes", count=f"{len(forecast.doomed):,}"))
    text.append_text(_sum(proof.fates, view, long=True))
    text.append(f"{view.glyphs.between}{view.say('proof.kept', count=f'{len(forecast.kept):,}')}")
    return text


def _sum(found: Counter[Fate], view: View, *, long: bool = False) -> Text:
    text = Text()
    for fate in Fate:
        if found[fate]:
            word = f"{found[fate]:,} {view.say(f'fate.{fate.name.lower()}')}"
            text.append(f"{view.glyphs.between}{word}" if long else f"  {word}", _INKS[fate])
    return text


def _first(proof: Proof, open_: _Open, view: View) -> Iterator[Piece]:
    losses, survivors = proof.forecast.losses, proof.forecast.survivors
    if losses:
        title = view.say("proof.losses", count=f"{len(losses):,}")
        yield _heading(_LOSSES, 0, Text(title, "bold red"), open_, view)
        yield from (_doomed(one, 1, view) for one in losses if _LOSSES in open_)
    if survivors:
        title = view.say("proof.survivors", count=f"{len(survivors):,}")
        yield _heading(_SURVIVORS, 0, Text(title, "bold yellow"), open_, view)
        yield from (_left(one, view) for one in survivors if _SURVIVORS in open_)


def _all(proof: Proof, open_: _Open, view: View) -> Iterator[Piece]:
    services: dict[str, list[str]] = {}
    for service, tenant in proof.going:
        services.setdefault(service, []).append(tenant)
    for service, tenants in services.items():
        group = ("goes", service)
        own = [one for tenant in tenants for one in proof.going[service, tenant]]
        title = _title(view.plain(safe(service)), own, view)
        yield _heading(group, 0, title, open_, view)
        for tenant in tenants if group in open_ else ():
            yield from _of_tenant(proof.going[service, tenant], (*group, tenant), open_, view)
    yield from _rest(proof, open_, view)


def _of_tenant(found: Sequence[Doomed], group: Group, open_: _Open, view: View) -> Iterator[Piece]:
    title = _title(tenant_name(group[-1], view), found, view)
    yield _heading(group, 1, title, open_, view)
    grave = sorted(found, key=lambda one: (one.fate not in LOSSES, one.type, one.key))
    yield from (_doomed(one, 2, view) for one in grave if group in open_)


def _title(name: str, found: Iterable[Doomed], view: View) -> Text:
    return Text(name, "bold").append_text(_sum(Counter(one.fate for one in found), view))


def _doomed(one: Doomed, level: int, view: View) -> Piece:
    text = Text("  " * (level + 1))
    text.append(view.plain(safe(f"{one.type} ")), "dim")
    text.append(view.plain(safe(one.key)), "default")
    text.append(f": {view.say(f'fate.{one.fate.name.lower()}')}", _INKS[one.fate])
    why = f" ({view.plain(safe(one.why))})" if one.why else ""
    by = view.say("proof.by", who=view.say(f"by.{one.by.name.lower()}"))
    text.append(f"{why}{view.glyphs.between}{by}", "dim")
    return Piece(("doomed", one.type, one.key), text, 2 * level + _INDENT)


def _left(one: Left, view: View) -> Piece:
    text = Text(f"    {view.plain(safe(f'{one.type} {one.key}'))}")
    return Piece(None, text.append(f": {view.plain(safe(one.why))}", "dim"), _INDENT + 2)


def _rest(proof: Proof, open_: _Open, view: View) -> Iterator[Piece]:
    forecast = proof.forecast
    if forecast.kept:
        title = view.say("proof.kept-title", count=f"{len(forecast.kept):,}")
        yield _heading(_KEPT, 0, Text(title, "bold"), open_, view)
        for (why, kind), count in sorted(proof.kept.items()) if _KEPT in open_ else ():
            text = Text(f"    {count:,} {view.plain(safe(kind))}")
            yield Piece(None, text.append(f": {view.plain(safe(why))}", "dim"), _INDENT + 2)
    if forecast.notes:
        title = view.say("proof.notes", count=f"{len(forecast.notes):,}")
        yield _heading(_NOTES, 0, Text(title, "bold"), open_, view)
        for note in forecast.notes if _NOTES in open_ else ():
            yield Piece(None, Text(f"    {view.plain(safe(note))}", "dim"), _INDENT + 2)


def _heading(group: Group, level: int, title: Text, open_: _Open, view: View) -> Piece:
    fold = view.glyphs.open if group in open_ else view.glyphs.folded
    text = Text.assemble("  " * level, (f"{fold} ", "dim")).append_text(title)
    return Piece(group, text, 2 * level + _INDENT)
