"""What a person does on the screen, and what the screen notices of its helpers, as events.

Together with `relab.events` these are all that the state is reduced from. Moments (`at`) are UTC
in ISO 8601.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from relab import events
from relab.events import type_tag
from relab.languages import Language


class Shell(StrEnum):
    """The kind of shell that commands are shown for."""

    SH = "sh"
    POWERSHELL = "powershell"


@dataclass(frozen=True, slots=True)
class Opened:
    """A lab is opened, or opened again, for one tenant of the profile `environment`."""

    at: str
    lab: str
    environment: str
    tenant: str


@dataclass(frozen=True, slots=True)
class Named:
    """The profile is read: its roster, and this tenant's values for the lab's placeholders."""

    tenants: tuple[str, ...]
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    """The person reads `language` from now on."""

    language: Language


@dataclass(frozen=True, slots=True)
class ShellChosen:
    """Commands are shown for `shell` from now on."""

    shell: Shell


@dataclass(frozen=True, slots=True)
class StepShown:
    """The person turned to `step`."""

    at: str
    step: str


@dataclass(frozen=True, slots=True)
class Copied:
    """The person copied a command of the step they are at."""

    at: str
    command: str


@dataclass(frozen=True, slots=True)
class Paused:
    """The clock stands still."""

    at: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """The clock goes on."""

    at: str


@dataclass(frozen=True, slots=True)
class Ticked:
    """The lab is still open; written now and then so that a crash loses little of the clock."""

    at: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The lab is closed."""

    at: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A check gave the very answer that is known already."""

    run: str
    tenant: str
    check: str
    at: str


@dataclass(frozen=True, slots=True)
class HelperDown:
    """A helper process (`checks` or `sandbox`) ended; it is started again in `retry` seconds."""

    helper: str
    reason: str
    retry: float


@dataclass(frozen=True, slots=True)
class HelperUp:
    """A helper process (`checks` or `sandbox`) is at work; `anew` if it was not before the lab."""

    helper: str
    anew: bool = False


Move = (
    Opened
    | Named
    | LanguageChosen
    | ShellChosen
    | StepShown
    | Copied
    | Paused
    | Resumed
    | Ticked
    | Closed
    | Confirmed
    | HelperDown
    | HelperUp
)
_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        Opened,
        Named,
        LanguageChosen,
        ShellChosen,
        StepShown,
        Copied,
        Paused,
        Resumed,
        Ticked,
        Closed,
        Confirmed,
        HelperDown,
        HelperUp,
    )
}
_FIELDS: dict[str, Any] = {"language": Language, "shell": Shell, "tenants": tuple, "values": dict}


def to_json(event: Move | events.Event) -> dict[str, Any]:
    """Return `event` as a JSON-able object; its class stands under `event`."""
    if type(event).__name__ not in _KINDS:
        return events.to_json(event)  # type: ignore[arg-type] # any other class is an engine's
    return {type_tag: type(event).__name__, **asdict(event)}


def from_json(raw: Mapping[str, Any]) -> Move | events.Event:
    """Return the event that `to_json` made `raw` from, or raise ValueError, KeyError, TypeError."""
    kind = _KINDS.get(raw[type_tag])
    if kind is None:
        return events.from_json(raw)
    values = {key: value for key, value in raw.items() if key != type_tag}
    move: Move = kind(**{k: _FIELDS[k](v) if k in _FIELDS else v for k, v in values.items()})
    return move
