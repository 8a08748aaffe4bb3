"""Paths for items: readable where the key allows it, safe on every file system always.

A path is made of ASCII words only. A key that is anything else, or that a case-insensitive file
system would take for another, gets a short digest after `~`, which no plain name contains. The true
names stand inside the files.
"""

import hashlib
import re

from relab.resources.item import Item

ITEMS = "items"
ONE = ".yaml"
MANY = ".jsonl"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}(?<!\.)")
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_OTHER = re.compile(r"[^A-Za-z0-9._-]+")
_DEEPEST = 4


class Names:
    """Gives each item of one export a path of its own; equal in every export of a snapshot."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def one(self, item: Item) -> str:
        """Return the path of a file with one item."""
        folder = _folder(item)
        wish = _steps(item.key, item.identity)
        path = self._free("/".join([*folder, *wish]) + ONE)
        return path or self._certain(folder, item.identity, item.key, ONE)

    def many(self, item: Item, unit: str, number: int) -> str:
        """Return the path of the `number`-th file with items of one unit, tenant and type."""
        folder = _folder(item)
        ending = f"-{number:04}{MANY}"
        path = self._free("/".join([*folder, _marked(unit, unit)]) + ending)
        return path or self._certain(folder, unit, unit, ending)

    def _free(self, path: str) -> str:
        if path.lower() in self._taken:
            return ""
        self._taken.add(path.lower())
        return path

    def _certain(self, folder: list[str], whole: str, name: str, ending: str) -> str:
        path = "/".join([*folder, f"{_slug(name)}~{_digest(whole)}"]) + ending
        self._taken.add(path.lower())
        return path


def _folder(item: Item) -> list[str]:
    parts = (item.tenant or "shared", item.provider, item.type)
    return [ITEMS, *(step for part in parts for step in _steps(part, part))]


def _steps(name: str, whole: str) -> list[str]:
    """Return `name` as it is, a step for each of its parts, or marked by the digest of `whole`."""
    steps = name.split("/")
    plain = len(steps) <= _DEEPEST and all(map(_plain, steps))
    return steps if plain else [_marked(name, whole)]


def _plain(step: str) -> bool:
    """Tell whether `step` can stand in a path as it is."""
    ending = step.lower().endswith((ONE, MANY))
    return bool(_PLAIN.fullmatch(step)) and not _DEVICE.fullmatch(step) and not ending


def _marked(name: str, whole: str) -> str:
    return f"{_slug(name)}~{_digest(whole)[:12]}"


def _slug(name: str) -> str:
    slug = _OTHER.sub("_", name)[:60].strip("._-")
    return "item" if not slug or _DEVICE.fullmatch(slug) else slug


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
