"""What a saved object says of itself, as the headers that say it again."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from relab.clouds.objects import checksums
from snapshot.data import objects_facts as facts

ALGORITHM, KIND = "ChecksumAlgorithm", "ChecksumType"
KEY, ENCRYPTION, BUCKET_KEY = "SSEKMSKeyId", "ServerSideEncryption", "BucketKeyEnabled"
_MODE, _UNTIL = "ObjectLockMode", "ObjectLockRetainUntilDate"
_STORAGE = "x-amz-storage-class"
_BUCKET_KEY = "x-amz-server-side-encryption-bucket-key-enabled"
_SUM = "x-amz-sdk-checksum-algorithm"
_BY_ITSELF = "crc64nvme"
_PARTS_SUM = "x-amz-checksum-algorithm"
_TAGGING = "x-amz-tagging"
_HEADER = {member: name for name, member in facts.PUT_BACK.items()}
Doc = Mapping[str, Any]


def current(document: Doc, now: datetime | None = None) -> dict[str, Any]:
    """Return `document` without a retention that has ended: S3 takes none from the past."""
    until = document.get(_UNTIL)
    if until is None or datetime.fromisoformat(until) > (now or datetime.now(UTC)):
        return dict(document)
    return {key: value for key, value in document.items() if key not in (_MODE, _UNTIL)}


def headers(document: Doc) -> dict[str, str]:
    """Return the headers with which putting an object makes it what `document` says."""
    found = {_HEADER[key]: str(document[key]) for key in document.keys() & _HEADER.keys()}
    found |= {f"{facts.META}{key}": value for key, value in document.get("Metadata", {}).items()}
    if "StorageClass" in document:
        found[_STORAGE] = document["StorageClass"]
    if document.get(BUCKET_KEY):
        found[_BUCKET_KEY] = "true"
    if document.get("TagSet"):
        found[_TAGGING] = "&".join(f"{quote(k, '')}={quote(v, '')}" for k, v in tags(document))
    return found


def tags(document: Doc) -> list[tuple[str, str]]:
    """Return the tags as pairs, sorted."""
    return sorted((tag["Key"], tag["Value"]) for tag in document.get("TagSet", ()))


def algorithm(document: Doc) -> str:
    """Return the name of the checksum that the object had, such as `sha256`; empty for none."""
    return str(document.get(ALGORITHM, "")).lower()


def whole_sum(document: Doc, observed: Doc) -> dict[str, str]:
    """Return the header with the saved checksum of all bytes; empty when only parts had one."""
    name = algorithm(document)
    value = (observed.get("Checksums") or {}).get(name, "")
    if not value or "-" in value or document.get(KIND) == "COMPOSITE":
        return {}
    return {f"{checksums.PREFIX}{name}": value}


def checked(document: Doc, observed: Doc, body: Callable[[], Iterable[bytes]]) -> dict[str, str]:
    """Return the headers with the checksum for an object that is put at once."""
    name = algorithm(document)
    if not name:
        return {}
    known = whole_sum(document, observed)
    known = known or {f"{checksums.PREFIX}{name}": checksums.made(name, body())}
    return {_SUM: name.upper(), **known}


def in_parts(document: Doc) -> dict[str, str]:
    """Return the headers that say which checksum an object in parts is to have.

    None for CRC64NVME: S3 adds that one up by itself, and only if it was not asked to.
    """
    name = algorithm(document)
    if name in ("", _BY_ITSELF):
        return {}
    kind = {checksums.TYPE: str(document[KIND])} if KIND in document else {}
    return {_PARTS_SUM: name.upper(), **kind}
