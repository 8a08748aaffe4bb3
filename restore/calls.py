"""Calls that change the world: which answers may pass by waiting, and how long to wait."""

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from relab.clouds.outcome import UNEXPECTED, Outcome, Reply, outcome_of
from relab.resources.policies import same_policy
from relab.resources.writing import Request

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
_THERE = ("AlreadyExists", "AlreadyAssociated", "AlreadyOwnedByYou", "Duplicate")
# Of a call that makes something: it is there; of one that configures: it is being changed just now.
_BUSY = frozenset({"ResourceInUseException", "ResourceInUse"})
_REMOVES = ("Delete", "Revoke")
_GONE = ("NotFound", "NoSuch")


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a call is made before it is given up, and how many seconds lie between."""

    tries: int = 8
    first: float = 0.2
    longest: float = 15.0

    def rounds(self) -> Iterator[int]:
        """Yield the number of each try, having waited before all but the first: longer each time.

        Never in step with others.
        """
        pause = self.first
        for number in range(self.tries):
            if number:
                time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - to spread, not to hide
                pause = min(pause * 2, self.longest)
            yield number


def within(part: Any, whole: Any) -> bool:
    """Tell whether all of `part` stands in `whole`; lists in any order, policies by their sense."""
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return all(key in whole and within(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return all(any(within(one, other) for other in whole) for one in part)
    if isinstance(part, str) and isinstance(whole, str) and part.lstrip().startswith("{"):
        return same_policy(part, whole)
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
    return reply.status in _BUSY or any(word in reply.status for word in _THERE)


def is_done(request: Request, reply: Reply) -> bool:
    """Tell whether a call that configures has nothing more to do; what is only busy is not done."""
    if request.operation.startswith(_REMOVES) and any(word in reply.status for word in _GONE):
        return True
    return reply.ok or (is_there(reply) and reply.status not in _BUSY)
