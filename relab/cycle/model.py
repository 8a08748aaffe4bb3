"""The stages of a cycle, how each ended, and the book that a run is gone on from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from relab.errors import Exit, UsageError

FORMAT = "relab/cycle/v1"
# How long a save may wait for its wipe: what pods write meanwhile is not in it.
PATIENCE = timedelta(minutes=15)


class Stage(StrEnum):
    """The stages in their order."""

    SAVE = "save"
    VERIFY = "verify"
    GATE = "gate"
    WIPE = "wipe"
    RESTORE = "restore"
    PROVE = "prove"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a stage ended: `done` when the next may begin, else `code` is the exit code.

    `said` are lines for people, what is wrong first; `facts` are counts for programs. `at` is UTC,
    `seconds` how long it took.
    """

    stage: Stage
    done: bool
    said: tuple[str, ...]
    facts: Mapping[str, int]
    seconds: float
    at: str
    code: Exit = Exit.OK


@dataclass(frozen=True, slots=True)
class Book:
    """A cycle: what it is for, and how its stages ended so far, a later try in an earlier's place.

    `vault` is where the snapshot lies; `soft` and `accepted` are what the person chose of the wipe.
    `plan` is the id of the restore's plan, once there is one; `wiping` that a wipe was begun.
    `seen` is when it was last at work (UTC), `waited` the seconds for which its save stood still by
    then; `first` is the name of its first snapshot, where it had to save anew.
    """

    id: str
    profile: str
    account: str
    vault: str
    snapshot: str
    began: str
    soft: bool = False
    accepted: tuple[str, ...] = ()
    plan: str = ""
    wiping: bool = False
    seen: str = ""
    waited: float = 0.0
    first: str = ""
    stages: tuple[Ended, ...] = ()

    @property
    def next(self) -> Stage | None:
        """Return the stage that is to be done; None when all are."""
        done = {one.stage for one in self.stages if one.done}
        return next((stage for stage in Stage if stage not in done), None)

    @property
    def code(self) -> Exit:
        """Return the exit code: that of the stage which stopped it, partial while more is to do."""
        stopped = next((one for one in self.stages if not one.done), None)
        if stopped:
            return stopped.code
        return Exit.PARTIAL if self.next else Exit.OK

    @property
    def is_stopped(self) -> bool:
        """Tell whether a stage did not end well, and was not done again since."""
        return any(not one.done for one in self.stages)

    @property
    def has_wiped(self) -> bool:
        """Tell whether some of the account may be gone, and is not proved to be back."""
        return self.wiping or any(one.stage is Stage.WIPE for one in self.stages)

    def after(self, ended: Ended) -> "Book":
        """Return this book with a stage's end; what comes after that stage is to be done anew."""
        order = list(Stage)
        at = order.index(ended.stage)
        before = tuple(one for one in self.stages if order.index(one.stage) < at)
        return replace(self, stages=(*before, ended))


def to_json(book: Book) -> dict[str, Any]:
    """Return `book` as a JSON-able object: the report for programs."""
    return {"format": FORMAT, **asdict(book)}


def from_json(raw: Any) -> Book:
    """Return the book that `to_json` wrote; UsageError for anything else."""
    if not isinstance(raw, Mapping) or raw.get("format") != FORMAT:
        raise UsageError("it is no cycle of this version", fix="begin anew: relab cycle")
    values = {name: value for name, value in raw.items() if name != "format"}
    try:
        stages = tuple(_ended(one) for one in values.pop("stages"))
        return Book(**{**values, "accepted": tuple(values["accepted"])}, stages=stages)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"the cycle cannot be read: {error}", fix="relab cycle") from error


def _ended(raw: Mapping[str, Any]) -> Ended:
    return Ended(
        **{
            **raw,
            "stage": Stage(raw["stage"]),
            "said": tuple(raw["said"]),
            "code": Exit(raw["code"]),
        }
    )
