"""What happens while the lab is checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """The answer to a check; `ERROR` means that the world could not be asked."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    SKIP = "skip"
    WARN = "warn"
    ERROR = "error"
    FAIL = "fail"


_SEVERITY = {verdict: rank for rank, verdict in enumerate(Verdict)}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest of `verdicts` (fail > error > warn > skip > pass); pass when empty."""
    return max(verdicts, key=_SEVERITY.__getitem__, default=Verdict.PASS)


@dataclass(frozen=True, slots=True)
class Message:
    """A text for people: a key of the message catalogue and the values to fill in."""

    key: str
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One question to the live world and its raw answer, redacted.

    `source` is `aws`, `kubernetes` or `local`; `identity` is who asked; `status` is an HTTP code,
    an AWS error code, `timeout` or `unreachable`; `answer` is JSON-able; `seconds` is the latency;
    `at` is UTC in ISO 8601.
    """

    source: str
    identity: str
    request: str
    status: str
    answer: Any
    seconds: float
    at: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check found out; `key` is unique within its check."""

    key: str
    verdict: Verdict
    message: Message
    remedy: Message | None = None


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A round of checks begins: `checks` for each of `tenants` (two-digit numbers)."""

    run: str
    tenants: tuple[str, ...]
    checks: tuple[str, ...]
    at: str


@dataclass(frozen=True, slots=True)
class CheckStarted:
    """A check of a tenant is being asked."""

    run: str
    check: str
    tenant: str


@dataclass(frozen=True, slots=True)
class CheckFinished:
    """A check of a tenant has its verdict: the worst of its findings."""

    run: str
    check: str
    section: str
    step: str
    tenant: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    evidence: tuple[Evidence, ...]
    at: str
    seconds: float


@dataclass(frozen=True, slots=True)
class RunFinished:
    """A round of checks is over after `seconds`."""

    run: str
    at: str
    seconds: float
