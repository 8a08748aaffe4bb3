"""What happens while relab works, as frozen dataclasses: the only progress channel (DESIGN 4).

Engines yield events; a screen, a plain report and a recorder are three readers of one stream.
Text for people is never in an event: a `Message` names a catalogue key and its arguments, so that
one stream reads in every language. Everything here is JSON-able: `to_json` and `from_json` are
inverse. What only a save, a restore or a wipe tells is loaded when it is first named: making so
many dataclasses takes a twentieth of the time to the lab's first frame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from relab.events.checking import (
    CheckFinished,
    CheckStarted,
    Evidence,
    Finding,
    Message,
    RunFinished,
    RunStarted,
    Verdict,
    worst,
)
from relab.events.plain import Progress, Trouble

if TYPE_CHECKING:
    from relab.events.every import Event
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

__all__ = [
    "CheckFinished",
    "CheckStarted",
    "CycleFinished",
    "CycleStarted",
    "Differs",
    "Event",
    "Evidence",
    "Finding",
    "GapMet",
    "GateLooked",
    "Message",
    "NukeSaid",
    "Progress",
    "RestoreFinished",
    "RestoreStarted",
    "RunFinished",
    "RunStarted",
    "SaveFinished",
    "SaveStarted",
    "StageEnded",
    "StageStarted",
    "StepDone",
    "StepFailed",
    "StepWaits",
    "Trouble",
    "UnitSaved",
    "Verdict",
    "Verified",
    "WipeFinished",
    "WipeStarted",
    "from_json",
    "to_json",
    "worst",
]

type_tag = "event"

LAB = (RunStarted, CheckStarted, CheckFinished, RunFinished, Progress, Trouble)
"""The events that the lab itself lives by; all others are an engine's, beside it."""

_LATER = ("saving", "restoring", "wiping", "every")


def __getattr__(name: str) -> Any:
    """Load and return the event class `name` of a save, a restore or a wipe, or `Event`."""
    if name in __all__:
        for module in _LATER:
            found = getattr(import_module(f"{__name__}.{module}"), name, None)
            if found is not None:
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def to_json(event: Event) -> dict[str, Any]:
    """Return `event` as a JSON-able object; its class stands under `event`."""
    return {type_tag: type(event).__name__, **_plain(event)}


def _plain(node: Any) -> Any:
    """Return `node` without dataclasses; what is JSON-able already is shared, not copied."""
    if isinstance(node, tuple):
        return [_plain(item) for item in node]
    names = getattr(type(node), "__dataclass_fields__", None)
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
    kind = _kind(raw[type_tag])
    event: Event = kind(**{k: _FIELDS[k](v) if k in _FIELDS else v for k, v in values.items()})
    return event


def _kind(name: str) -> type[Any]:
    for kind in LAB:
        if kind.__name__ == name:
            return kind
    from relab.events.every import KINDS

    return KINDS[name]
