"""What happens on the snapshots screen, as events: all that its state is reduced from.

What a save tells comes as `Heard`: an event of `relab.events` and when it was heard. Times are
seconds of a steady clock.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from relab.errors import Exit
from relab.events import Event

# What the world as it stands is called where a snapshot could be named.
LIVE = "live"


class Ask(StrEnum):
    """What relab can be asked about a vault."""

    WHERE = "where"
    LIST = "list"
    UNFINISHED = "unfinished"
    COUNTS = "counts"
    ITEMS = "items"
    DOCUMENT = "document"
    COVERAGE = "coverage"
    DIFF = "diff"
    VERIFY = "verify"
    PIN = "pin"
    UNPIN = "unpin"


class Tab(StrEnum):
    """What is shown of the chosen snapshot; `PROGRESS` is the save under way, or the last one."""

    CONTENTS = "contents"
    COVERAGE = "coverage"
    DIFF = "diff"
    PROGRESS = "progress"


@dataclass(frozen=True, slots=True)
class Question:
    """One question: `names` are the snapshot and what else is meant, as `tui.vault_words` says."""

    ask: Ask
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A save as it is asked for: `tenants` and `only` are written as on the command line."""

    name: str
    tenants: str = "all"
    only: tuple[str, ...] = ()
    data: bool = True
    versions: bool = False
    resume: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A process was started for `question`."""

    question: Question


@dataclass(frozen=True, slots=True)
class Answered:
    """The process ended well; `answer` is what `tui.vault_words` read of what it wrote.

    Its exit code says whether all of the world could be read.
    """

    question: Question
    answer: Any
    code: int = int(Exit.OK)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The process ended with exit code `code` and these last words."""

    question: Question
    code: int
    words: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The vault is read anew: what was told of single snapshots counts no more."""


@dataclass(frozen=True, slots=True)
class SaveAsked:
    """A save was started."""

    order: Order
    at: float


@dataclass(frozen=True, slots=True)
class Heard:
    """The save told `event`."""

    event: Event
    at: float


@dataclass(frozen=True, slots=True)
class SaveEnded:
    """The save's process ended."""

    code: int
    words: str
    at: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """The person looks at snapshot `name`."""

    name: str


@dataclass(frozen=True, slots=True)
class TabShown:
    """The person turned to `tab`."""

    tab: Tab


@dataclass(frozen=True, slots=True)
class Compared:
    """The person wants the chosen snapshot compared with `other`, or with the live world."""

    other: str


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Only what is of `tenant` is shown; None is everything, an empty one what is nobody's."""

    tenant: str | None


@dataclass(frozen=True, slots=True)
class Folded:
    """The group `group` of the contents, or of the differences, is opened or closed."""

    group: tuple[str, ...]


Move = (
    Asked
    | Answered
    | Unanswered
    | Forgotten
    | SaveAsked
    | Heard
    | SaveEnded
    | Chosen
    | TabShown
    | Compared
    | Narrowed
    | Folded
)
