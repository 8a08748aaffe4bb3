"""What a wipe would take and leave, as the gate and people look at it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Fate(StrEnum):
    """What becomes of a thing that a wipe removes; the last two are losses."""

    CAPTURED = "captured"
    REBUILT = "rebuilt by its owner"
    LEFT_OUT = "left out by the profile"
    LOST = "not captured"
    NEVER = "cannot be captured"


LOSSES = frozenset({Fate.LOST, Fate.NEVER})


class By(StrEnum):
    """Who removes a thing: aws-nuke, relab, or the end of what holds it."""

    NUKE = "aws-nuke"
    RELAB = "relab"
    HOLDER = "its holder"


@dataclass(frozen=True, slots=True)
class Doomed:
    """A thing that a wipe removes, and the reason of its fate.

    `type` is ours, or aws-nuke's when no type of ours stands for it.
    """

    tenant: str
    type: str
    key: str
    by: By
    fate: Fate
    why: str = ""

    @property
    def service(self) -> str:
        """Return the service of the type, or the group of a kind of the cluster's."""
        return self.type.partition(".")[0] if "/" not in self.type else "kubernetes"


@dataclass(frozen=True, slots=True)
class Left:
    """A thing that a wipe leaves, and why. `collides` says that a restore will meet it."""

    tenant: str
    type: str
    key: str
    why: str
    collides: bool = False


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a wipe would do: what goes, what is kept on purpose, what survives though it should not.

    `breaches` are things that must be kept and that aws-nuke lists as going; `problems` speak
    against its dry run, `unread` against our own inventory. `notes` are for people.
    """

    doomed: tuple[Doomed, ...] = ()
    kept: tuple[Left, ...] = ()
    survivors: tuple[Left, ...] = ()
    breaches: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def losses(self) -> tuple[Doomed, ...]:
        """Return what goes and will not come back."""
        return tuple(one for one in self.doomed if one.fate in LOSSES)

    def counts(self) -> Mapping[tuple[str, str, str, str], int]:
        """Return how many things go, by service, type, tenant and fate."""
        return Counter((d.service, d.type, d.tenant, d.fate.value) for d in self.doomed)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason not to wipe: `code` is for programs, `what` for people, `fix` what they may do."""

    code: str
    what: str
    fix: str = ""


def to_json(forecast: Forecast, refusals: tuple[Refusal, ...]) -> dict[str, Any]:
    """Return all that the gate saw and said as a JSON-able object."""
    return {**asdict(forecast), "refusals": [asdict(one) for one in refusals]}
