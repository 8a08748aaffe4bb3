"""What happens while a snapshot is put back, and compared with the world."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RestoreStarted:
    """A restore begins, or goes on: `steps` of the plan called `plan` for `snapshot`.

    `by_tenant` says how many of the steps are whose; `before` of them were done by an earlier try.
    """

    plan: str
    snapshot: str
    account: str
    steps: int
    resumed: bool
    at: str
    by_tenant: Mapping[str, int] = field(default_factory=dict)
    before: int = 0


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step of an item is done; `made` counts what was made of the things inside it.

    `phase` is `create`, `configure`, `data` or `late`; a `note` is what a person should know.
    What was done `before`, by an earlier try, was not done again.
    """

    identity: str
    phase: str
    tenant: str
    made: int
    done: int
    left: int
    note: str = ""
    before: bool = False


@dataclass(frozen=True, slots=True)
class StepWaits:
    """A step of an item waits for what is not in our hands, at most `left` seconds more."""

    identity: str
    phase: str
    tenant: str
    why: str
    left: float


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step of an item is not done, and why; what needs it is not done either."""

    identity: str
    phase: str
    tenant: str
    why: str


@dataclass(frozen=True, slots=True)
class RestoreFinished:
    """A restore is over: how many steps are done and how many are not."""

    plan: str
    done: int
    failed: int
    seconds: float
    at: str


@dataclass(frozen=True, slots=True)
class Differs:
    """An item is not as it was saved: `wrong` is `missing` or `different`, at JSON `pointers`.

    `fields` are the values there, as `snapshot diff --json` tells them; sealed ones stay sealed.
    """

    identity: str
    tenant: str
    key: str
    wrong: str
    pointers: tuple[str, ...]
    fields: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """All was read again; a `Differs` told of each differing item before.

    `partial` when some of the world could not be read: what is missing may be there.
    """

    equal: int
    differing: int
    partial: bool
