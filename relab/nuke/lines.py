"""What aws-nuke prints, line by line: JSON of version 3, text of version 2.

The readers are strict: a line that is none of what is known becomes `Unknown`, and errors become
`Wrong`. Whoever reads on must not take silence, or an exit code of 0, for success.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from relab.clouds.outcome import shorten

_LONGEST = 1_000_000


class State(StrEnum):
    """Where aws-nuke is with a thing, in its own words."""

    NEW = "new"
    NEW_DEPENDENCY = "new-dependency"
    HOLD = "hold"
    PENDING = "pending"
    PENDING_DEPENDENCY = "pending-dependency"
    WAITING = "waiting"
    FAILED = "failed"
    FILTERED = "filtered"
    FINISHED = "finished"


Thing = tuple[str, str, str]
TO_GO = frozenset({State.NEW, State.NEW_DEPENDENCY})


@dataclass(frozen=True, slots=True)
class Row:
    """A thing that aws-nuke tells of; `owner` is the region. `why` says why it is filtered."""

    owner: str
    type: str
    name: str
    state: State
    why: str = ""
    props: Mapping[str, str] = field(default_factory=dict)

    @property
    def thing(self) -> Thing:
        """Return what names it among all others."""
        return self.owner, self.type, self.name


@dataclass(frozen=True, slots=True)
class Said:
    """A line that only tells how things go."""

    text: str


@dataclass(frozen=True, slots=True)
class Round:
    """The end of a round: how many things are where; `total` counts those of a finished scan."""

    waiting: int = 0
    failed: int = 0
    skipped: int = 0
    finished: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """aws-nuke says that something went wrong, such as a type that it could not list."""

    text: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A line that is none of what aws-nuke is known to print."""

    text: str


Line = Row | Said | Round | Wrong | Unknown
Read = Callable[[str], Line]
_LEVELS = {"info": Said, "debug": Said, "trace": Said}
_KNOWN = (
    re.compile(r"aws-nuke (- |version )"),
    re.compile(r"no-prompt flag set, continuing"),
    re.compile(r"[Ww]aiting \d+\S* before continuing\.?$"),
    # Version 2 says so without waiting for an answer; the question itself comes after it.
    re.compile(r"Do you really want to nuke the account with the ID \d+ and the alias '[^']*'\?$"),
    re.compile(r"starting scan for resources$"),
    re.compile(r"No resource to delete\.$"),
    re.compile(r"The above resources would be deleted with the supplied configuration\."),
    re.compile(r"Removing permission boundary for user \S+$"),
)


def read_json(text: str) -> Line:
    """Return what a line of version 3 with `--log-format json` says."""
    try:
        raw = json.loads(text) if len(text) <= _LONGEST else None
    except (ValueError, RecursionError):
        raw = None
    if not isinstance(raw, dict):
        return Said(text) if _is_known(text) else Unknown(shorten(text))
    if "state" in raw or "state_code" in raw:
        return _row(raw) or Unknown(shorten(text))
    return _message(raw) or Unknown(shorten(text))


def _row(raw: Mapping[str, Any]) -> Row | None:
    """Return the thing; None when the line lacks a part, or state and code do not agree."""
    states = list(State)
    names = [raw.get(name) for name in ("owner", "type", "name")]
    code = raw.get("state_code")
    if not all(isinstance(name, str) and name for name in names):
        return None
    if type(code) is not int or not 0 <= code < len(states) or raw.get("state") != states[code]:
        return None
    props = {k[5:]: str(v) for k, v in raw.items() if k.startswith("prop:")}
    owner, kind, name = map(str, names)
    why = str(raw.get("msg", "")).removeprefix("filtered: ")
    filtered = states[code] is State.FILTERED
    return Row(owner, kind, name, states[code], why if filtered else "", props)


def _message(raw: Mapping[str, Any]) -> Line | None:
    level, text = raw.get("level"), raw.get("msg")
    if not isinstance(level, str) or not isinstance(text, str):
        return None
    if level in ("error", "fatal", "panic", "warning"):
        return Wrong(shorten(text), str(raw.get("resource_type", "")))
    if level not in _LEVELS:
        return None
    return _counts(text.strip()) or Said(shorten(text))


_ROUND = re.compile(
    r"Removal requested: (\d+) waiting, (\d+) failed, (\d+) skipped, (\d+) finished$"
)
_SCAN = re.compile(r"Scan complete: (\d+) total, (\d+) nukeable, (\d+) filtered\.?$")
_END = re.compile(r"Nuke complete: (\d+) failed, (\d+) skipped, (\d+) finished\.?$")


def _counts(text: str) -> Round | None:
    if found := _ROUND.match(text):
        return Round(*map(int, found.groups()))
    if found := _SCAN.match(text):
        total, _, filtered = map(int, found.groups())
        return Round(skipped=filtered, total=total)
    if found := _END.match(text):
        failed, skipped, finished = map(int, found.groups())
        return Round(0, failed, skipped, finished)
    return None


_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TEXT_ROW = re.compile(
    r"(?P<owner>global|[a-z]{2}(?:-[a-z]+)+-\d) - (?P<type>[A-Z][A-Za-z0-9:]+) - "
    r"(?P<name>.+?)(?: - \[(?P<props>.*)\])? - (?P<state>[^\[\]]+?)$"
)
_PROP = re.compile(r'([^\s,:][^,]*?): "((?:[^"\\]|\\.)*)"')
_WORDS = {
    "would remove": State.NEW,
    "would remove after dependencies": State.NEW_DEPENDENCY,
    "waiting for parent removal": State.HOLD,
    "triggered remove": State.PENDING,
    "waiting": State.WAITING,
    "waiting for removal": State.WAITING,
    "failed": State.FAILED,
    "removed": State.FINISHED,
}


def read_text(text: str) -> Line:
    """Return what a line of version 2 says, which has text only."""
    plain = _COLOUR.sub("", text).strip()
    if not plain:
        return Said(plain)
    if re.match(r"(ERRO|WARN|FATA|Error:|time=\S+ level=(error|warning|fatal))", plain):
        return Wrong(shorten(plain))
    if found := _TEXT_ROW.match(plain):
        return _text_row(found)
    return _counts(plain) or (Said(plain) if _is_known(plain) else Unknown(shorten(plain)))


def _text_row(found: re.Match[str]) -> Row:
    """Return the thing; version 2 says of what it leaves nothing but the reason."""
    state = _WORDS.get(found["state"], State.FILTERED)
    why = found["state"] if state is State.FILTERED else ""
    props = dict(_PROP.findall(found["props"] or ""))
    return Row(found["owner"], found["type"], found["name"], state, why, props)


def _is_known(text: str) -> bool:
    return any(pattern.match(text.strip()) for pattern in _KNOWN)
