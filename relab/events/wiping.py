"""What happens while an account is wiped, and in the cycle around it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WipeStarted:
    """A wipe of `account` begins, which `snapshot` can undo: `things` are to go."""

    account: str
    snapshot: str
    things: int
    at: str


@dataclass(frozen=True, slots=True)
class NukeSaid:
    """A line of aws-nuke, or a call of relab's own removals.

    `kind` is `thing`, `round`, `said`, `wrong` or `unknown`; a thing has `region`, `type`, `name`
    and `state`, in aws-nuke's words.
    """

    kind: str
    region: str
    type: str
    name: str
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class WipeFinished:
    """A wipe is over: `clean` as relab's own inventory says; `left` things are still there."""

    account: str
    clean: bool
    left: int
    problems: int
    seconds: float
    at: str


@dataclass(frozen=True, slots=True)
class CycleStarted:
    """A cycle begins or goes on: save, wipe, restore and prove, with the snapshot of this name."""

    cycle: str
    snapshot: str
    account: str
    at: str


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage of a cycle begins, such as `save` or `wipe`."""

    cycle: str
    stage: str
    at: str


@dataclass(frozen=True, slots=True)
class StageEnded:
    """A stage of a cycle ended: the next begins only when it is `done`.

    `said` are lines that tell why or what, `facts` are counts.
    """

    cycle: str
    stage: str
    done: bool
    said: tuple[str, ...]
    facts: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class GateLooked:
    """The gate of a cycle has looked: `proof` is the file with all that it saw and said."""

    cycle: str
    proof: str


@dataclass(frozen=True, slots=True)
class CycleFinished:
    """A run of a cycle is over; `done` when every stage is."""

    cycle: str
    done: bool
    at: str
