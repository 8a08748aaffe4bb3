"""Read a folder that `exporting` wrote back into a vault, to the same content hash.

Every byte is compared with the digest that the export wrote down before it is parsed: manifest ->
list of units -> files -> blobs. A tree that was edited is taken only when that is asked for, and
what differs is told and stands in the snapshot's ledger, which makes it partial.
"""

import hashlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from relab.errors import NoKey, RelabError, UsageError
from relab.events import Progress
from relab.text import safe
from snapshot.tree.disk import UNITS, Missing
from snapshot.tree.names import ITEMS
from snapshot.tree.reading import Tree
from snapshot.tree.shape import Manifest, UnitShape, coverage_of
from snapshot.tree.text import wrong
from snapshot.vault.keys import Key
from snapshot.vault.model import Box, Coverage, Covered, Entry, State, content_hash
from snapshot.vault.seal import genuine
from snapshot.vault.store import Blob
from snapshot.vault.vault import Vault
from snapshot.vault.writer import Saving, Unit

_EDITED_UNIT = "import/edited"


@dataclass(frozen=True, slots=True)
class Edits:
    """Files that differ from what was exported, by path."""

    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Return how many files they are."""
        return len(self.changed) + len(self.added) + len(self.removed)


@dataclass(frozen=True, slots=True)
class Imported:
    """What came into the vault; `content` is its hash and `exported` that of the export.

    `unchecked` sealed values could not be opened: no key is at hand, or another's is needed.
    """

    state: State
    items: int
    blobs: int
    blob_bytes: int
    content: str
    exported: str
    edits: Edits
    unchecked: int


@dataclass(slots=True)
class _Found:
    """What was met so far, and the edits that were allowed."""

    edited: bool
    contents: list[str] = field(default_factory=list)
    blobs: dict[str, int] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    boxes: dict[str, bool] = field(default_factory=dict)


def read_tree(
    vault: Vault, folder: Path, name: str, *, edited: bool = False, resume: bool = False
) -> Generator[Progress, None, Imported]:
    """Import the tree in `folder` as snapshot `name`, all of it or nothing.

    UsageError when there is no finished export or the name is taken; RelabError, with the file,
    when the tree is not what was exported and `edited` does not allow that. `resume` goes on after
    an import that was killed.
    """
    tree = Tree(folder)
    with closing(tree.input):
        units = tree.units()
        found = _Found(edited)
        extra = _extra(tree, units, found)
        with _whole_or_nothing(vault, tree, units, (name, resume)) as saving:
            yield from _all(_Way(tree, vault, saving, found), units, extra)
            edits = Edits(tuple(found.changed), extra, tuple(found.removed))
            state = _finish(tree, saving, found, edits)
    content = vault.reader().snapshot(name).content
    return Imported(
        state=state,
        items=len(found.contents),
        blobs=len(found.blobs),
        blob_bytes=sum(found.blobs.values()),
        content=content,
        exported=tree.manifest.content,
        edits=edits,
        unchecked=sum(not checked for checked in found.boxes.values()),
    )


@contextmanager
def _whole_or_nothing(
    vault: Vault, tree: Tree, units: list[UnitShape], how: tuple[str, bool]
) -> Iterator[Saving]:
    """Begin or go on with the save, and take it back when the block raises."""
    name, resume = how
    scope, cohort = tree.manifest.scope, tree.manifest.cohort
    ours = False
    try:
        with vault.saving(name, scope, cohort=cohort, resume=resume) as saving:
            _refuse_others(saving, units, name)
            ours = True
            yield saving
    except BaseException:
        if ours:
            with suppress(RelabError):
                vault.discard(name)
        raise


def _extra(tree: Tree, units: list[UnitShape], found: _Found) -> tuple[str, ...]:
    """Return the files that no unit names; RelabError unless edits are allowed."""
    known = {name for unit in units for name in unit.files}
    extra = tuple(name for name in tree.input.files(ITEMS) if name not in known)
    if extra and not found.edited:
        raise _edit("is not from the export", tree.input.place(extra[0]))
    return extra


def _edit(what: str, where: str) -> RelabError:
    fix = "export it again, or take the tree as it is with --edited"
    return RelabError(what, where=where, fix=fix)


def _refuse_others(saving: Saving, units: list[UnitShape], name: str) -> None:
    """Refuse to go on with a save that was not an import of this tree."""
    if saving.finished - {unit.name for unit in units} - {_EDITED_UNIT}:
        fix = "choose another name"
        raise UsageError(f"the unfinished save {safe(name)} is no import of this export", fix=fix)


@dataclass(frozen=True)
class _Way:
    """From where to where, and what was met on it."""

    tree: Tree
    vault: Vault
    saving: Saving
    found: _Found

    def listed(self, name: str, digest: str, unit: Unit) -> None:
        """Take a file of the export, if it is still what it was or may be edited."""
        place = self.tree.input.place(name)
        try:
            data = self.tree.input.read(name)
        except Missing as error:
            if not self.found.edited:
                raise _edit("is missing", place) from error
            self.found.removed.append(name)
            return
        if hashlib.sha256(data).hexdigest() != digest:
            if not self.found.edited:
                raise _edit("was changed since the export", place)
            self.found.changed.append(name)
        self.take(name, data, unit)

    def take(self, name: str, data: bytes, unit: Unit) -> None:
        """Put the entries of a file into the vault, after their data."""
        for entry in self.tree.entries(name, data):
            for blob in entry.blobs.values():
                self._blob(blob)
            for pointer, box in entry.sealed.items():
                self._box(box, f"{self.tree.input.place(name)}: sealed {safe(pointer)}")
            self._count(entry, name)
            unit.keep(entry)

    def _count(self, entry: Entry, name: str) -> None:
        self.found.contents.append(entry.content)
        if self.found.edited:  # only who edits can make twins, and it takes memory to see them
            identity = entry.item.identity
            if identity in self.found.seen:
                raise wrong(f"{safe(identity)} stands in two files", self.tree.input.place(name))
            self.found.seen.add(identity)

    def _blob(self, blob: Blob) -> None:
        known = self.found.blobs
        if blob.digest not in known:
            known[blob.digest] = self.saving.put_blob(self._bytes(blob.digest)).size
        if known[blob.digest] != blob.size:
            raise wrong(f"blob {blob.digest} has another size", self.tree.input.where)

    def _box(self, box: Box, where: str) -> None:
        """Refuse a box with a false fingerprint, which would stand for the true value for ever."""
        boxes = self.found.boxes
        if box.fingerprint in boxes:
            return
        boxes[box.fingerprint] = False
        if self._key is None:
            return
        with suppress(NoKey):
            if not genuine(box, self._key):
                raise wrong("does not hold what its fingerprint says", where)
            boxes[box.fingerprint] = True

    @cached_property
    def _key(self) -> Key | None:
        try:
            return self.vault.key
        except NoKey:
            return None

    def _bytes(self, digest: str) -> Iterator[bytes]:
        """Yield a blob of the tree; of the vault when the export was made without data."""
        if self.tree.manifest.data:
            yield from self.tree.input.blob(digest)
            return
        try:
            yield from self.vault.blob(digest)
        except RelabError as error:
            what = f"was exported without data, and blob {digest} is not in the vault"
            where = self.tree.input.where
            raise RelabError(what, where=where, fix="export it with data") from error


def _all(way: _Way, units: list[UnitShape], extra: tuple[str, ...]) -> Iterator[Progress]:
    found, manifest = way.found, way.tree.manifest
    for shape in units:
        with way.saving.unit(shape.name) as unit:
            for name, digest in shape.files.items():
                way.listed(name, digest, unit)
            for line in shape.coverage:
                unit.cover(coverage_of(line, way.tree.input.place(UNITS)))
        yield Progress("items", len(found.contents), max(manifest.items, len(found.contents)))
    edits = len(extra) + len(found.changed) + len(found.removed)
    if edits:
        with way.saving.unit(_EDITED_UNIT) as unit:
            for name in extra:
                way.take(name, way.tree.input.read(name), unit)
            unit.cover(_told(manifest, edits))


def _told(manifest: Manifest, files: int) -> Coverage:
    detail = f"files edited after the export of {manifest.name}, whose content was "
    return Coverage("relab", "export", "", "", Covered.CHANGED, files, detail + manifest.content)


def _finish(tree: Tree, saving: Saving, found: _Found, edits: Edits) -> State:
    if not edits.count and content_hash(sorted(found.contents)) != tree.manifest.content:
        raise wrong("the items are not those that were exported", tree.input.where)
    return saving.finish(partial=tree.manifest.state == State.PARTIAL)
