"""What the screen knows, as a pure reduction of events.

`reduce(state, event)` is the only way that a state changes. Facts about the world are merged by the
moment they were observed, so late and repeated results may arrive in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from relab.events import (
    CheckFinished,
    CheckStarted,
    Progress,
    RunFinished,
    RunStarted,
    Trouble,
    Verdict,
)
from relab.languages import Language
from tui.moves import (
    Closed,
    Confirmed,
    Copied,
    HelperDown,
    HelperUp,
    LanguageChosen,
    Move,
    Named,
    Opened,
    Paused,
    Resumed,
    Shell,
    ShellChosen,
    StepShown,
    Ticked,
)

if TYPE_CHECKING:
    from relab.events import Event

# A longer silence between two events means that the machine slept: nobody was learning.
LONGEST_GAP = 120.0


@dataclass(frozen=True, slots=True)
class Result:
    """What is known of one check: its latest answer, when seen last, and its latest pass."""

    latest: CheckFinished
    seen_at: str
    passed_at: str | None


@dataclass(frozen=True, slots=True)
class Now:
    """What is true only while the program runs, and is never logged."""

    asking: Mapping[str, str] = field(default_factory=dict)
    progress: Progress | None = None
    down: Mapping[str, HelperDown] = field(default_factory=dict)
    up: frozenset[str] = frozenset()
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class State:
    """One tenant's lab: where they are, what the checks said, how long it took (seconds a step)."""

    lab: str = ""
    environment: str = ""
    tenant: str = ""
    tenants: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    language: Language | None = None
    shell: Shell | None = None
    step: str = ""
    visited: frozenset[str] = frozenset()
    copied: frozenset[str] = frozenset()
    results: Mapping[str, Result] = field(default_factory=dict)
    spent: Mapping[str, float] = field(default_factory=dict)
    opened_at: str = ""
    counted_at: str = ""
    paused: bool = False
    now: Now = field(default_factory=Now)


