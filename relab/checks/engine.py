"""Run checks and tell what happens as events.

    for event in run(profile, ["07"], ["kubeflow.namespace"], environ=os.environ):
        ...

Checks run concurrently and share their reads. A check that cannot ask, is broken or takes too long
ends as `error`; nothing it says later is heard.
"""

import queue
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from profiles.model import Profile
from relab.checks.case import Case
from relab.checks.crew import Crew
from relab.checks.probe import Clouds, LiveProbe, Probe
from relab.checks.question import Unanswered
from relab.checks.registry import Check, choose
from relab.checks.unanswered import broken, cannot_tell, too_late
from relab.events import (
    CheckFinished,
    CheckStarted,
    Event,
    Finding,
    RunFinished,
    RunStarted,
    worst,
)

WORKERS = 16
CHECK_SECONDS = 45.0


@dataclass(frozen=True, slots=True)
class Options:
    """How a run goes about it; `clouds` and `probe` let several runs share what they opened."""

    probe: Probe | None = None
    clouds: Clouds = field(default_factory=Clouds)
    cancelled: threading.Event = field(default_factory=threading.Event)
    run: str | None = None
    workers: int = WORKERS
    check_seconds: float = CHECK_SECONDS


def run(
    profile: Profile,
    tenants: Sequence[str],
    checks: Sequence[str] = (),
    *,
    environ: Mapping[str, str],
    options: Options | None = None,
) -> Iterator[Event]:
    """Yield the events of checking `tenants` (two-digit numbers) by `checks` (ids; all if none).

    Refused or CannotTell before the first event when a guard says no; UsageError for an unknown
    check. Closing the iterator, or setting `options.cancelled`, ends the run.
    """
    opts = options or Options()
    chosen = choose(checks)
    probe = opts.probe or LiveProbe(profile, environ, opts.clouds)
    probe.admit(tenants)
    cases = [
        (check, Case(check.id, profile, tenant, probe)) for tenant in tenants for check in chosen
    ]
    return _events(opts, tuple(tenants), cases)


def _events(
    opts: Options, tenants: tuple[str, ...], cases: list[tuple[Check, Case]]
) -> Iterator[Event]:
    start = time.perf_counter()
    name = opts.run or uuid.uuid4().hex[:12]
    ids = tuple(dict.fromkeys(check.id for check, _ in cases))
    yield RunStarted(name, tenants, ids, _now())
    jobs = [_Job(name, check, case) for check, case in cases]
    heard: queue.SimpleQueue[CheckStarted | CheckFinished] = queue.SimpleQueue()
    crew = Crew([lambda job=job: job.work(heard) for job in jobs], opts.workers)  # type: ignore[misc]
    try:
        for event in _listen(opts, jobs, heard):
            if isinstance(event, CheckFinished) and event.seconds > opts.check_seconds:
                crew.relieve()
            yield event
    finally:
        crew.stop()
    yield RunFinished(name, _now(), round(time.perf_counter() - start, 4))


def _listen(
    opts: Options, jobs: list["_Job"], heard: "queue.SimpleQueue[CheckStarted | CheckFinished]"
) -> Iterator[Event]:
    """Yield each job's events until all are over; a late job is over without being heard."""
    waiting = {(job.check.id, job.case.tenant): job for job in jobs}
    while waiting and not opts.cancelled.is_set():
        try:
            event = heard.get(timeout=0.1)
        except queue.Empty:
            late = [key for key, job in waiting.items() if job.age() > opts.check_seconds]
            yield from (waiting.pop(key).give_up(opts.check_seconds) for key in late)
            continue
        key = (event.check, event.tenant)
        if key in waiting:
            yield event
        if isinstance(event, CheckFinished):
            waiting.pop(key, None)


@dataclass(slots=True)
class _Job:
    """One check of one tenant, on its way from waiting to finished."""

    run: str
    check: Check
    case: Case
    started: float | None = None

    def work(self, heard: "queue.SimpleQueue[CheckStarted | CheckFinished]") -> None:
        self.started = time.perf_counter()
        heard.put(CheckStarted(self.run, self.check.id, self.case.tenant))
        heard.put(self._finished(decide(self.check, self.case)))

    def age(self) -> float:
        return time.perf_counter() - self.started if self.started is not None else 0.0

    def give_up(self, seconds: float) -> CheckFinished:
        return self._finished((too_late(self.case, seconds),))

    def _finished(self, findings: tuple[Finding, ...]) -> CheckFinished:
        return CheckFinished(
            run=self.run,
            check=self.check.id,
            section=self.check.section,
            step=self.check.step,
            tenant=self.case.tenant,
            verdict=worst(finding.verdict for finding in findings),
            findings=findings,
            evidence=tuple(self.case.evidence),
            at=_now(),
            seconds=round(self.age(), 4),
        )


def decide(check: Check, case: Case) -> tuple[Finding, ...]:
    """Return what `check` finds out; never raises.

    What it found before the world stopped answering is kept.
    """
    found: list[Finding] = []
    try:
        if check.need is not None and not check.need.exists(case):
            return (case.skipped(check.need.text),)
        for finding in check.run(case):
            found.append(finding)
    except Unanswered as error:
        found.append(cannot_tell(case, error.answer))
    except Exception as error:  # noqa: BLE001 - a bug in one check must not end the others
        found.append(broken(case, error))
    return tuple(found)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
