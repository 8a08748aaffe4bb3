"""What a restore will do, as a plan that is written to a file and shown before anything is done."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from relab.errors import UsageError

FORMAT = "relab/plan/v1"
# Ends the identity of a row that stands for all data inside an item.
INSIDE = "/*"


class Action(StrEnum):
    """What becomes of an item; `BLOCKED` ones are not touched, and neither is what needs them.

    `REMOVE` is for what stands there and the snapshot lacks.
    """

    CREATE = "create"
    ADOPT = "adopt"
    UPDATE = "update"
    REPLACE = "replace"
    SKIP = "skip"
    BLOCKED = "blocked"
    REMOVE = "remove"


class Existing(StrEnum):
    """What to do with what stands there already and differs from the snapshot."""

    ADOPT_IF_EQUAL = "adopt-if-equal"
    UPDATE = "update"
    REPLACE = "replace"
    SKIP = "skip"


class OnTaken(StrEnum):
    """What to do when somebody else has the name of a bucket, after waiting for it."""

    RENAME = "rename"
    WAIT = "wait"
    FAIL = "fail"


CHANGES = frozenset({Action.CREATE, Action.UPDATE, Action.REPLACE})


@dataclass(frozen=True, slots=True)
class Planned:
    """One item of a plan: what becomes of it and why.

    `count` is how many things it stands for (the objects of a bucket are one item of a plan) and
    `size` their bytes of data. `now` is the key of what stands there already, if anything does.
    What `follows` is made by its owner, and compared then. What is `lost` can never come back.
    What is `extra` stands there and the snapshot lacks it.
    """

    identity: str
    provider: str
    type: str
    region: str
    key: str
    tenant: str
    action: Action
    reason: str
    count: int = 1
    size: int = 0
    now: str = ""
    follows: bool = False
    lost: bool = False
    extra: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person wants: whose things, of which types (patterns), and what of existing ones.

    With a `source`, the tenants get that one's things under their own names. `into` names the
    account, region and cluster when they are others than those of the snapshot, and `origin` the
    profile whose naming rules held there. A name that is taken is waited for `patience` seconds.
    `exact` takes away what the snapshot lacks, too.
    """

    tenants: tuple[str, ...]
    only: tuple[str, ...] = ()
    existing: Existing = Existing.ADOPT_IF_EQUAL
    data: bool = True
    source: str = ""
    into: str = ""
    origin: str = ""
    on_taken: OnTaken = OnTaken.RENAME
    patience: float = 120.0
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """What at `pointer` of an item does not become what it was, and why; nobody is asked."""

    identity: str
    pointer: str
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan for `snapshot`, whose hash is `content`, in `account`; `made_at` is UTC.

    `moved` says from where to where, when the snapshot comes from elsewhere.
    """

    id: str
    snapshot: str
    content: str
    profile: str
    account: str
    choice: Choice
    made_at: str
    items: tuple[Planned, ...] = field(default=())
    moved: str = ""
    flags: tuple[Flag, ...] = ()

    @property
    def counts(self) -> Mapping[Action, int]:
        """Return how many items each action has."""
        return Counter(item.action for item in self.items)

    @property
    def blocked(self) -> tuple[Planned, ...]:
        """Return the items that cannot be restored as things are."""
        return tuple(item for item in self.items if item.action is Action.BLOCKED)

    @property
    def removals(self) -> int:
        """Return how many things are removed: items, and what is taken out of others."""
        return sum(item.count for item in self.items if item.action is Action.REMOVE)

    def of(self, identity: str) -> Planned | None:
        """Return the item called `identity`; None when the plan has none."""
        return next((item for item in self.items if item.identity == identity), None)


def to_json(plan: Plan) -> dict[str, Any]:
    """Return `plan` as a JSON-able object."""
    return {"format": FORMAT, **asdict(plan)}


def from_json(raw: Any) -> Plan:
    """Return the plan that `to_json` made `raw` from; UsageError when it is none."""
    if not isinstance(raw, Mapping) or raw.get("format") != FORMAT:
        raise UsageError("this is no plan of a restore", fix="make one: relab restore NAME --plan")
    try:
        values = {key: value for key, value in raw.items() if key != "format"}
        choice = raw["choice"]
        values["choice"] = Choice(
            tuple(choice["tenants"]),
            tuple(choice["only"]),
            Existing(choice["existing"]),
            bool(choice["data"]),
            str(choice["source"]),
            str(choice["into"]),
            str(choice["origin"]),
            OnTaken(choice["on_taken"]),
            float(choice["patience"]),
            bool(choice.get("exact")),
        )
        values["flags"] = tuple(Flag(**flag) for flag in raw["flags"])
        values["items"] = tuple(
            Planned(**{**item, "action": Action(item["action"])}) for item in raw["items"]
        )
        return Plan(**values)
    except (KeyError, TypeError, ValueError) as error:
        fix = "make it anew: relab restore NAME --plan"
        raise UsageError(f"the plan cannot be read: {error}", fix=fix) from error
