"""Questions to this machine: tools on PATH, the user's number, the cloned repository."""

import os
from pathlib import Path

from relab.checks.question import LocalQuestion
from relab.checks.tools import LENGTH, TOOLS, versions


def tools() -> LocalQuestion:
    """Ask for the version of each of `TOOLS`: None when it is not installed, empty when broken."""
    return LocalQuestion("; ".join(" ".join(words) for words in TOOLS.values()), versions)


def variable(name: str) -> LocalQuestion:
    """Ask for an environment variable."""
    return LocalQuestion(f"${name}", lambda: _set(name))


def cloned(folder: str) -> LocalQuestion:
    """Ask for a folder named `folder` here, above, or one level below."""
    return LocalQuestion(f"folder {folder}", lambda: _folder(folder))


def _set(name: str) -> dict[str, str] | None:
    value = os.environ.get(name)
    return {"value": value[:LENGTH]} if value else None


def _folder(name: str) -> dict[str, str] | None:
    here = Path.cwd()
    below = [child for child in here.iterdir() if child.is_dir()]
    for place in (here, *here.parents, *below):
        if place.name == name or (place / name).is_dir():
            return {"folder": name}
    return None
