"""A restore under way, or how it ended: how far each tenant is, and what was not done."""

from collections.abc import Iterator

from rich.text import Text

from relab.errors import Exit
from relab.events import StepDone, StepFailed
from relab.text import pad, safe, width
from tui import figures
from tui.marks import Mark
from tui.restore_run import Run, Stage, Tally
from tui.restore_state import Restore
from tui.view import View
from tui.widgets.outline import MARK_INKS
from tui.widgets.restore_plan import GO
from tui.widgets.snapshot_contents import tenant_name
from tui.widgets.snapshot_progress import failure
from tui.widgets.stack import Piece, Pieces

_BAR = 20
_INDENT = 4


def rows(state: Restore, now: float, view: View) -> Pieces:
    """Return what to say about the restore at `now` (seconds of a steady clock)."""
    run = state.run
    if run is None:
        return Pieces([Piece(None, Text(view.say("run.none")))])
    pieces = [*_head(run, now, view), *_tenants(run, view)]
    return Pieces([*pieces, *_failures(run, view), *_notes(run, view)])


def _head(run: Run, now: float, view: View) -> Iterator[Piece]:
    yield Piece(None, state_of(run, view))
    yield Piece(None, Text(view.say("run.of", **_of(run)), "dim"))
    yield Piece(None, _stage(run, now, view))
    if run.started:
        yield Piece(None, _amount(run, now, view))
    yield from _ending(run, view)


def steps(run: Run, now: float, view: View) -> Iterator[Piece]:
    """Yield how far the steps of a restore are, by tenant, and what was not done."""
    if run.started:
        yield Piece(None, _amount(run, now, view))
    yield from _tenants(run, view)
    yield from _failures(run, view)
    yield from _notes(run, view)


def _of(run: Run) -> dict[str, str]:
    plan = run.plan
    return {"account": safe(plan.account), "profile": safe(plan.profile), "plan": safe(plan.id)}


def state_of(run: Run, view: View) -> Text:
    """Return the sign and the words of how a restore stands, and its snapshot."""
    mark, word = _mark(run)
    sign = view.glyphs.asking if run.is_running else view.glyphs.marks[mark]
    name = view.plain(safe(run.plan.snapshot))
    return Text.assemble((f"{sign} {view.say(word)}", MARK_INKS[mark]), " ", (name, "bold"))


def _mark(run: Run) -> tuple[Mark, str]:
    if run.is_running:
        return Mark.OPEN, "run.stopping" if run.stopping else "run.running"
    if run.is_clean:
        return Mark.PASS, "run.clean"
    if run.verified:
        return Mark.WARN, "run.partial"
    return (Mark.WARN, "run.cancelled") if run.was_cancelled else (Mark.FAIL, "run.failed")


def _stage(run: Run, now: float, view: View) -> Text:
    time = figures.duration(run.seconds(now))
    words = view.say(f"run.stage-{run.stage}", items=f"{run.read:,}", time=time)
    return Text(words, "cyan" if run.is_running or run.checking else "dim")


def _amount(run: Run, now: float, view: View) -> Text:
    text = Text(f"{_bar(Tally(run.steps, run.done, run.failed), view)} ")
    text.append(view.say("run.amount", done=f"{run.done:,}", steps=f"{run.steps:,}"))
    if run.failed:
        text.append(view.glyphs.between)
        text.append(view.say("run.failed-count", count=f"{run.failed:,}"), "red")
    if run.stage is Stage.APPLYING:
        text.append(f"{view.glyphs.between}{_pace(run, now, view)}")
    if run.started and run.started.before:
        before = view.say("run.before", count=f"{run.started.before:,}")
        text.append(f"{view.glyphs.between}{before}", "dim")
    return text


def _pace(run: Run, now: float, view: View) -> str:
    left = run.seconds_left(now)
    rate = f"{run.rate(now):,.1f}"
    if left is None:
        return view.say("run.rate", rate=rate)
    return view.say("run.rate-left", rate=rate, time=figures.duration(left))


def _bar(tally: Tally, view: View) -> str:
    done = min((tally.done + tally.failed) * _BAR // max(tally.total, 1), _BAR)
    return view.glyphs.bar * done + view.glyphs.gap * (_BAR - done)


def _ending(run: Run, view: View) -> Iterator[Piece]:
    if run.is_running:
        words = "run.stopping-how" if run.stopping else "run.how-to-stop"
        yield Piece(None, Text(view.say(words), "dim"))
    elif run.verified:
        yield Piece(None, Text(view.say("run.see-result")))
    elif not run.was_cancelled:
        yield Piece(None, failure(run.code or int(Exit.FAILED), run.words, view))
    if run.is_resumable:
        command = view.command(resume_command(run))
        yield Piece(GO, Text(view.say("run.resume", command=command), "bold"), _INDENT)
    elif not run.is_running and run.started is None:
        yield Piece(None, Text(view.say("run.untouched")))


def resume_command(run: Run) -> str:
    """Return what goes on with `run` in a terminal."""
    return f"relab restore {safe(run.plan.snapshot)} --resume"


def _tenants(run: Run, view: View) -> Iterator[Piece]:
    if run.tallies:
        yield Piece(None, Text(""))
    names = {tenant: tenant_name(tenant, view) for tenant in run.tallies}
    cells = max(map(width, names.values()), default=0)
    for tenant, tally in sorted(run.tallies.items()):
        over = tally.done + tally.failed >= tally.total
        mark = Mark.OPEN if not over else Mark.FAIL if tally.failed else Mark.PASS
        text = Text(f"{view.glyphs.marks[mark]} ", MARK_INKS[mark])
        text.append(f"{pad(names[tenant], cells)}  {_bar(tally, view)} ", "default")
        text.append(f"{tally.done:,}/{tally.total:,}", "default")
        if tally.failed:
            text.append(f"  {view.say('run.failed-count', count=f'{tally.failed:,}')}", "red")
        yield Piece(("tenant", tenant), text, _INDENT)


def _failures(run: Run, view: View) -> Iterator[Piece]:
    if not run.failed:
        return
    yield Piece(None, Text(""))
    title = view.say("run.failures", count=f"{run.failed:,}")
    yield Piece(None, Text(title, "bold red"))
    for number, one in enumerate(run.failures):
        yield Piece(("failed", number), failed(one, view), _INDENT)
    if run.failed > len(run.failures):
        more = view.say("run.more", count=f"{run.failed - len(run.failures):,}")
        yield Piece(None, Text(more, "dim"))


def failed(one: StepFailed, view: View) -> Text:
    """Return in one piece which step was not done, and why."""
    text = Text(f"{view.glyphs.marks[Mark.FAIL]} ", MARK_INKS[Mark.FAIL])
    text.append(f"{tenant_name(one.tenant, view)} ", "dim")
    text.append(view.plain(safe(one.identity)), "default")
    return text.append(view.plain(safe(f" ({one.phase}): {one.why}")), "default")


def _notes(run: Run, view: View) -> Iterator[Piece]:
    if run.notes:
        yield Piece(None, Text(""))
        yield Piece(None, Text(view.say("run.notes"), "bold"))
    for number, one in enumerate(run.notes):
        yield Piece(("note", number), _note(one, view), _INDENT)


def _note(one: StepDone, view: View) -> Text:
    text = Text(f"{view.glyphs.marks[Mark.WARN]} ", MARK_INKS[Mark.WARN])
    return text.append(view.plain(safe(f"{one.identity}: {one.note}")), "default")
