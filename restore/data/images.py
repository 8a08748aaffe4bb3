"""The images of a repository: layers first, then manifests by digest, then tags.

What the registry has is not sent; a layer that this restore brought elsewhere is only linked.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import TypeVar
from weakref import WeakKeyDictionary

from relab.clouds.oci import Descriptor, Malformed, Manifest
from relab.clouds.registry import Registry
from relab.clouds.registry_http import Unanswered
from restore.vessel import Poured, Vessel
from snapshot.data.images import MANIFEST
from snapshot.vault.model import Entry

_AT_ONCE = 4
T = TypeVar("T")


def pour(vessel: Vessel) -> Poured:
    """Put the images of a repository back; what could not be is told by its key."""
    task = _Pour(vessel, _linking(vessel.world.registry))
    task.run()
    return Poured(task.made, tuple(task.failed))


@dataclass(slots=True)
class Linking:
    """Where in a registry layers are that this process has sent; shared by all repositories.

    A registry that once links no layer is not asked to again.
    """

    homes: dict[str, str] = field(default_factory=dict)
    works: bool = True

    def linked(self, registry: Registry, repository: str, digest: str) -> bool:
        """Link a layer into `repository` if that can be done."""
        home = self.homes.get(digest)
        if not self.works or home is None or home == repository:
            return False
        try:
            self.works = registry.mount(repository, digest, home)
        except Unanswered:
            self.works = False
        return self.works


_LINKING: "WeakKeyDictionary[Registry, Linking]" = WeakKeyDictionary()
_LOCK = threading.Lock()


def _linking(registry: Registry) -> Linking:
    with _LOCK:
        return _LINKING.setdefault(registry, Linking())


@dataclass(frozen=True, slots=True)
class _Image:
    """A saved image: its entry and its manifest, held against its digest."""

    entry: Entry
    manifest: Manifest

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(self.entry.item.document.get("tags", ()))


@dataclass(slots=True)
class _Pour:
    """What has been done with one repository so far."""

    vessel: Vessel
    linking: Linking
    made: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    bad: set[str] = field(default_factory=set)

    @property
    def registry(self) -> Registry:
        return self.vessel.world.registry

    def run(self) -> None:
        """Put what lacks, in the order in which things name each other."""
        images = {image.manifest.digest: image for image in self._images()}
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="images") as pool:
            lacking = self._each(pool, images.values(), self._lacks)
            wanted = [image for image, lacks in lacking if lacks]
            self._layers(pool, wanted)
            for image in _in_order(images, wanted):
                self._tried(self._manifest, image)
            self._tags(pool, images.values())

    def _images(self) -> Iterator[_Image]:
        for entry in self.vessel.entries():
            document, raw = entry.item.document, entry.blobs[MANIFEST]
            manifest = Manifest(document["mediaType"], b"".join(self.vessel.blob(raw.digest)))
            image = _Image(entry, manifest)
            if wrong := _wrong(image):
                self._fail(image, wrong)
            else:
                yield image

    def _lacks(self, image: _Image) -> bool:
        digest = image.manifest.digest
        return self.registry.find_manifest(self.vessel.key, digest) != digest

    def _layers(self, pool: ThreadPoolExecutor, images: list[_Image]) -> None:
        """Send each layer once, however many images have it."""
        needs: dict[Descriptor, list[_Image]] = {}
        for image in images:
            for part in image.manifest.blobs:
                needs.setdefault(part, []).append(image)

        def send(part: Descriptor) -> int | Unanswered:
            try:
                return self._layer(part, needs[part])
            except Unanswered as error:
                return error

        for part, came in zip(needs, pool.map(send, needs), strict=True):
            if isinstance(came, int):
                self.made += came
                continue
            for image in needs[part]:
                self._fail(image, f"lacks {part.digest}: {came}")

    def _layer(self, part: Descriptor, images: list[_Image]) -> int:
        """Send a layer; return how many calls did. A foreign one may stay where it is."""
        repository, digest = self.vessel.key, part.digest
        if self.registry.has_blob(repository, digest):
            self.linking.homes[digest] = repository
            return 0
        saved = next((one.entry.blobs[digest] for one in images if digest in one.entry.blobs), None)
        if saved is None:
            if not part.foreign:
                for image in images:
                    self._fail(image, f"lacks {digest}, which was not saved")
            return 0
        if not self.linking.linked(self.registry, repository, digest):
            self.registry.put_blob(repository, part, lambda: self.vessel.blob(saved.digest))
        self.linking.homes[digest] = repository
        return 1

    def _manifest(self, image: _Image) -> int:
        """Put an image by its digest, and see that the registry has it as that."""
        digest = image.manifest.digest
        lacks = [child.digest for child in image.manifest.children if child.digest in self.bad]
        if lacks:
            self._fail(image, f"lacks the image {lacks[0]}")
            return 0
        self.registry.put_manifest(self.vessel.key, digest, image.manifest)
        if self._lacks(image):
            self._fail(image, "the registry does not have it after it took it")
            return 0
        return 1

    def _tags(self, pool: ThreadPoolExecutor, images: Iterable[_Image]) -> None:
        good = [image for image in images if image.manifest.digest not in self.bad]
        for _, made in self._each(pool, good, self._tag):
            self.made += made

    def _tag(self, image: _Image) -> int:
        made = 0
        for tag in image.tags:
            if self.registry.find_manifest(self.vessel.key, tag) != image.manifest.digest:
                self.registry.put_manifest(self.vessel.key, tag, image.manifest)
                made += 1
        return made

    def _each(
        self, pool: ThreadPoolExecutor, images: Iterable[_Image], work: Callable[[_Image], T]
    ) -> list[tuple[_Image, T]]:
        """Do `work` with all `images`; those with which it can be done are returned."""

        def tried(image: _Image) -> tuple[_Image, T] | None:
            try:
                return image, work(image)
            except Unanswered as error:
                self._fail(image, str(error))
                return None

        return [found for found in pool.map(tried, list(images)) if found is not None]

    def _tried(self, work: Callable[[_Image], int], image: _Image) -> None:
        if image.manifest.digest in self.bad:
            return
        try:
            self.made += work(image)
        except Unanswered as error:
            self._fail(image, str(error))

    def _fail(self, image: _Image, why: str) -> None:
        if image.manifest.digest not in self.bad:
            self.bad.add(image.manifest.digest)
            self.failed.append((image.entry.item.key, why))


def _wrong(image: _Image) -> str:
    """Return why a manifest is not the saved image's; empty when it is."""
    digest = image.manifest.digest
    if digest != image.entry.item.document["digest"]:
        return f"its manifest has the digest {digest}"
    try:
        _ = (image.manifest.blobs, image.manifest.children)
    except Malformed as error:
        return str(error)
    return ""


def _in_order(images: Mapping[str, _Image], wanted: Iterable[_Image]) -> list[_Image]:
    """Return `wanted` with what an index names before the index."""
    digests = {image.manifest.digest for image in wanted}
    named = {
        digest: {child.digest for child in images[digest].manifest.children} & digests
        for digest in digests
    }
    return [images[digest] for digest in TopologicalSorter(named).static_order()]
