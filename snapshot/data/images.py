"""Tasks that read container images: manifests to the byte, and each layer once for all images.

A vault names its blobs by SHA-256, and so do registries: what the vault has is not read again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from relab.clouds.oci import Descriptor, Malformed, Manifest
from relab.clouds.outcome import Outcome, Reply, outcome_of
from relab.clouds.registry_http import Unanswered
from relab.resources.item import Item, digest
from relab.resources.paging import gathered
from relab.resources.shapes import jsonable
from snapshot.collect.states import OF_OUTCOME
from snapshot.collect.work import Forecast, Found, Rank, Task
from snapshot.collect.world import World
from snapshot.vault.model import Coverage, Covered, Entry
from snapshot.vault.store import Blob

SERVICE = "ecr"
IMAGES = "ecr.image"
MANIFEST = "manifest"
_SIGNED = "application/vnd.docker.distribution.manifest.v1"
_AT_ONCE = 16
_SHAPE = 1  # of what an entry holds: another number reads everything anew
_PAGE = 1000
_MEMBERS = ("config", "layers", "blobs", "manifests", "subject", "artifactType", "annotations")
_NOT_OBSERVED = frozenset({"registryId", "repositoryName", "imageDigest", "imageTags"})
# One reader a layer, however many images share it; two layers that fall on one lock only wait.
_LOCKS = tuple(Lock() for _ in range(256))


@dataclass(frozen=True, slots=True)
class Row:
    """An image as ECR lists it: `tags` are sorted, `size` is in bytes, 0 when it is not told."""

    digest: str
    tags: tuple[str, ...]
    media_type: str = ""
    size: int = 0
    observed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> tuple[str, tuple[str, ...]]:
        """What of it can change nothing unseen: its digest and its tags."""
        return self.digest, self.tags


@dataclass(frozen=True, slots=True)
class ListImages(Task):
    """List the images of `repository`; show the reading of them."""

    repository: str

    @property
    def unit(self) -> str:
        """Return the unit that tells what could not be listed, or that there is nothing."""
        return f"{IMAGES}/{self.repository}"

    @property
    def rank(self) -> Rank:
        """Return that it finds more work."""
        return Rank.LIST

    def run(self, world: World) -> Found:
        """List them."""
        place = Place.of(world, self.repository)
        reply = _listing(world, self.repository)
        if not reply.ok:
            return Found(coverage=(_unlisted(place, reply),))
        rows = _rows(reply)
        again = ListImagesAgain(self.repository, tuple(row.name for row in rows))
        empty = () if rows else (place.line(Covered.EMPTY, 0, self.repository),)
        return Found(coverage=empty, then=tuple(_chunks(place, rows)), late=(again,))


@dataclass(frozen=True, slots=True)
class ReadImages(Task):
    """Read the images `rows` of a repository with all that they name."""

    place: "Place"
    rows: tuple[Row, ...]

    @property
    def unit(self) -> str:
        """Return a name that holds which images these are, by digest and tags."""
        whole = [_SHAPE, self.place.written, [row.name for row in self.rows]]
        return f"{IMAGES}/{self.place.repository}/{digest(whole)}"

    @property
    def rank(self) -> Rank:
        """Return that it reads data."""
        return Rank.DATA

    @property
    def settled(self) -> bool:
        """Return that equal digests are equal bytes."""
        return True

    def forecast(self, world: World) -> tuple[Forecast, ...]:
        """Return how many there are, and their bytes as far as ECR tells."""
        size = sum(row.size for row in self.rows)
        return (Forecast(SERVICE, IMAGES, self.place.tenant, len(self.rows), size),)

    def run(self, world: World) -> Found:
        """Read them."""
        reading = Reading(world, self.place, frozenset(row.digest for row in self.rows))
        entries = [entry for row in self.rows for entry in reading.entries(row)]
        captured = [self.place.line(Covered.CAPTURED, len(entries))] if entries else []
        return Found(tuple(entries), (*captured, *reading.lines), size=reading.size)


@dataclass(frozen=True, slots=True)
class ListImagesAgain(Task):
    """List a repository once more: what changed while the save ran is written down."""

    repository: str
    before: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def unit(self) -> str:
        """Return the unit that holds what has changed."""
        return f"again/{IMAGES}/{self.repository}"

    @property
    def repeated(self) -> bool:
        """Return that every try looks again."""
        return True

    def run(self, world: World) -> Found:
        """Compare."""
        place = Place.of(world, self.repository)
        reply = _listing(world, self.repository)
        if not reply.ok:
            return Found(coverage=(_unlisted(place, reply),))
        now, before = dict(row.name for row in _rows(reply)), dict(self.before)
        lines = [
            place.line(Covered.CHANGED, 1, f"{self.repository}@{image} {what}")
            for image in sorted(now.keys() | before.keys())
            if (what := _change(before.get(image), now.get(image)))
        ]
        return Found(coverage=tuple(lines))


@dataclass(frozen=True, slots=True)
class Place:
    """Where images are, and whose they are; `account` has 12 digits."""

    repository: str
    account: str
    region: str
    tenant: str

    @classmethod
    def of(cls, world: World, repository: str) -> "Place":
        """Return the place of `repository`."""
        tenant = world.tenant_of(repository)
        return cls(repository, world.account, world.target.region, tenant)

    @property
    def written(self) -> list[str]:
        """All of it, as JSON."""
        return [self.repository, self.account, self.region, self.tenant]

    @property
    def uri(self) -> str:
        """The address by which others name the repository, as ECR makes it."""
        end = ".cn" if self.region.startswith("cn-") else ""
        return f"{self.account}.dkr.ecr.{self.region}.amazonaws.com{end}/{self.repository}"

    def line(self, state: Covered, count: int, detail: str = "") -> Coverage:
        """Return a line of the ledger."""
        return Coverage(SERVICE, IMAGES, self.region, self.tenant, state, count, detail)


class Reading:
    """Reads images of one place; `lines` and `size` (bytes read) grow."""

    def __init__(self, world: World, place: Place, listed: frozenset[str]) -> None:
        self.lines: list[Coverage] = []
        self.size = 0
        self._world = world
        self._place = place
        self._listed = listed

    def entries(self, row: Row) -> Iterator[Entry]:
        """Yield the entry of an image; of what it lacks, lines of the ledger tell."""
        what = f"{self._place.repository}@{row.digest}"
        try:
            manifest = self._manifest(row)
            blobs = {MANIFEST: self._world.store.put([manifest.raw])}
            self.size += len(manifest.raw)
            for part in manifest.blobs:
                blobs |= self._part(what, part)
            self._look_for_children(what, manifest)
            item = _item(self._place, row, manifest)
        except Unanswered as error:
            gone = error.outcome is Outcome.MISSING
            state = Covered.CHANGED if gone else OF_OUTCOME.get(error.outcome, Covered.FAILED)
            self._tell(state, what, str(error))
        except Malformed as error:
            self._tell(Covered.UNSUPPORTED, what, str(error))
        else:
            yield self._world.sealer.entry(item, blobs)

    def _manifest(self, row: Row) -> Manifest:
        if row.media_type.startswith(_SIGNED):
            raise Malformed("schema 1 is signed: its digest is not that of its bytes")
        return self._world.registry.manifest(self._place.repository, row.digest)

    def _part(self, what: str, part: Descriptor) -> dict[str, Blob]:
        try:
            return {part.digest: self._kept(part)}
        except Unanswered as error:
            if error.outcome is Outcome.MISSING and part.foreign:
                self._tell(Covered.UNSUPPORTED, what, f"{part.digest} lies elsewhere", 0)
            else:
                state = OF_OUTCOME.get(error.outcome, Covered.FAILED)
                self._tell(state, what, f"lacks {part.digest}: {error}")
        return {}

    def _kept(self, part: Descriptor) -> Blob:
        algorithm, _, number = part.digest.partition(":")
        with _LOCKS[int(number[:2], 16)]:
            if algorithm == "sha256" and self._world.store.size(number) == part.size:
                return Blob(number, part.size)
            blob = self._world.store.put(self._world.registry.blob(self._place.repository, part))
        self.size += blob.size
        return blob

    def _look_for_children(self, what: str, manifest: Manifest) -> None:
        """Tell of images that an index names and the repository does not have."""
        for child in manifest.children:
            if child.digest in self._listed:
                continue
            if self._world.registry.find_manifest(self._place.repository, child.digest) is None:
                self._tell(Covered.FAILED, what, f"lacks the image {child.digest}")

    def _tell(self, state: Covered, what: str, why: str, count: int = 1) -> None:
        self.lines.append(self._place.line(state, count, f"{what}: {why}"))


def _listing(world: World, repository: str) -> Reply:
    def ask(operation: str, params: Mapping[str, Any]) -> Reply:
        return world.aws.call(world.target, SERVICE, operation, params)

    params = {"repositoryName": repository, "maxResults": _PAGE}
    return gathered(ask, SERVICE, "DescribeImages", params)


def _rows(reply: Reply) -> list[Row]:
    """Return the images of a listing, by digest."""
    rows = [_row(detail) for detail in jsonable(reply.body)["imageDetails"]]
    return sorted(rows, key=lambda row: row.digest)


def _row(detail: Mapping[str, Any]) -> Row:
    return Row(
        digest=detail["imageDigest"],
        tags=tuple(sorted(detail.get("imageTags", ()))),
        media_type=detail.get("imageManifestMediaType", ""),
        size=detail.get("imageSizeInBytes", 0),
        observed={key: value for key, value in detail.items() if key not in _NOT_OBSERVED},
    )


def _chunks(place: Place, rows: list[Row]) -> Iterator[ReadImages]:
    """Yield tasks that an added or removed image changes as few as possible of."""
    width = 0
    while len(rows) > _AT_ONCE * 16**width:
        width += 1
    chunks: dict[str, list[Row]] = {}
    for row in rows:
        chunks.setdefault(row.digest.partition(":")[2][:width], []).append(row)
    return (ReadImages(place, tuple(chunk)) for chunk in chunks.values())


def _item(place: Place, row: Row, manifest: Manifest) -> Item:
    names = (f"{place.uri}@{row.digest}", *(f"{place.uri}:{tag}" for tag in row.tags))
    named = {key: manifest.document[key] for key in _MEMBERS if key in manifest.document}
    return Item(
        provider="aws",
        type=IMAGES,
        region=place.region,
        key=f"{place.repository}@{row.digest}",
        tenant=place.tenant,
        document={
            "repository": place.repository,
            "digest": row.digest,
            "mediaType": row.media_type or manifest.media_type,
            "tags": list(row.tags),
            **named,
        },
        observed=row.observed,
        identifiers=names,
    )


def _unlisted(place: Place, reply: Reply) -> Coverage:
    outcome = outcome_of("aws", reply.status)
    gone = outcome is Outcome.MISSING
    state = Covered.CHANGED if gone else OF_OUTCOME.get(outcome, Covered.FAILED)
    detail = f"{place.repository}: DescribeImages: {reply.status}: {reply.detail}"
    return place.line(state, 1, detail)


def _change(before: tuple[str, ...] | None, now: tuple[str, ...] | None) -> str:
    if before is None:
        return "came while the save ran"
    if now is None:
        return "went while the save ran"
    return "" if before == now else "changed its tags while the save ran"
