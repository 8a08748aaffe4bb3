"""Questions to this machine: tools on PATH, the user's number, the cloned repository."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from relab.checks.question import LocalQuestion

TOOLS: Mapping[str, tuple[str, ...]] = {
    "aws": ("aws", "--version"),
    "kubectl": ("kubectl", "version", "--client"),
    "git": ("git", "--version"),
}
_SECONDS = 10.0
_LENGTH = 80
ToolFile = tuple[str, int, int]
_lock = threading.Lock()
_heard: dict[ToolFile | None, str] = {}


def tools() -> LocalQuestion:
    """Ask for the version of each of `TOOLS`: None when it is not installed, empty when broken."""
    return LocalQuestion("; ".join(" ".join(words) for words in TOOLS.values()), _versions)


def hear_tools_early() -> None:
    """Begin to ask the tools in the background: they take longer than all of a cloud's answers."""
    threading.Thread(target=_versions, daemon=True).start()


def variable(name: str) -> LocalQuestion:
    """Ask for an environment variable."""
    return LocalQuestion(f"${name}", lambda: _set(name))


def cloned(folder: str) -> LocalQuestion:
    """Ask for a folder named `folder` here, above, or one level below."""
    return LocalQuestion(f"folder {folder}", lambda: _folder(folder))


def _versions() -> dict[str, str | None]:
    """Start all tools at once, then hear what each says; a tool that did not change is not run."""
    with _lock:
        files = {name: _file(words[0]) for name, words in TOOLS.items()}
        started = {
            name: _start(TOOLS[name]) for name, file in files.items() if file and file not in _heard
        }
        deadline = time.monotonic() + _SECONDS
        for name, process in started.items():
            said = _said(process, deadline) if process else ""
            if said:
                _heard[files[name]] = said
    return {name: _heard.get(file, "") if file else None for name, file in files.items()}


def _file(name: str) -> ToolFile | None:
    path = shutil.which(name)
    if path is None:
        return None
    found = Path(path).stat()
    return (path, found.st_mtime_ns, found.st_size)


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
    return said.strip().partition("\n")[0][:_LENGTH] if process.returncode == 0 else ""


def _set(name: str) -> dict[str, str] | None:
    value = os.environ.get(name)
    return {"value": value[:_LENGTH]} if value else None


def _folder(name: str) -> dict[str, str] | None:
    here = Path.cwd()
    below = [child for child in here.iterdir() if child.is_dir()]
    for place in (here, *here.parents, *below):
        if place.name == name or (place / name).is_dir():
            return {"folder": name}
    return None
