"""The session on disk: one event a line, appended as it happens, readable by its owner only.

Reading it back through `reduce` resumes the lab. Without a writable state folder only the resume is
lost.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from relab import redact
from relab.events import CheckStarted, Progress, RunFinished, RunStarted
from relab.paths import state_dir
from tui.moves import HelperDown, HelperUp, Move, Opened, from_json, to_json

if TYPE_CHECKING:
    from relab.events import Event

TRANSIENT = (RunStarted, CheckStarted, RunFinished, Progress, HelperDown, HelperUp)


def folder() -> Path:
    """Return the folder of session files."""
    return state_dir() / "sessions"


@dataclass
class Journal:
    """A session file; `broken` is why it cannot be written, once that is so."""

    path: Path
    broken: str = ""
    _descriptor: int | None = None

    def append(self, event: Move | Event) -> bool:
        """Write `event` unless it is transient; return False the first time that this fails."""
        if isinstance(event, TRANSIENT) or self.broken:
            return True
        line = json.dumps(redact.document(to_json(event)), ensure_ascii=False)
        try:
            os.write(self._open(), f"{line}\n".encode(errors="backslashreplace"))
        except OSError as error:
            self.broken = error.strerror or str(error)
            return False
        return True

    def _open(self) -> int:
        if self._descriptor is None:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._descriptor = os.open(self.path, flags, 0o600)
        return self._descriptor

    def close(self) -> None:
        """Close the file; a later `append` opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def read(path: Path) -> Iterator[Move | Event]:
    """Yield the events of session file `path`; lines that are torn or foreign are passed over."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        try:
            yield from_json(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue


def _opening(path: Path) -> Opened | None:
    try:
        with path.open("rb") as file:
            event = from_json(json.loads(file.readline()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return event if isinstance(event, Opened) else None


def latest(lab: str, environment: str, tenant: str | None = None) -> tuple[Path, str] | None:
    """Return the session of `lab` in `environment` written to last, and its tenant; None if none.

    `tenant` narrows the search to one.
    """
    for path in sorted(_files(), key=_modified, reverse=True):
        event = _opening(path)
        same = event and (event.lab, event.environment) == (lab, environment)
        if event and same and tenant in {None, event.tenant}:
            return path, event.tenant
    return None


def _files() -> list[Path]:
    try:
        return list(folder().glob("*.jsonl"))
    except OSError:
        return []


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def fresh(opened: Opened) -> Path:
    """Return the path of a new session that begins with `opened`."""
    stamp = "".join(char for char in opened.at if char.isdigit())[:20]
    name = f"{stamp}-{opened.lab}-{opened.environment}-{opened.tenant}"
    paths = (folder() / f"{name}-{number}.jsonl" for number in itertools.count(1))
    return next(path for path in paths if not path.exists())
