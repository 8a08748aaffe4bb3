"""All events together."""

from typing import Any, get_args

from relab.events.checking import CheckFinished, CheckStarted, RunFinished, RunStarted
from relab.events.plain import Progress, Trouble
from relab.events.restoring import (
    Differs,
    RestoreFinished,
    RestoreStarted,
    StepDone,
    StepFailed,
    StepWaits,
    Verified,
)
from relab.events.saving import GapMet, SaveFinished, SaveStarted, UnitSaved
from relab.events.wiping import (
    CycleFinished,
    CycleStarted,
    GateLooked,
    NukeSaid,
    StageEnded,
    StageStarted,
    WipeFinished,
    WipeStarted,
)

Event = (
    RunStarted
    | CheckStarted
    | CheckFinished
    | RunFinished
    | Progress
    | SaveStarted
    | UnitSaved
    | GapMet
    | SaveFinished
    | RestoreStarted
    | StepDone
    | StepWaits
    | StepFailed
    | RestoreFinished
    | Differs
    | Verified
    | WipeStarted
    | NukeSaid
    | WipeFinished
    | CycleStarted
    | StageStarted
    | StageEnded
    | GateLooked
    | CycleFinished
    | Trouble
)

KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}
"""Every event's class by its name."""
