"""The coverage ledger of a snapshot: what was asked, and what became of it; gaps first."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

from rich.text import Text

from relab.text import safe
from tui.marks import Mark
from tui.vault_model import Line
from tui.view import View
from tui.widgets.outline import MARK_INKS
from tui.widgets.snapshot_contents import tenant_name
from tui.widgets.snapshot_rows import Source, folded

MARKS: Mapping[str, Mark] = {
    "captured": Mark.PASS,
    "empty": Mark.SKIP,
    "denied": Mark.FAIL,
    "failed": Mark.FAIL,
    "throttled": Mark.WARN,
    "changed-meanwhile": Mark.WARN,
    "unsupported": Mark.ERROR,
}
_INDENT = 4


class Coverage(Source):
    """The sum of all lines first, then a line each; a gap is folded and never cut."""

    tall = True

    def __init__(self, lines: Sequence[Line], tenant: str | None, view: View) -> None:
        self._view = view
        self._lines = [one for one in lines if tenant in (None, one.tenant)]
        self._sum = _sum(self._lines, tenant, view)

    def __len__(self) -> int:
        """Return the number of lines and one for the sum."""
        return len(self._lines) + 1

    def height(self, row: int, width: int) -> int:
        """Return 1 for what is no gap; the others have to be folded to know."""
        plain = row > 0 and not self._lines[row - 1].is_gap
        return 1 if plain else len(self.draw(row, width))

    def draw(self, row: int, width: int) -> Sequence[Text]:
        """Return the lines of the sum or of a line of the ledger."""
        if row == 0:
            return folded(self._sum, width)
        one = self._lines[row - 1]
        text = ledger_line(one, self._view)
        if one.is_gap:
            return folded(text, width, _INDENT)
        text.truncate(width, overflow=self._view.overflow)
        return [text]

    def key(self, row: int) -> Hashable:
        """Return the line."""
        return self._lines[row - 1] if row else "sum"


def _sum(lines: Sequence[Line], tenant: str | None, view: View) -> Text:
    gaps = sum(one.is_gap for one in lines)
    whose = "" if tenant is None else f"{tenant_name(tenant, view)}{view.glyphs.between}"
    words = view.say("vault.sum", gaps=f"{gaps:,}", lines=f"{len(lines):,}")
    text = Text(f"{whose}{words}", "bold")
    counted = Counter(one.state for one in lines)
    for state in [*MARKS, *sorted(counted.keys() - MARKS.keys())]:
        if counted[state]:
            text.append(view.glyphs.between)
            text.append_text(state_words(state, view)).append(f" {counted[state]:,}")
    return text


def state_words(state: str, view: View) -> Text:
    """Return the sign and the word of a state of the ledger."""
    mark = MARKS.get(state, Mark.ERROR)
    word = view.say(f"covered.{state}") if state in MARKS else safe(state)
    return Text(f"{view.glyphs.marks[mark]} {word}", MARK_INKS[mark])


def ledger_line(one: Line, view: View) -> Text:
    """Return a line of the ledger in one piece."""
    text = state_words(one.state, view).append(f" {one.count:,}" if one.count else "")
    between = view.glyphs.between
    text.append(f"{between}{tenant_name(one.tenant, view)}{between}")
    text.append(view.plain(safe(one.type)), "bold")
    text.append(view.plain(safe(f" {one.region}")), "dim")
    return text.append(f": {view.plain(safe(one.detail))}" if one.detail else "")
