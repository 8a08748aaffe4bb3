"""What the cycle's screen draws of its state: header, tabs, status, and each page."""

from collections.abc import Hashable, Iterator

from rich.text import Text

from relab.cycle.model import Stage
from relab.text import safe
from tui.cycle_moves import Page
from tui.cycle_run import Run
from tui.cycle_state import Cycle, Group
from tui.view import UNKNOWN, View
from tui.widgets import cycle_proof, cycle_stages, drawn
from tui.widgets.drawn import Drawn, Pages
from tui.widgets.restore_result import Report
from tui.widgets.snapshot_rows import Source
from tui.widgets.stack import Piece, Pieces

_INDENT = 4


def _stages_key(state: Cycle, now: float) -> object:
    run = state.run
    ticks = int(now * 2) if state.is_running else 0
    known = (state.known, state.trouble, state.proof is None)
    return (known, run and (run.began, run.code, run.stopping, id(run.doing), run.finished), ticks)


def _stages(state: Cycle, now: float, view: View) -> Source:
    return cycle_stages.rows(state, now, view)


def _proof_key(state: Cycle, _: float) -> object:
    return (id(state.proof), state.unread, state.offer, state.unfolded)


def _proof(state: Cycle, _: float, view: View) -> Source:
    return cycle_proof.tree(state, view)


def _report_key(state: Cycle, _: float) -> object:
    run = state.run
    return (run and (run.began, run.code, len(run.ends)), state.known)


def _report(state: Cycle, now: float, view: View) -> Source:
    return Pieces(list(_told(state, now, view)))


def _told(state: Cycle, now: float, view: View) -> Iterator[Piece]:
    run = state.run
    if run is None or run.is_running:
        word = "report.none" if run is None else "report.later"
        yield Piece(None, Text(view.say(word)))
        return
    yield Piece(None, cycle_stages.standing(state, run, now, view))
    if run.finished:
        yield Piece(None, Text(view.say("report.finished", name=view.plain(safe(run.snapshot)))))
    for piece in cycle_stages.stages(state, None, now, view):
        yield piece
        if isinstance(piece.key, tuple):
            yield from _found(run, Stage(piece.key[1]), view)
    if run.report:
        words = view.say("result.report", path=view.plain(safe(run.report)))
        yield Piece(Report(run.report), Text(words, "bold"), _INDENT)


def _found(run: Run, stage: Stage, view: View) -> Iterator[Piece]:
    """Yield what a stage that is done has said, in relab's own words."""
    end = run.ends.get(stage)
    for line in end.said if end and end.done else ():
        yield Piece(None, Text(f"    {view.plain(safe(line))}", "dim"), _INDENT)


def head(state: Cycle, view: View) -> Text:
    """Return the top line: of which account and profile, and with which snapshot."""
    known = state.known
    account = safe(known.account if known else view.state.values.get("account", UNKNOWN))
    profile = safe(known.profile if known else view.state.environment)
    text = Text(no_wrap=True, overflow=view.overflow)
    text.append(view.say("cycle.title"), "bold")
    of = view.say("cycle.of", account=account, profile=profile)
    text.append(f"{view.glyphs.between}{view.plain(of)}")
    name = view.plain(safe(state.snapshot))
    return text.append(f"{view.glyphs.between}{name}" if name else "", "bold")


def cycling(state: Cycle, view: View) -> Text:
    """Return what the cycle is at that runs beside another screen; empty when none does."""
    run = state.run
    if run is None or not run.is_running:
        return Text("")
    stage = view.say(f"stage.{run.doing.stage}") if run.doing else UNKNOWN
    words = view.plain(view.say("vault.cycling-now", stage=stage))
    return Text(f"{view.glyphs.between}{view.glyphs.asking} {words}", "cyan")


def tabs(state: Cycle, view: View) -> Text:
    """Return the names of the pages, the shown one marked."""
    return drawn.tabs(list(Page), state.page, "page", "cycle.page-", view)


def group(key: Hashable) -> Group:
    """Return the group that is opened and closed at a row; empty for none."""
    if not isinstance(key, tuple) or not key or key[0] not in cycle_proof.GROUPS:
        return ()
    return tuple(map(str, key))


PAGES = Pages(
    head,
    tabs,
    group,
    {
        Page.STAGES: Drawn(_stages_key, _stages),
        Page.PROOF: Drawn(_proof_key, _proof),
        Page.REPORT: Drawn(_report_key, _report),
    },
)
