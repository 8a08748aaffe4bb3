"""The versions of the lab's command line tools, remembered for as long as their files stay.

`aws --version` alone takes longer than all of a cloud's answers. So a tool is asked once, and what
it said is kept in the cache folder beside the files that decide it (`relab.checks.toolfile`); a
version that was remembered says since when. `hear_early` begins before all else is loaded, which is
why this module needs little more than the standard library.
"""

import json
import shutil
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from relab.checks.flight import fly
from relab.checks.toolfile import Stamps, decided_by
from relab.paths import cache_dir

TOOLS: Mapping[str, tuple[str, ...]] = {
    "aws": ("aws", "--version"),
    "kubectl": ("kubectl", "version", "--client"),
    "git": ("git", "--version"),
}
REMEMBERED = "remembered"
LENGTH = 80
_SECONDS = 10.0
# Answers in milliseconds; on macOS it also stands for another one that no file names.
_ALWAYS_ASKED = ("git",)
_lock = threading.Lock()
_early: deque[Future[dict[str, Any]]] = deque()


@dataclass(frozen=True, slots=True)
class Heard:
    """What a tool said, at which moment (UTC, ISO 8601), and the files that it is true of."""

    said: str
    at: str
    files: Stamps


def hear_early() -> None:
    """Begin to ask the tools in the background, for the next who wants their `versions`."""
    promise: Future[dict[str, Any]] = Future()
    _early.append(promise)
    threading.Thread(target=fly, args=(promise, _hear), daemon=True).start()


def versions() -> dict[str, Any]:
    """Return what each tool says of itself: None when it is not installed, empty when broken.

    Under `remembered` stands, for each tool that was not asked this time, when it was. All that are
    asked start at once.
    """
    try:
        begun = _early.popleft()
    except IndexError:
        return _hear()
    return begun.result()


def _hear() -> dict[str, Any]:
    with _lock:
        paths = {name: shutil.which(name) for name in TOOLS}
        files = {name: _files(name, path) for name, path in paths.items()}
        known = _recall()
        kept = {
            name: one for name, one in known.items() if files[name] and one.files == files[name]
        }
        asked = _ask([name for name, path in paths.items() if path and name not in kept])
        at = datetime.now(UTC).isoformat(timespec="seconds")
        new = {name: Heard(said, at, files[name]) for name, said in asked.items() if said}
        if lasting := {name: one for name, one in new.items() if one.files}:
            _remember({**known, **lasting})
    said = {name: one.said for name, one in {**kept, **new}.items()}
    answer: dict[str, Any] = {name: said.get(name, "") if paths[name] else None for name in TOOLS}
    return answer | ({REMEMBERED: {name: one.at for name, one in kept.items()}} if kept else {})


def forget() -> None:
    """Forget what the tools said, so that they are asked afresh."""
    with _lock, suppress(OSError):
        _file().unlink(missing_ok=True)


def _files(name: str, path: str | None) -> Stamps:
    return decided_by(path) if path and name not in _ALWAYS_ASKED else ()


def _file() -> Path:
    return cache_dir() / "tools.json"


def _recall() -> dict[str, Heard]:
    """Return what is remembered; a file that cannot be read as such remembers nothing."""
    try:
        rows = json.loads(_file().read_text(encoding="utf-8"))
        return {name: _heard(rows[name]) for name in TOOLS if name in rows}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _heard(row: Mapping[str, Any]) -> Heard:
    rows = row["files"]
    files = tuple((str(path), int(at), int(size), int(node)) for path, at, size, node in rows)
    if not (files and row["said"]):
        raise ValueError("no version of a known file")
    return Heard(str(row["said"])[:LENGTH], str(row["at"]), files)


def _remember(known: Mapping[str, Heard]) -> None:
    """Keep `known` for the next process; where nothing can be written, nothing is kept."""
    file = _file()
    new = file.with_suffix(f".{threading.get_native_id()}")
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps({name: asdict(one) for name, one in known.items()}))
        new.replace(file)


def _ask(names: list[str]) -> dict[str, str]:
    deadline = time.monotonic() + _SECONDS
    started = {name: _start(TOOLS[name]) for name in names}
    return {name: _said(process, deadline) if process else "" for name, process in started.items()}


def _start(words: tuple[str, ...]) -> subprocess.Popen[str] | None:
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError:
        return None


def _said(process: subprocess.Popen[str], deadline: float) -> str:
    try:
        said, _ = process.communicate(timeout=max(deadline - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return ""
    return said.strip().partition("\n")[0][:LENGTH] if process.returncode == 0 else ""
