"""What `relab restore ... --json` and `relab check --json` tell, as frozen dataclasses.

Every field has a default, so that an older or newer relab's answer is still shown.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from restore.model import INSIDE, Action
from tui.vault_model import SHARED, rows

CHANGING = frozenset({"create", "update", "replace", "remove"})


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a plan; `count` and `size` (bytes) are of all the data inside a holder."""

    identity: str = ""
    provider: str = ""
    type: str = ""
    region: str = ""
    key: str = ""
    tenant: str = SHARED
    action: str = ""
    reason: str = ""
    count: int = 1
    size: int = 0
    follows: bool = False
    lost: bool = False
    extra: bool = False

    @property
    def is_data(self) -> bool:
        """Tell whether it stands for all data inside an item."""
        return self.identity.endswith(INSIDE)

    @property
    def service(self) -> str:
        """Return what the item is grouped under: the service of AWS, or the cluster."""
        return self.type.partition(".")[0] if self.provider == "aws" else self.provider


@dataclass(frozen=True, slots=True)
class Flag:
    """What of an item does not become what it was, and why."""

    identity: str = ""
    pointer: str = ""
    what: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a restore will do; `choice` is what was asked for, as relab tells it.

    `moved` says from where to where, when the snapshot comes from elsewhere.
    """

    id: str = ""
    snapshot: str = ""
    profile: str = ""
    account: str = ""
    made_at: str = ""
    choice: Mapping[str, Any] = field(default_factory=dict)
    items: tuple[Row, ...] = ()
    moved: str = ""
    flags: tuple[Flag, ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        """Return how many items each action has, without data, but with all that is removed."""
        found = Counter(row.action for row in self.items if not row.is_data)
        removed = sum(row.count for row in self.removed)
        return found | Counter({Action.REMOVE.value: removed} if removed else {})

    @property
    def changes(self) -> int:
        """Return how many items are made or changed, without data."""
        return sum(count for action, count in self.counts.items() if action in CHANGING)

    @property
    def blocked(self) -> tuple[Row, ...]:
        """Return what cannot be restored as things are."""
        return tuple(row for row in self.items if row.action == Action.BLOCKED)

    @property
    def removed(self) -> tuple[Row, ...]:
        """Return what is taken away, since the snapshot lacks it."""
        return tuple(row for row in self.items if row.action == Action.REMOVE)

    @property
    def lost(self) -> tuple[Row, ...]:
        """Return what can never come back."""
        return tuple(row for row in self.items if row.lost)

    @property
    def data(self) -> tuple[Row, ...]:
        """Return the data that is looked at, and put back where it is not there."""
        return tuple(row for row in self.items if row.is_data and row.action == Action.CREATE)

    @property
    def tenants(self) -> tuple[str, ...]:
        """Return whose things are restored."""
        return tuple(str(one) for one in self.choice.get("tenants", ()))


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The restore that can be gone on with, if there is one; `done` steps of it are done."""

    plan: Plan | None = None
    done: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """The verdict of a check of the lab for a tenant."""

    id: str = ""
    section: str = ""
    tenant: str = ""
    verdict: str = ""


def plan(raw: Any) -> Plan:
    """Return the plan that relab wrote as `raw`; TypeError or KeyError when it is none."""
    if not isinstance(raw, Mapping):
        raise TypeError("no plan")
    names = ("id", "snapshot", "profile", "account", "made_at")
    words = {name: str(raw[name]) for name in names}
    words["moved"] = str(raw.get("moved", ""))
    return Plan(
        **words,
        choice=dict(raw["choice"]),
        items=rows(Row, raw["items"]),
        flags=rows(Flag, raw.get("flags", [])),
    )


def unfinished(raw: Any) -> Unfinished:
    """Return what relab told of an unfinished restore; TypeError or KeyError when it is none."""
    return Unfinished(plan(raw["plan"]) if raw["plan"] else None, int(raw["done"]))
