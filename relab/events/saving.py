"""What happens while tenants and account are saved."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SaveStarted:
    """A save begins, or goes on: `name` in the vault at `where`, of `tenants` of `account`.

    A tenant is a two-digit number; the empty one stands for what is no tenant's.
    """

    name: str
    where: str
    profile: str
    account: str
    tenants: tuple[str, ...]
    resumed: bool
    at: str


@dataclass(frozen=True, slots=True)
class UnitSaved:
    """A unit of work is in the vault: how much it holds and how much work is known to be left.

    `reused` units were taken over from an earlier snapshot or an earlier try, unread. `left` counts
    tasks; while `listing`, more may be found. `size` is in bytes.
    """

    unit: str
    items: int
    size: int
    reused: bool
    done: int
    left: int
    listing: bool


@dataclass(frozen=True, slots=True)
class GapMet:
    """Something was asked for and not captured: a line of the coverage ledger."""

    service: str
    type: str
    region: str
    tenant: str
    state: str
    count: int
    detail: str


@dataclass(frozen=True, slots=True)
class SaveFinished:
    """A snapshot is visible: `state` is `complete` or `partial`, `content` its hash.

    `size` is how many bytes of data were read, `gaps` how many lines of the ledger are gaps.
    """

    name: str
    state: str
    items: int
    size: int
    gaps: int
    content: str
    seconds: float
    at: str
