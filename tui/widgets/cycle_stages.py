"""The stages of a cycle with their states, and what the one under way is at."""

from collections import defaultdict
from collections.abc import Iterator

from rich.text import Text

from relab.cycle.model import Stage
from relab.errors import Exit
from relab.events import CheckFinished, NukeSaid, Verdict
from relab.text import pad, safe, width
from tui import figures
from tui.cycle_run import Doing, Ended, Run
from tui.cycle_state import Cycle, Offer
from tui.marks import Mark
from tui.view import View
from tui.widgets.outline import MARK_INKS
from tui.widgets.restore_plan import GO
from tui.widgets.restore_progress import steps
from tui.widgets.restore_result import changes
from tui.widgets.snapshot_progress import failure, going
from tui.widgets.stack import Piece, Pieces

_INDENT = 4
_TIME = 8
_BAR = 20
# The tallest part of a report that is still read; the file has all of it.
_SAID = 20
RESUME = "relab cycle --resume"
_UNTIL_GATE = frozenset({Stage.SAVE, Stage.VERIFY, Stage.GATE})


def rows(state: Cycle, now: float, view: View) -> Pieces:
    """Return the stages, and what goes on, at `now` (seconds of a steady clock)."""
    doing = state.run.doing if state.run and state.is_running else None
    pieces = [*_head(state, now, view), *stages(state, doing, now, view)]
    pieces += [*_ending(state, view)]
    if doing:
        held = state.proof.held if state.proof else 0
        pieces += [Piece(None, Text("")), *_doing(doing, held, now, view)]
    return Pieces(pieces)


def _head(state: Cycle, now: float, view: View) -> Iterator[Piece]:
    if state.known is None:
        yield Piece(None, Text(view.say("vault.asking" if not state.trouble else "cycle.unread")))
        return
    if state.run:
        yield Piece(None, standing(state, state.run, now, view))
    elif state.offer is Offer.BEGIN:
        yield Piece(None, Text(view.say("cycle.about")))
    else:
        at = figures.moment(state.known.book.began) if state.known.book else ""
        yield Piece(None, _warned(view.say("cycle.unfinished", at=view.plain(safe(at))), view))


def _warned(words: str, view: View) -> Text:
    return Text(f"{view.glyphs.marks[Mark.WARN]} {words}", f"bold {MARK_INKS[Mark.WARN]}")


def standing(state: Cycle, run: Run, now: float, view: View) -> Text:
    """Return the sign and the words of how a cycle stands, and how long it took."""
    mark, word = _mark(state, run)
    sign = view.glyphs.asking if run.is_running else view.glyphs.marks[mark]
    text = Text(f"{sign} {view.say(word)}", MARK_INKS[mark])
    return text.append(f"  {figures.duration(run.seconds(now))}", "dim")


def _mark(state: Cycle, run: Run) -> tuple[Mark, str]:
    if run.is_running:
        return Mark.OPEN, "cycle.stopping" if run.stopping else "cycle.running"
    if run.finished:
        return Mark.PASS, "cycle.finished"
    if state.is_proved:
        return Mark.PASS, "cycle.proved"
    return (Mark.WARN, "cycle.cancelled") if run.was_cancelled else (Mark.FAIL, "cycle.stopped")


def stages(state: Cycle, doing: Doing | None, now: float, view: View) -> Iterator[Piece]:
    """Yield a row a stage, and below it why it stopped."""
    names = {stage: view.say(f"stage.{stage}") for stage in Stage}
    cells = max(map(width, names.values()))
    for number, stage in enumerate(Stage, start=1):
        here, end = doing is not None and doing.stage is stage, state.ends.get(stage)
        mark = _mark_of(end) if not here else Mark.OPEN
        sign = view.glyphs.asking if here else view.glyphs.marks[mark]
        seconds = now - doing.began if here and doing else end.seconds if end else None
        time = "" if seconds is None else figures.duration(seconds)
        text = Text(f"{sign} ", "cyan" if here else MARK_INKS[mark])
        text.append(f"{number} {pad(names[stage], cells)} ", "bold cyan" if here else "bold")
        text.append(f"{time:>{_TIME}}  ", "dim").append(_line(stage, end, here, view), "default")
        yield Piece(("stage", stage.value), text, _INDENT)
        yield from _said(end, view) if end and not end.done and not here else ()


