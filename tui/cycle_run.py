"""A cycle as the screen shows it: a reduction of what its process tells."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from relab.cycle.model import Book, Stage
from relab.events import (
    CheckFinished,
    CycleFinished,
    CycleStarted,
    NukeSaid,
    SaveStarted,
    StageEnded,
    StageStarted,
    UnitSaved,
    Verdict,
    WipeStarted,
)
from tui import restore_run, vault_save
from tui.cycle_moves import RunAsked, Way
from tui.lasting import Lasting
from tui.restore_model import Plan
from tui.restore_moves import RunEnded
from tui.vault_moves import Heard, SaveAsked
from tui.vault_moves import Order as SaveOrder
from tui.vault_save import LATEST, Save

_LINES = 6
_BAD = frozenset({"wrong", "unknown"})
_GONE = "finished"
_WRONG = frozenset({Verdict.FAIL, Verdict.ERROR})
Told = Mapping[Stage, "Ended"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a stage ended; `said` is what is wrong first, `facts` are counts."""

    done: bool
    said: tuple[str, ...] = ()
    facts: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Nuke:
    """What aws-nuke tells in a stage: the latest lines, and how much is gone.

    `bad` is the latest of what it complains about, `wrongs` counts all of it.
    """

    things: int = 0
    seen: int = 0
    gone: int = 0
    lines: tuple[NukeSaid, ...] = ()
    bad: tuple[NukeSaid, ...] = ()
    wrongs: int = 0


@dataclass(frozen=True, slots=True)
class Doing:
    """What the stage under way tells: `read` and `left` are tasks, of checks the verdicts."""

    stage: Stage
    began: float
    save: Save
    back: restore_run.Run
    read: int = 0
    left: int = 0
    nuke: Nuke = field(default_factory=Nuke)
    checks: Mapping[Verdict, int] = field(default_factory=dict)
    wrong: tuple[CheckFinished, ...] = ()


@dataclass(frozen=True, slots=True)
class Run(Lasting):
    """A run of a cycle since `began`; `code` is its exit code once its process ended.

    `ends` are the stages that have ended, those before this run, too.
    """

    way: Way
    report: str
    began: float
    cycle: str = ""
    snapshot: str = ""
    ends: Told = field(default_factory=dict)
    doing: Doing | None = None
    finished: bool = False
    stopping: bool = False
    code: int | None = None
    words: str = ""
    ended: float = 0.0

    @property
    def next(self) -> Stage | None:
        """Return the stage that is to be done; None when all are."""
        return to_do(self.ends)


def to_do(ends: Told) -> Stage | None:
    """Return the first stage that is not done."""
    return next((one for one in Stage if one not in ends or not ends[one].done), None)


def ends_of(book: Book | None) -> Told:
    """Return the ends that stand in a book."""
    stages = book.stages if book else ()
    return {one.stage: Ended(one.done, one.said, one.facts, one.seconds) for one in stages}


def begun(move: RunAsked, ends: Told, snapshot: str) -> Run:
    """Return the run that was asked for, of a cycle whose stages have ended as `ends` says."""
    return Run(move.way, move.report, move.at, move.cycle, snapshot, ends)


def _before(ends: Told, stage: Stage) -> Told:
    order = list(Stage)
    return {one: end for one, end in ends.items() if order.index(one) < order.index(stage)}


def _cycle(run: Run, event: CycleStarted, _: float) -> Run:
    return replace(run, cycle=event.cycle, snapshot=event.snapshot)


def _stage(run: Run, event: StageStarted, at: float) -> Run:
    stage = Stage(event.stage)
    save = vault_save.begun(SaveAsked(SaveOrder(run.snapshot), at))
    doing = Doing(stage, at, save, restore_run.Run(Plan(), resumed=False, report="", began=at))
    return replace(run, doing=doing, ends=_before(run.ends, stage))


def _stage_ended(run: Run, event: StageEnded, _: float) -> Run:
    stage = Stage(event.stage)
    end = Ended(event.done, event.said, event.facts, event.seconds)
    return replace(run, ends={**_before(run.ends, stage), stage: end}, doing=None)


def _over(run: Run, event: CycleFinished, _: float) -> Run:
    return replace(run, finished=event.done)


_HEARD: Mapping[type, Callable[[Run, Any, float], Run]] = {
    CycleStarted: _cycle,
    StageStarted: _stage,
    StageEnded: _stage_ended,
    CycleFinished: _over,
}


def _reading(doing: Doing, _: SaveStarted) -> Doing:
    return replace(doing, read=0, left=0)


def _unit(doing: Doing, event: UnitSaved) -> Doing:
    return replace(doing, read=event.done, left=event.left)


def _wiping(doing: Doing, event: WipeStarted) -> Doing:
    return replace(doing, nuke=Nuke(event.things))


def _nuke(doing: Doing, event: NukeSaid) -> Doing:
    old, thing, bad = doing.nuke, event.kind == "thing", event.kind in _BAD
    new = replace(
        old,
        seen=old.seen + thing,
        gone=old.gone + (thing and event.state == _GONE),
        lines=(*old.lines, event)[-_LINES:],
        bad=(*old.bad, event)[-LATEST:] if bad else old.bad,
        wrongs=old.wrongs + bad,
    )
    return replace(doing, nuke=new)


def _checked(doing: Doing, event: CheckFinished) -> Doing:
    counts = Counter(doing.checks) + Counter([event.verdict])
    wrong = (*doing.wrong, event)[:LATEST] if event.verdict in _WRONG else doing.wrong
    return replace(doing, checks=counts, wrong=wrong)


_WITHIN: Mapping[type, Callable[[Doing, Any], Doing]] = {
    SaveStarted: _reading,
    UnitSaved: _unit,
    WipeStarted: _wiping,
    NukeSaid: _nuke,
    CheckFinished: _checked,
}


def heard(run: Run, move: Heard) -> Run:
    """Return `run` with what it told."""
    if take := _HEARD.get(type(move.event)):
        return take(run, move.event, move.at)
    return replace(run, doing=_within(run.doing, move)) if run.doing else run


def _within(doing: Doing, move: Heard) -> Doing:
    if doing.stage is Stage.SAVE:
        return replace(doing, save=vault_save.heard(doing.save, move))
    if doing.stage in (Stage.RESTORE, Stage.PROVE):
        doing = replace(doing, back=restore_run.heard(doing.back, move))
    take = _WITHIN.get(type(move.event))
    return take(doing, move.event) if take else doing


def ended(run: Run, move: RunEnded) -> Run:
    """Return `run` after its process ended; the stage under way has not ended well then."""
    over = replace(run, code=move.code, words=move.words, ended=move.at)
    if run.doing is None:
        return over
    said = () if over.was_cancelled else (move.words,)
    end = Ended(done=False, said=said, seconds=move.at - run.doing.began)
    return replace(over, ends={**run.ends, run.doing.stage: end})
