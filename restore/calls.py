"""Calls that change the world: which answers may pass by waiting, and how long to wait."""

import random
from collections.abc import Iterator, Mapping
from typing import Any

from relab.clouds.outcome import UNEXPECTED, Outcome, Reply, outcome_of
from relab.resources.writing import Request

_TRIES = 8
_FIRST_WAIT = 0.2
_LONGEST_WAIT = 15.0
_UNKNOWN = frozenset({Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.UNAVAILABLE})
_FAULTS = frozenset(
    {
        "500",
        "InternalFailure",
        "InternalServerError",
        "InternalServerErrorException",
        "InternalServerException",
        UNEXPECTED,
    }
)
# What is refused because what it stands on was made a moment ago.
_TOO_SOON = frozenset(
    {
        "DependencyViolation",
        "InvalidParameterException",
        "InvalidPrincipal",
        "MalformedPolicy",
        "MalformedPolicyDocument",
        "MalformedPolicyDocumentException",
        "NoSuchEntity",
        "OperationAborted",
        "QueueDeletedRecently",
        "ResourceInUseException",
        "AWS.SimpleQueueService.QueueDeletedRecently",
        "ConcurrentModification",
        "ConcurrentModificationException",
    }
)
_THERE = ("AlreadyExists", "AlreadyAssociated", "AlreadyOwnedByYou", "Duplicate", "InUse")


def waits() -> Iterator[float]:
    """Yield how many seconds to wait after each try: longer each time, and never in step."""
    pause = _FIRST_WAIT
    for _ in range(_TRIES):
        yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - to spread retries, not to hide
        pause = min(pause * 2, _LONGEST_WAIT)


def within(part: Any, whole: Any) -> bool:
    """Tell whether all of `part` stands in `whole`; lists may have another order."""
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return all(key in whole and within(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return all(any(within(one, other) for other in whole) for one in part)
    return bool(part == whole)


def told(request: Request, reply: Reply) -> str:
    """Return one line on a call that did not do."""
    return f"{request.operation}: {reply.status}: {reply.detail}"


def unknown(reply: Reply) -> bool:
    """Tell whether a call may have been done although it was not answered."""
    return outcome_of("aws", reply.status) in _UNKNOWN or reply.status in _FAULTS


def may_pass(reply: Reply) -> bool:
    """Tell whether the same call may succeed a while later."""
    throttled = outcome_of("aws", reply.status) is Outcome.THROTTLED
    return throttled or unknown(reply) or reply.status in _TOO_SOON


def is_there(reply: Reply) -> bool:
    """Tell whether a call was refused because what it makes is there."""
    return any(word in reply.status for word in _THERE)
