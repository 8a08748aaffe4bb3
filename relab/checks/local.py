"""Questions to this machine: tools on PATH, the user's number, the cloned repository."""

import os
import shutil
import subprocess
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


def tool(name: str) -> LocalQuestion:
    """Ask for the version of a tool of `TOOLS`."""
    command = TOOLS[name]
    return LocalQuestion(" ".join(command), lambda: _version(command))


def variable(name: str) -> LocalQuestion:
    """Ask for an environment variable."""
    return LocalQuestion(f"${name}", lambda: _set(name))


def cloned(folder: str) -> LocalQuestion:
    """Ask for a folder named `folder` here, above, or one level below."""
    return LocalQuestion(f"folder {folder}", lambda: _folder(folder))


def _version(command: tuple[str, ...]) -> dict[str, str] | None:
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return {"version": ""}
    said = (done.stdout or done.stderr).strip()
    return {"version": said.partition("\n")[0][:_LENGTH] if done.returncode == 0 else ""}


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
