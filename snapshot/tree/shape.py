"""How an entry, a unit of work and the manifest stand in files, and what is accepted of them."""

import base64
import hashlib
import textwrap
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from relab.errors import RelabError
from relab.resources import pointers
from relab.resources.item import Item, canonical
from relab.text import safe
from snapshot.tree.text import wrong
from snapshot.vault.model import Box, Coverage, Covered, Entry, State
from snapshot.vault.seal import TOKEN
from snapshot.vault.store import Blob

FORMAT = 1
_BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----"
_END = "-----END AGE ENCRYPTED FILE-----"
_COLUMNS = 64

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Model = TypeVar("Model", bound="Strict")


class Strict(BaseModel):
    """A mapping with exactly these members, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class BlobShape(Strict):
    """Data of an item: `size` in bytes."""

    digest: Digest
    size: int = Field(ge=0)


class BoxShape(Strict):
    """A sealed value: age's armoured text."""

    fingerprint: Digest
    box: str


class ItemShape(Strict):
    """An item as a file or a line has it."""

    provider: str
    type: str
    region: str
    key: str
    tenant: str
    owner: str
    identifiers: list[str]
    document: Any
    observed: Any
    blobs: dict[str, BlobShape] = {}
    sealed: dict[str, BoxShape] = {}


class CoverageShape(Strict):
    """A line of the ledger."""

    service: str
    type: str
    region: str
    tenant: str
    state: str
    count: int
    detail: str


class UnitShape(Strict):
    """A unit of work: its part of the ledger, and the SHA-256 of each file with its items."""

    name: str
    coverage: list[CoverageShape]
    files: dict[str, Digest]


class Units(Strict):
    """How many units there are, and the SHA-256 of the file that lists them."""

    count: int
    sha256: Digest


class Manifest(Strict):
    """What the whole tree is; `digest` is the SHA-256 of the canonical form of all the rest."""

    format: int
    relab: str
    name: str
    state: str
    scope: Any
    cohort: str
    started_at: str
    finished_at: str
    items: int
    content: Digest
    data: bool
    coverage: dict[str, int]
    units: Units
    digest: Digest


def written(entry: Entry) -> dict[str, Any]:
    """Return `entry` as a file or a line has it."""
    item = entry.item
    fields: dict[str, Any] = {
        "provider": item.provider,
        "type": item.type,
        "region": item.region,
        "key": item.key,
        "tenant": item.tenant,
        "owner": item.owner,
        "identifiers": sorted(item.identifiers),
        "document": item.document,
        "observed": item.observed,
    }
    if entry.blobs:
        fields["blobs"] = {name: _blob(entry.blobs[name]) for name in sorted(entry.blobs)}
    if entry.sealed:
        fields["sealed"] = {
            pointer: _box(entry.sealed[pointer]) for pointer in sorted(entry.sealed)
        }
    return fields


def _blob(blob: Blob) -> dict[str, Any]:
    return {"digest": blob.digest, "size": blob.size}


def _box(box: Box) -> dict[str, str]:
    return {"fingerprint": box.fingerprint, "box": armour(box.data)}


def armour(data: bytes) -> str:
    """Return age's text form of a box, which `age -d` opens."""
    body = textwrap.wrap(base64.b64encode(data).decode(), _COLUMNS)
    return "".join(f"{line}\n" for line in (_BEGIN, *body, _END))


def entry_of(value: Any, where: str) -> Entry:
    """Return the entry that `written` made `value` from; RelabError with the member otherwise."""
    shape = valid(ItemShape, value, where)
    entry = Entry(
        Item(
            provider=shape.provider,
            type=shape.type,
            region=shape.region,
            key=shape.key,
            document=_object(shape.document, "document", where),
            observed=_object(shape.observed, "observed", where),
            tenant=shape.tenant,
            owner=shape.owner,
            identifiers=tuple(shape.identifiers),
        ),
        {name: Blob(blob.digest, blob.size) for name, blob in shape.blobs.items()},
        {pointer: _opened(box, pointer, where) for pointer, box in shape.sealed.items()},
    )
    for pointer, box in entry.sealed.items():
        _stands(entry.item, pointer, box, where)
    return entry


def _object(value: Any, member: str, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise wrong(f"{member}: not a mapping", where)
    try:
        canonical(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise wrong(f"{member}: {error}", where) from error
    return value


def _opened(shape: BoxShape, pointer: str, where: str) -> Box:
    first, *body, last = shape.box.splitlines() or [""]
    try:
        data = base64.b64decode("".join(body), validate=True)
    except ValueError as error:
        raise wrong(f"sealed {safe(pointer)}: {error}", where) from error
    if (first, last) != (_BEGIN, _END) or not data:
        raise wrong(f"sealed {safe(pointer)}: no armoured age file", where)
    return Box(shape.fingerprint, data)


def _stands(item: Item, pointer: str, box: Box, where: str) -> None:
    parts = {"document": item.document, "observed": item.observed}
    try:
        found = pointers.find(parts, pointer)
    except (LookupError, TypeError, ValueError):
        found = None
    if found != {TOKEN: box.fingerprint}:
        raise wrong(f"sealed {safe(pointer)}: the document has no such token there", where)


def coverage_of(shape: CoverageShape, where: str) -> Coverage:
    """Return a line of the ledger; RelabError when its state is none."""
    try:
        state = Covered(shape.state)
    except ValueError as error:
        raise wrong(f"coverage: no state '{safe(shape.state)}'", where) from error
    values = shape.model_dump(exclude={"state"})
    return Coverage(**values, state=state)


def sealed_manifest(fields: dict[str, Any]) -> dict[str, Any]:
    """Return `fields` with their digest."""
    return fields | {"digest": hashlib.sha256(canonical(fields)).hexdigest()}


def manifest_of(value: Any, where: str) -> Manifest:
    """Return the manifest; RelabError when relab cannot read it or did not write it so."""
    if isinstance(value, dict) and value.get("format") != FORMAT:
        raise RelabError(
            f"the export has format {safe(value.get('format'))}, this relab reads {FORMAT}",
            where=where,
            fix="use the relab that wrote it",
        )
    shape = valid(Manifest, value, where)
    rest = {name: member for name, member in value.items() if name != "digest"}
    if sealed_manifest(rest)["digest"] != shape.digest:
        raise wrong("was changed since the export", where)
    if shape.state not in {State.COMPLETE, State.PARTIAL}:
        raise wrong(f"state: no snapshot is '{safe(shape.state)}'", where)
    _object(shape.scope, "scope", where)
    return shape


def valid(model: type[Model], value: Any, where: str) -> Model:
    """Return `value` as a `model`; RelabError naming the first member that is not right."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise wrong(f"{safe(place)}: {first['msg']}" if place else first["msg"], where) from error
