"""What reading a type yields beside items: nothing that was met is left out without a record."""

from dataclasses import dataclass
from enum import StrEnum

from relab.clouds.outcome import Outcome, Reply, outcome_of


class Why(StrEnum):
    """Why something was not read; `gone` is what vanished between two calls."""

    DENIED = "denied"
    THROTTLED = "throttled"
    UNSUPPORTED = "unsupported"
    GONE = "gone"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was asked for and not answered.

    An empty `key` means that the listing itself failed, `parent/*` that what is inside the parent
    could not be listed. An item of the same key beside it lacks only what `detail` names.
    """

    service: str
    type: str
    region: str
    key: str
    reason: Why
    detail: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was met and is not captured, as its type declares; `reason` says why.

    `identifiers` are what others may refer to it by: it is there, whether we put it back or not.
    """

    service: str
    type: str
    region: str
    key: str
    reason: str
    identifiers: tuple[str, ...] = ()


_REASONS = {Outcome.DENIED: Why.DENIED, Outcome.THROTTLED: Why.THROTTLED}
_UNSUPPORTED = frozenset(
    {
        "404",
        "405",
        "501",
        "InvalidAction",
        "MethodNotAllowed",
        "NotImplemented",
        "UnknownOperation",
        "UnknownOperationException",
        "UnsupportedArgument",
        "UnsupportedOperation",
        "UnsupportedOperationException",
    }
)


def reason_of(reply: Reply) -> Why:
    """Return why a failed `reply` told nothing; a missing route never counts as absence."""
    if reply.status in _UNSUPPORTED:
        return Why.UNSUPPORTED
    return _REASONS.get(outcome_of("aws", reply.status), Why.FAILED)
