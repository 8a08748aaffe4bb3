"""How a check, a step and a section stand now; a failure after a pass is a regression."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from relab.events import Verdict
from relab.lab import Lab, Section, Step
from tui.state import Result, State


class Mark(StrEnum):
    """What one glance should tell; in order of gravity."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    SKIP = "skip"
    READ = "read"
    OPEN = "open"
    WARN = "warn"
    ERROR = "error"
    REGRESSED = "regressed"
    FAIL = "fail"


_FINE = {Mark.PASS, Mark.SKIP}
_GRAVITY = {mark: rank for rank, mark in enumerate(Mark)}


def of_result(result: Result | None) -> Mark:
    """Return the mark of one check's latest answer."""
    if result is None:
        return Mark.OPEN
    bad = result.latest.verdict in {Verdict.WARN, Verdict.FAIL}
    return Mark.REGRESSED if bad and result.passed_at else Mark(result.latest.verdict.value)


def is_old(state: State, result: Result) -> bool:
    """Tell whether `result` is from before the lab was opened this time."""
    return result.seen_at < state.opened_at


def worst(marks: Iterable[Mark]) -> Mark:
    """Return the gravest of `marks`; pass when empty."""
    return max(marks, key=_GRAVITY.__getitem__, default=Mark.PASS)


def of_step(state: State, step: Step) -> Mark:
    """Return the mark of `step`: its checks', or whether it was read when it has none."""
    if step.checks:
        return worst(of_result(state.results.get(check)) for check in step.checks)
    return Mark.READ if step.id in state.visited else Mark.OPEN


def of_section(state: State, section: Section) -> Mark:
    """Return the gravest mark of the steps of `section`; skipped only where all of it is."""
    found = {of_step(state, step) for step in section.steps}
    mark = worst(found)
    return Mark.PASS if mark in {Mark.READ, Mark.SKIP} and found != {Mark.SKIP} else mark


def ticked(state: State, item: str) -> Mark:
    """Return the mark of checklist item `item`: a check, or one finding of it (`check#key`)."""
    check, _, key = item.partition("#")
    result = state.results.get(check)
    if not key or result is None:
        return of_result(result)
    verdicts = {finding.key: finding.verdict for finding in result.latest.findings}
    return Mark(verdicts[key].value) if key in verdicts else of_result(result)


def is_opened(state: State, lab: Lab, item: str) -> bool:
    """Tell whether a step was opened that has the check of checklist item `item`."""
    check = item.partition("#")[0]
    return any(check in step.checks and step.id in state.visited for step in lab.steps)


def unopened(state: State, lab: Lab) -> tuple[Step, ...]:
    """Return the steps that count and were not opened yet."""
    return tuple(step for step in lab.steps if not step.optional and step.id not in state.visited)


def unpassed(state: State, lab: Lab) -> tuple[Step, ...]:
    """Return the steps that count and whose checks do not all pass now, or do not apply."""
    return tuple(
        step
        for step in lab.steps
        if step.checks and not step.optional and of_step(state, step) not in _FINE
    )


def tally(state: State, lab: Lab) -> Mapping[Mark, int]:
    """Return how many checks of `lab` that count stand at each mark."""
    checks = {check for step in lab.steps if not step.optional for check in step.checks}
    found = dict.fromkeys(Mark, 0)
    for check in checks:
        found[of_result(state.results.get(check))] += 1
    return found


def section_seconds(state: State, section: Section) -> float:
    """Return the seconds of learning spent in `section`."""
    return sum(state.spent.get(step.id, 0.0) for step in section.steps)


def total_seconds(state: State) -> float:
    """Return the seconds of learning spent in the lab."""
    return sum(state.spent.values())