def _mark_of(end: Ended | None) -> Mark:
    if end is None:
        return Mark.OPEN
    return Mark.PASS if end.done else Mark.FAIL if end.said else Mark.WARN


def _line(stage: Stage, end: Ended | None, here: bool, view: View) -> str:
    if end is None or here:
        return view.say(f"stage.{stage}-what")
    facts = defaultdict(int, end.facts)
    if not facts:
        return view.say("cycle.interrupted" if not end.said else "cycle.stopped-stage")
    counts = {name: f"{facts[name]:,}" for name in _FACTS[stage]}
    return view.say(f"stage.{stage}-facts", **counts)


_FACTS = {
    Stage.SAVE: ("items", "gaps"),
    Stage.VERIFY: ("damaged",),
    Stage.GATE: ("doomed", "kept", "losses", "refusals"),
    Stage.WIPE: ("left", "uncertain", "stays"),
    Stage.RESTORE: ("done", "failed", "blocked"),
    Stage.PROVE: ("equal", "different"),
    Stage.CHECK: tuple(one.value for one in Verdict),
}


def _said(end: Ended, view: View) -> Iterator[Piece]:
    for line in end.said[:_SAID]:
        yield Piece(None, Text(f"    {view.plain(safe(line))}", "red"), _INDENT + 2)
    if len(end.said) > _SAID:
        more = view.say("cycle.more", count=f"{len(end.said) - _SAID:,}")
        yield Piece(None, Text(f"    {more}", "dim"), _INDENT)


def _ending(state: Cycle, view: View) -> Iterator[Piece]:
    run = state.run
    if run and run.is_running:
        words = "cycle.stopping-how" if run.stopping else _how_to_stop(run)
        yield Piece(None, Text(view.say(words), "dim"))
        return
    if run and not run.finished and not run.was_cancelled and run.doing is None and run.code:
        yield from _failed(run, view)
    yield from offered(state, view)


def _how_to_stop(run: Run) -> str:
    safe_yet = run.doing is None or run.doing.stage in _UNTIL_GATE
    return "cycle.how-to-stop" if safe_yet else "cycle.how-to-stop-late"


def _failed(run: Run, view: View) -> Iterator[Piece]:
    """Yield why a run ended that had not come to an end of a stage."""
    if not any(not end.done for end in run.ends.values()):
        yield Piece(None, failure(run.code or int(Exit.FAILED), run.words, view))


def offered(state: Cycle, view: View) -> Iterator[Piece]:
    """Yield the row that begins, or goes on; none while there is nothing to do."""
    if state.offer is Offer.NONE:
        return
    if state.offer is not Offer.BEGIN:
        stopped = view.command(RESUME)
        yield Piece(None, Text(view.say("cycle.kept", command=stopped), "dim"))
    again = state.offer is Offer.GATE and state.has_wiped
    if again:
        restore = view.command(f"relab restore {safe(state.snapshot)}")
        yield Piece(None, Text(view.plain(view.say("cycle.also-restore", command=restore))))
    words = view.say("cycle.offer-gate-again" if again else f"cycle.offer-{state.offer}")
    yield Piece(GO, Text(words, "bold"), _INDENT)