def gap(earlier: str, later: str) -> float:
    """Return the seconds of learning between two moments: 0 if unknown, backwards or too long."""
    if not earlier:
        return 0.0
    seconds = (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
    return seconds if 0 < seconds <= LONGEST_GAP else 0.0


def _counted(state: State, at: str) -> State:
    seconds = 0.0 if state.paused else gap(state.counted_at, at)
    if not seconds:
        return replace(state, counted_at=max(at, state.counted_at))
    spent = {**state.spent, state.step: state.spent.get(state.step, 0.0) + seconds}
    return replace(state, spent=spent, counted_at=at)


def _opened(state: State, event: Opened) -> State:
    return replace(
        state,
        lab=event.lab,
        environment=event.environment,
        tenant=event.tenant,
        opened_at=event.at,
        counted_at=event.at,
    )


def _named(state: State, event: Named) -> State:
    return replace(state, tenants=event.tenants, values=event.values)


def _language(state: State, event: LanguageChosen) -> State:
    return replace(state, language=event.language)


def _shell(state: State, event: ShellChosen) -> State:
    return replace(state, shell=event.shell)


def _step(state: State, event: StepShown) -> State:
    counted = _counted(state, event.at)
    return replace(counted, step=event.step, visited=counted.visited | {event.step})


def _copied(state: State, event: Copied) -> State:
    return replace(_counted(state, event.at), copied=state.copied | {event.command})


def _paused(state: State, event: Paused) -> State:
    return replace(_counted(state, event.at), paused=True)


def _resumed(state: State, event: Resumed) -> State:
    return replace(state, paused=False, counted_at=event.at)


def _ticked(state: State, event: Ticked) -> State:
    return _counted(state, event.at)


def _closed(state: State, event: Closed) -> State:
    return replace(_counted(state, event.at), counted_at="")


def _newest(old: Result | None, new: CheckFinished) -> CheckFinished:
    if old is None or (new.at, new.run) >= (old.latest.at, old.latest.run):
        return new
    return old.latest


def _passed(old: Result | None, verdict: Verdict, at: str) -> str | None:
    known = old.passed_at if old else None
    return max(known or at, at) if verdict is Verdict.PASS else known


def _finished(state: State, event: CheckFinished) -> State:
    if event.tenant != state.tenant:
        return state
    old = state.results.get(event.check)
    result = Result(
        latest=_newest(old, event),
        seen_at=max(event.at, old.seen_at) if old else event.at,
        passed_at=_passed(old, event.verdict, event.at),
    )
    asking = {c: run for c, run in state.now.asking.items() if (c, run) != (event.check, event.run)}
    return replace(
        state,
        results={**state.results, event.check: result},
        now=replace(state.now, asking=asking, trouble=None),
    )


def _confirmed(state: State, event: Confirmed) -> State:
    old = state.results.get(event.check)
    if old is None or event.tenant != state.tenant:
        return state
    result = replace(
        old,
        seen_at=max(event.at, old.seen_at),
        passed_at=_passed(old, old.latest.verdict, event.at),
    )
    asking = {c: run for c, run in state.now.asking.items() if (c, run) != (event.check, event.run)}
    return replace(
        state,
        results={**state.results, event.check: result},
        now=replace(state.now, asking=asking, trouble=None),
    )


def _run_started(state: State, event: RunStarted) -> State:
    # The round before may never say that it ended.
    asking = dict.fromkeys(event.checks, event.run) if state.tenant in event.tenants else {}
    return replace(state, now=replace(state.now, asking=asking))


def _check_started(state: State, _: CheckStarted) -> State:
    return state


def _run_finished(state: State, event: RunFinished) -> State:
    asking = {check: run for check, run in state.now.asking.items() if run != event.run}
    return replace(state, now=replace(state.now, asking=asking))


def _progress(state: State, event: Progress) -> State:
    return replace(state, now=replace(state.now, progress=event))


def _trouble(state: State, event: Trouble) -> State:
    return replace(state, now=replace(state.now, trouble=event, asking={}))


def _down(state: State, event: HelperDown) -> State:
    now = replace(
        state.now,
        asking={},
        progress=None,
        up=state.now.up - {event.helper},
        down={**state.now.down, event.helper: event},
    )
    return replace(state, now=now)


def _up(state: State, event: HelperUp) -> State:
    down = {name: last for name, last in state.now.down.items() if name != event.helper}
    now = replace(state.now, up=state.now.up | {event.helper}, down=down, progress=None)
    return replace(state, now=now)


def _beside(state: State, _: Event) -> State:
    """Return `state`: a save, a restore or a cycle goes on beside the lab and is only recorded."""
    return state


REDUCERS: dict[type, Callable[[State, Any], State]] = {
    Opened: _opened,
    Named: _named,
    LanguageChosen: _language,
    ShellChosen: _shell,
    StepShown: _step,
    Copied: _copied,
    Paused: _paused,
    Resumed: _resumed,
    Ticked: _ticked,
    Closed: _closed,
    Confirmed: _confirmed,
    HelperDown: _down,
    HelperUp: _up,
    RunStarted: _run_started,
    CheckStarted: _check_started,
    CheckFinished: _finished,
    RunFinished: _run_finished,
    Progress: _progress,
    Trouble: _trouble,
}


def reduce(state: State, event: Move | Event) -> State:
    """Return `state` after `event`."""
    return REDUCERS.get(type(event), _beside)(state, event)


def settled(state: State, event: Move | Event) -> Move | Event:
    """Return what to record of `event`: a repeated answer becomes `Confirmed`, which is small."""
    if not isinstance(event, CheckFinished) or event.tenant != state.tenant:
        return event
    known = state.results.get(event.check)
    if known is None or event.at < known.latest.at:
        return event
    same = (known.latest.verdict, known.latest.findings) == (event.verdict, event.findings)
    return Confirmed(event.run, event.tenant, event.check, event.at) if same else event
