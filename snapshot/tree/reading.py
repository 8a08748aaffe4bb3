"""An exported tree as it is read: manifest, units, entries; each is checked before it is used."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from relab.errors import UsageError
from relab.text import safe
from snapshot.tree import text
from snapshot.tree.disk import MANIFEST, UNFINISHED, UNITS, Input, inside
from snapshot.tree.names import ITEMS, MANY, ONE
from snapshot.tree.shape import Manifest, UnitShape, entry_of, manifest_of, valid
from snapshot.tree.text import wrong
from snapshot.vault.model import Entry


class Tree:
    """An exported tree: its manifest is known, all else is read when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.input = Input(folder)
        try:
            self.manifest: Manifest = self._manifest()
        except BaseException:
            self.input.close()
            raise

    def _manifest(self) -> Manifest:
        where = self.input.place(MANIFEST)
        if self.input.has(UNFINISHED) or not self.input.has(MANIFEST):
            what = "the export did not finish" if self.input.has(UNFINISHED) else "no export"
            raise UsageError(what, where=self.input.where, fix="relab snapshot export NAME DIR")
        return manifest_of(text.load(self.input.read(MANIFEST), where), where)

    def units(self) -> list[UnitShape]:
        """Return all units; RelabError when they are not those that were exported."""
        where = self.input.place(UNITS)
        data = self.input.read(UNITS)
        if hashlib.sha256(data).hexdigest() != self.manifest.units.sha256:
            raise wrong("was changed since the export", where)
        found = [valid(UnitShape, value, place) for place, value in text.lines(data, where)]
        if {len(found), len({unit.name for unit in found})} != {self.manifest.units.count}:
            raise wrong("has not the units that were exported", where)
        for name in (name for unit in found for name in unit.files):
            if not inside(name) or not name.startswith(f"{ITEMS}/"):
                raise wrong(f"'{safe(name)}' is no path inside the export", where)
        return found

    def entries(self, name: str, data: bytes) -> Iterator[Entry]:
        """Yield the entries of file `name`; RelabError with file and member where it is wrong."""
        where = self.input.place(name)
        if name.endswith(MANY):
            for place, value in text.lines(data, where):
                yield entry_of(value, place)
        elif name.endswith(ONE):
            yield entry_of(text.load(data, where), where)
        else:
            raise wrong("is not from an export", where)
