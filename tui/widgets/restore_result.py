"""What the world says after a restore: what differs, like a diff, and the checks by tenant."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.text import Text

from relab.events import Differs
from relab.text import safe
from tui.marks import Mark
from tui.restore_model import Check
from tui.restore_run import Run
from tui.restore_state import Restore
from tui.vault_model import Change, Field, rows
from tui.view import View
from tui.widgets.outline import MARK_INKS
from tui.widgets.restore_plan import GO
from tui.widgets.restore_progress import resume_command, state_of
from tui.widgets.snapshot_contents import tenant_name
from tui.widgets.snapshot_diff import Differences
from tui.widgets.snapshot_progress import failure
from tui.widgets.snapshot_rows import Source
from tui.widgets.stack import Piece, Pieces, Stack

_INDENT = 4
_PASS, _SKIP = "pass", "skip"
_MARKS = {one.value: one for one in Mark}


@dataclass(frozen=True, slots=True)
class Report:
    """The key of the row that names the file of the report."""

    path: str


def result(state: Restore, view: View) -> Source:
    """Return what a restore came to."""
    run = state.run
    if run is None or run.verified is None:
        word = "result.none" if run is None or not run.is_running else "result.later"
        return Pieces([Piece(None, Text(view.say(word)))])
    top = [Piece(None, state_of(run, view)), *_summary(run, view), *_checks(run, view)]
    parts: list[Source] = [Pieces(top)]
    if run.differences:
        parts += [Pieces([Piece(None, Text(view.say("result.diff"), "bold"))])]
        parts += [Differences(changes(run.differences), state.unfolded, state.tenant, view)]
    return Stack([*parts, Pieces(list(_rest(run, view)))])


def _summary(run: Run, view: View) -> Iterator[Piece]:
    found = run.verified
    assert found is not None  # noqa: S101 - it was looked for by the caller
    words = {"equal": f"{found.equal:,}", "differing": f"{found.differing:,}"}
    yield Piece(None, Text(view.say("result.sum", **words)))
    if found.partial:
        yield Piece(None, _warned(view.say("result.partial"), view))
    if run.failed:
        words = {"count": f"{run.failed:,}", "command": view.command(resume_command(run))}
        yield Piece(GO, _warned(view.say("result.failed", **words), view), _INDENT)
    if run.plan.blocked:
        blocked = f"{len(run.plan.blocked):,}"
        yield Piece(None, _warned(view.say("result.blocked", count=blocked), view))
    if run.plan.lost:
        lost = f"{len(run.plan.lost):,}"
        yield Piece(None, Text(view.say("result.lost", count=lost), "dim"))
    report = view.say("result.report", path=view.plain(safe(run.report)))
    yield Piece(Report(run.report), Text(report, "bold"), _INDENT)


def _warned(words: str, view: View) -> Text:
    return Text(f"{view.glyphs.marks[Mark.WARN]} {words}", MARK_INKS[Mark.WARN])


def _checks(run: Run, view: View) -> Iterator[Piece]:
    if run.checking:
        yield Piece(None, Text(view.say("result.checking"), "cyan"))
    if run.unchecked:
        yield Piece(None, failure(run.unchecked.code, run.unchecked.words, view), _INDENT)
    if run.checks is None:
        return
    yield Piece(None, Text(view.say("result.checks"), "bold"))
    ordered = sorted(run.checks, key=lambda one: one.tenant)
    for tenant, found in groupby(ordered, key=lambda one: one.tenant):
        yield Piece(("checked", tenant), _tenant(tenant, list(found), view), _INDENT)


def _tenant(tenant: str, found: Sequence[Check], view: View) -> Text:
    counted = Counter(one.verdict for one in found)
    text = Text(f"  {tenant_name(tenant, view)}")
    for verdict in sorted(counted, key=lambda one: one != _PASS):
        mark = _MARKS.get(verdict, Mark.ERROR)
        word = view.say(f"verdict.{mark}")
        sign = f"{view.glyphs.marks[mark]} {counted[verdict]:,} {word}"
        text.append("  ").append(sign, MARK_INKS[mark])
    bad = [one.id for one in found if one.verdict not in {_PASS, _SKIP}]
    return text.append(view.plain(safe(f": {', '.join(bad)}"))) if bad else text


def changes(found: Sequence[Differs]) -> list[Change]:
    """Return differences as a diff from the snapshot to the world, by tenant."""
    ordered = sorted(found, key=lambda one: (one.tenant, one.identity))
    return [_change(one) for one in ordered]


def _change(one: Differs) -> Change:
    provider, kind, region, key = [*one.identity.split(":", 3), "", "", ""][:4]
    change = "removed" if one.wrong == "missing" else "changed"
    fields = rows(Field, list(one.fields))
    return Change(one.tenant, provider, kind, region, key, change, 0, fields)


def _rest(run: Run, view: View) -> Iterator[Piece]:
    more = run.differing - len(run.differences)
    if more > 0:
        yield Piece(None, Text(view.say("result.more", count=f"{more:,}"), "dim"))
