"""The versions of the lab's command line tools, each heard once for as long as its file stays.

`aws --version` alone takes longer than all of a cloud's answers: `hear_early` begins before all
else is loaded, which is why this module needs the standard library only.
"""

import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

TOOLS: Mapping[str, tuple[str, ...]] = {
    "aws": ("aws", "--version"),
    "kubectl": ("kubectl", "version", "--client"),
    "git": ("git", "--version"),
}
LENGTH = 80
_SECONDS = 10.0
ToolFile = tuple[str, int, int]
_lock = threading.Lock()
_heard: dict[ToolFile | None, str] = {}


def hear_early() -> None:
    """Begin to ask the tools in the background."""
    threading.Thread(target=versions, daemon=True).start()


def versions() -> dict[str, str | None]:
    """Return what each tool says of itself: None when it is not installed, empty when broken.

    All start at once; a tool whose file did not change is not run again.
    """
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
    return said.strip().partition("\n")[0][:LENGTH] if process.returncode == 0 else ""