def _doing(doing: Doing, held: int, now: float, view: View) -> Iterator[Piece]:
    if doing.stage is Stage.SAVE:
        yield from (Piece(None, text) for text in going(doing.save, now, view))
    elif doing.stage is Stage.GATE:
        yield from _gate(doing, view)
    elif doing.stage is Stage.WIPE:
        yield from _wipe(doing, held, view)
    elif doing.stage is Stage.RESTORE:
        yield from _reading(doing, view) if doing.back.started is None else ()
        yield from steps(doing.back, now, view)
    elif doing.stage is Stage.PROVE:
        yield from _proving(doing, view)
    elif doing.stage is Stage.CHECK:
        yield from _checks(doing, view)


def _reading(doing: Doing, view: View) -> Iterator[Piece]:
    words = {"done": f"{doing.read:,}", "left": f"{doing.left:,}"}
    yield Piece(None, Text(view.say("cycle.reading", **words), "cyan"))


def _gate(doing: Doing, view: View) -> Iterator[Piece]:
    yield from _reading(doing, view)
    if doing.nuke.lines:
        seen = view.say("cycle.dry-run", count=f"{doing.nuke.seen:,}")
        yield Piece(None, Text(seen, "cyan"))
    yield from _nuke_lines(doing, view)


def _wipe(doing: Doing, held: int, view: View) -> Iterator[Piece]:
    """Yield how much is gone; `held` things go with what holds them, and are told of by nobody."""
    nuke = doing.nuke
    things = max(nuke.things - held, nuke.gone)
    done = min(nuke.gone * _BAR // max(things, 1), _BAR)
    bar = view.glyphs.bar * done + view.glyphs.gap * (_BAR - done)
    counts = {"gone": f"{nuke.gone:,}", "things": f"{things:,}", "held": f"{held:,}"}
    words = view.say("cycle.gone-held" if held else "cycle.gone", **counts)
    yield Piece(None, Text(f"{bar} {words}", "cyan"))
    yield from _nuke_lines(doing, view)
    # Only the inventory after the wipe says what is left.
    yield from _reading(doing, view) if doing.read else ()


def _nuke_lines(doing: Doing, view: View) -> Iterator[Piece]:
    yield from (Piece(None, _nuke(one, view, "dim"), _INDENT) for one in doing.nuke.lines)
    if doing.nuke.bad:
        words = view.say("cycle.nuke-bad", count=f"{doing.nuke.wrongs:,}")
        yield Piece(None, Text(words, "bold red"))
        yield from (Piece(None, _nuke(one, view, "red"), _INDENT) for one in doing.nuke.bad)


def _nuke(one: NukeSaid, view: View, ink: str) -> Text:
    words = " ".join(filter(None, (one.state, one.type, one.name, one.text)))
    return Text(view.plain(safe(f"aws-nuke: {words}")), ink)


def _proving(doing: Doing, view: View) -> Iterator[Piece]:
    yield from _reading(doing, view)
    differing = doing.back.differing
    if differing:
        words = view.say("cycle.differing", count=f"{differing:,}")
        yield Piece(None, Text(words, "bold red"))
    for one in changes(doing.back.differences):
        text = view.plain(safe(f"{one.change}: {one.type} {one.key}"))
        yield Piece(None, Text(f"  {text}", "red"), _INDENT)


def _checks(doing: Doing, view: View) -> Iterator[Piece]:
    text = Text()
    for verdict, count in sorted(
        doing.checks.items(), key=lambda pair: list(Verdict).index(pair[0])
    ):
        mark = Mark(verdict.value)
        word = f"{view.glyphs.marks[mark]} {count:,} {view.say(f'verdict.{mark}')}  "
        text.append(word, MARK_INKS[mark])
    yield Piece(None, text or Text(view.say("cycle.checking"), "cyan"))
    yield from (Piece(None, _wrong(one, view), _INDENT) for one in doing.wrong)


def _wrong(one: CheckFinished, view: View) -> Text:
    mark = Mark(one.verdict.value)
    text = Text(f"{view.glyphs.marks[mark]} ", MARK_INKS[mark])
    return text.append(view.plain(safe(f"{one.check} ({one.tenant})")), "default")
