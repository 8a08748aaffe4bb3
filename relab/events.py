"""What happens while relab works, as frozen dataclasses: the only progress channel (DESIGN 4).

Engines yield events; a screen, a plain report and a recorder are three readers of one stream.
Text for people is never in an event: a `Message` names a catalogue key and its arguments, so that
one stream reads in every language. Everything here is JSON-able: `to_json` and `from_json` are
inverse.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, get_args

type_tag = "event"


class Verdict(StrEnum):
    """The answer to a check; `ERROR` means that the world could not be asked."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    SKIP = "skip"
    WARN = "warn"
    ERROR = "error"
    FAIL = "fail"


_SEVERITY = {verdict: rank for rank, verdict in enumerate(Verdict)}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest of `verdicts` (fail > error > warn > skip > pass); pass when empty."""
    return max(verdicts, key=_SEVERITY.__getitem__, default=Verdict.PASS)


@dataclass(frozen=True, slots=True)
class Message:
    """A text for people: a key of the message catalogue and the values to fill in."""

    key: str
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One question to the live world and its raw answer, redacted.

    `source` is `aws`, `kubernetes` or `local`; `identity` is who asked; `status` is an HTTP code,
    an AWS error code, `timeout` or `unreachable`; `answer` is JSON-able; `seconds` is the latency;
    `at` is UTC in ISO 8601.
    """

    source: str
    identity: str
    request: str
    status: str
    answer: Any
    seconds: float
    at: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check found out; `key` is unique within its check."""

    key: str
    verdict: Verdict
    message: Message
    remedy: Message | None = None


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A round of checks begins: `checks` for each of `tenants` (two-digit numbers)."""

    run: str
    tenants: tuple[str, ...]
    checks: tuple[str, ...]
    at: str


@dataclass(frozen=True, slots=True)
class CheckStarted:
    """A check of a tenant is being asked."""

    run: str
    check: str
    tenant: str


@dataclass(frozen=True, slots=True)
class CheckFinished:
    """A check of a tenant has its verdict: the worst of its findings."""

    run: str
    check: str
    section: str
    step: str
    tenant: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    evidence: tuple[Evidence, ...]
    at: str
    seconds: float


@dataclass(frozen=True, slots=True)
class RunFinished:
    """A round of checks is over after `seconds`."""

    run: str
    at: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Progress:
    """Work of a known size: `done` of `total` in `stage`."""

    stage: str
    done: int
    total: int


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
class CycleFinished:
    """A run of a cycle is over; `done` when every stage is."""

    cycle: str
    done: bool
    at: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """The engine itself could not go on; one line for people, with what to do."""

    what: str
    where: str
    fix: str
    exit_code: int


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
    | CycleFinished
    | Trouble
)
_TYPES: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}


def to_json(event: Event) -> dict[str, Any]:
    """Return `event` as a JSON-able object; its class stands under `event`."""
    return {type_tag: type(event).__name__, **_plain(event)}


_NAMES = {
    kind: tuple(one.name for one in fields(kind))
    for kind in (Message, Evidence, Finding, *_TYPES.values())
}


def _plain(node: Any) -> Any:
    """Return `node` without dataclasses; what is JSON-able already is shared, not copied."""
    if isinstance(node, tuple):
        return [_plain(item) for item in node]
    names = _NAMES.get(type(node))
    return node if names is None else {name: _plain(getattr(node, name)) for name in names}


def _message(raw: Mapping[str, Any] | None) -> Message | None:
    return None if raw is None else Message(raw["key"], dict(raw["args"]))


def _finding(raw: Mapping[str, Any]) -> Finding:
    message = Message(raw["message"]["key"], dict(raw["message"]["args"]))
    return Finding(raw["key"], Verdict(raw["verdict"]), message, _message(raw["remedy"]))


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "verdict": Verdict,
    "tenants": tuple,
    "checks": tuple,
    "pointers": tuple,
    "fields": tuple,
    "said": tuple,
    "findings": lambda rows: tuple(_finding(row) for row in rows),
    "evidence": lambda rows: tuple(Evidence(**row) for row in rows),
}


def from_json(raw: Mapping[str, Any]) -> Event:
    """Return the event that `to_json` made `raw` from; ValueError or KeyError when it is none."""
    values = {key: value for key, value in raw.items() if key != type_tag}
    kind = _TYPES[raw[type_tag]]
    event: Event = kind(**{k: _FIELDS[k](v) if k in _FIELDS else v for k, v in values.items()})
    return event
