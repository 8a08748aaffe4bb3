"""A restore under way as the screen shows it: a reduction of what its process tells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from relab.events import (
    Differs,
    RestoreFinished,
    RestoreStarted,
    SaveStarted,
    StepDone,
    StepFailed,
    UnitSaved,
    Verified,
)
from restore.model import INSIDE
from tui.lasting import Lasting
from tui.restore_model import Check, Plan
from tui.restore_moves import ChecksNotTold, RunAsked, RunEnded
from tui.vault_moves import Heard

LATEST = 200
_ENOUGH = 5
_DATA = "data"


class Stage(StrEnum):
    """How far a restore is."""

    READING = "reading"
    APPLYING = "applying"
    VERIFYING = "verifying"
    CHECKING = "checking"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Tally:
    """The steps of one tenant."""

    total: int = 0
    done: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Run(Lasting):
    """A restore since `began`; `code` is its exit code once its process ended.

    `worked` counts steps that were really done since `started_at`; what an earlier try did costs
    nothing and says nothing about the others. `put` are the bytes of data that were put back since
    `put_from`, when the first data was: before that there was none to be fast or slow with.
    `waiting` are the bytes to come. `failures`, `notes` and `differences` are the first ones,
    `differing` tells of all.
    """

    plan: Plan
    resumed: bool
    report: str
    began: float
    sizes: Mapping[str, int] = field(default_factory=dict)
    started: RestoreStarted | None = None
    started_at: float = 0.0
    read: int = 0
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    done: int = 0
    failed: int = 0
    worked: int = 0
    put: int = 0
    put_from: float = 0.0
    waiting: int = 0
    failures: tuple[StepFailed, ...] = ()
    notes: tuple[StepDone, ...] = ()
    finished: RestoreFinished | None = None
    differences: tuple[Differs, ...] = ()
    differing: int = 0
    verified: Verified | None = None
    checking: bool = False
    checks: tuple[Check, ...] | None = None
    unchecked: ChecksNotTold | None = None
    stopping: bool = False
    code: int | None = None
    words: str = ""
    ended: float = 0.0

    @property
    def stage(self) -> Stage:
        """Return how far it is."""
        if not self.is_running:
            return Stage.CHECKING if self.checking else Stage.OVER
        if self.finished:
            return Stage.VERIFYING
        return Stage.APPLYING if self.started else Stage.READING

    @property
    def is_resumable(self) -> bool:
        """Tell whether it was begun and something of it is left to be done."""
        return self.started is not None and not self.is_running and not self.is_done

    @property
    def is_done(self) -> bool:
        """Tell whether every step is done and all was read again."""
        return self.verified is not None and not self.failed

    @property
    def is_clean(self) -> bool:
        """Tell whether everything is done and stands as it was saved."""
        found = self.verified
        whole = found is not None and not found.differing and not found.partial
        return whole and not self.failed and not self.plan.blocked

    @property
    def steps(self) -> int:
        """Return how many steps it has; 0 while that is not known."""
        return self.started.steps if self.started else 0

    def rate(self, now: float) -> float:
        """Return steps a second of this try."""
        return self.worked / max(now - self.started_at, 1e-9)

    def seconds_left(self, now: float) -> float | None:
        """Return about how long the steps will go on; None while that cannot be told.

        It cannot before a few steps, and some data where data is left, have shown their speed.
        """
        if self.started is None or self.worked < _ENOUGH or (self.waiting and not self.put):
            return None
        since = max(now - self.started_at, 1e-9)
        left = self.steps - self.done - self.failed
        data = self.waiting * (now - self.put_from) / self.put if self.waiting else 0.0
        return max(left * since / self.worked, data)


def begun(move: RunAsked) -> Run:
    """Return the restore that was asked for."""
    sizes = {row.identity.removesuffix(INSIDE): row.size for row in move.plan.data}
    waiting = sum(sizes.values())
    return Run(move.plan, move.resumed, move.report, move.at, sizes, waiting=waiting)


def _reading(run: Run, _: SaveStarted, __: float) -> Run:
    return replace(run, read=0)


def _unit(run: Run, event: UnitSaved, _: float) -> Run:
    return replace(run, read=run.read + event.items)


def _started(run: Run, event: RestoreStarted, at: float) -> Run:
    tallies = {tenant: Tally(total) for tenant, total in event.by_tenant.items()}
    return replace(run, started=event, started_at=at, tallies=tallies)


def _counted(run: Run, tenant: str, done: int, failed: int) -> Mapping[str, Tally]:
    old = run.tallies.get(tenant, Tally())
    new = Tally(max(old.total, old.done + old.failed + 1), old.done + done, old.failed + failed)
    return {**run.tallies, tenant: new}


def _done(run: Run, event: StepDone, at: float) -> Run:
    size = run.sizes.get(event.identity, 0) if event.phase == _DATA else 0
    new = size if not event.before else 0
    return replace(
        run,
        tallies=_counted(run, event.tenant, 1, 0),
        done=run.done + 1,
        worked=run.worked + (not event.before),
        put=run.put + (new if run.put_from else 0),
        put_from=run.put_from or (at if new else 0.0),
        waiting=max(run.waiting - size, 0),
        notes=(*run.notes, event)[:LATEST] if event.note else run.notes,
    )


def _failed(run: Run, event: StepFailed, _: float) -> Run:
    size = run.sizes.get(event.identity, 0) if event.phase == _DATA else 0
    return replace(
        run,
        tallies=_counted(run, event.tenant, 0, 1),
        failed=run.failed + 1,
        waiting=max(run.waiting - size, 0),
        failures=(*run.failures, event)[:LATEST],
    )


def _finished(run: Run, event: RestoreFinished, _: float) -> Run:
    return replace(run, finished=event)


def _differs(run: Run, event: Differs, _: float) -> Run:
    kept = (*run.differences, event)[:LATEST]
    return replace(run, differences=kept, differing=run.differing + 1)


def _verified(run: Run, event: Verified, _: float) -> Run:
    return replace(run, verified=event)


_HEARD: Mapping[type, Callable[[Run, Any, float], Run]] = {
    SaveStarted: _reading,
    UnitSaved: _unit,
    RestoreStarted: _started,
    StepDone: _done,
    StepFailed: _failed,
    RestoreFinished: _finished,
    Differs: _differs,
    Verified: _verified,
}


def heard(run: Run, move: Heard) -> Run:
    """Return `run` with what it told."""
    take = _HEARD.get(type(move.event))
    return take(run, move.event, move.at) if take else run


def ended(run: Run, move: RunEnded) -> Run:
    """Return `run` after its process ended."""
    return replace(run, code=move.code, words=move.words, ended=move.at)
