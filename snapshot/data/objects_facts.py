"""What one answer says of an object, as an item: what can be put back, and what was only seen."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from relab.clouds.objects import checksums
from relab.resources.item import Item
from relab.resources.kubernetes import looks
from relab.resources.pointers import joined
from snapshot.data.objects_listing import STANDARD, Row
from snapshot.data.objects_names import Name, written

OBJECT = "s3.object"
BODY = "body"
AGE = "NewerVersions"
MISSING = "MissingMeta"
NO_TAGS = "TagsUnread"
META = "x-amz-meta-"
# Members of PutObject and CreateMultipartUpload by the header that tells them.
PUT_BACK = {
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
    "content-type": "ContentType",
    "expires": "Expires",
    "x-amz-object-lock-legal-hold": "ObjectLockLegalHoldStatus",
    "x-amz-object-lock-mode": "ObjectLockMode",
    "x-amz-object-lock-retain-until-date": "ObjectLockRetainUntilDate",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "x-amz-website-redirect-location": "WebsiteRedirectLocation",
}
_SEEN = {
    "x-amz-archive-status": "ArchiveStatus",
    "x-amz-expiration": "Expiration",
    "x-amz-missing-meta": MISSING,
    "x-amz-replication-status": "ReplicationStatus",
    "x-amz-restore": "Restore",
    "x-amz-version-id": "VersionId",
}
Tags = Sequence[Mapping[str, str]]


def item(name: Name, tenant: str, document: Mapping[str, Any], observed: Mapping[str, Any]) -> Item:
    """Return the item of an object, or of a delete marker."""
    return Item(
        provider="aws",
        type=OBJECT,
        region="",
        key=written(name),
        document=document,
        observed=observed,
        tenant=tenant,
    )


def document(
    row: Row, headers: Mapping[str, str], sums: Mapping[str, str], tags: Tags, part: int
) -> dict[str, Any]:
    """Return what putting the object back takes.

    `sums` are its checksums by algorithm, `part` is the size of its parts, 0 for none.
    """
    found: dict[str, Any] = {
        member: headers[name] for name, member in PUT_BACK.items() if name in headers
    }
    found |= {"Metadata": metadata} if (metadata := _metadata(headers)) else {}
    storage = headers.get("x-amz-storage-class", row.storage)
    found |= {"StorageClass": storage} if storage not in ("", STANDARD) else {}
    if headers.get("x-amz-server-side-encryption-bucket-key-enabled", "").lower() == "true":
        found["BucketKeyEnabled"] = True
    found |= _algorithm(headers, sums)
    found |= {"TagSet": sorted(tags, key=lambda tag: tag["Key"])} if tags else {}
    found |= {"PartSize": part} if part else {}
    return found | age(row)


def observed(row: Row, headers: Mapping[str, str], sums: Mapping[str, str]) -> dict[str, Any]:
    """Return what tells of this state of the object and cannot be put back, with its checksums."""
    found: dict[str, Any] = {"ETag": row.etag, "LastModified": row.modified}
    found |= {member: headers[name] for name, member in _SEEN.items() if name in headers}
    if row.version:
        found["VersionId"] = row.version
    return found | ({"Checksums": sums} if sums else {})


def marker(row: Row) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return document and what was observed of a delete marker."""
    seen = {"LastModified": row.modified, "VersionId": row.version}
    return {"DeleteMarker": True, **age(row)}, seen


def age(row: Row) -> dict[str, int]:
    """Return the member that tells in which order the states of a key are put back."""
    return {AGE: row.newer} if row.version else {}


def parts(etag: str) -> int:
    """Return how many parts an object was put together from; 0 when it was put at once."""
    _, dash, count = etag.strip('"').rpartition("-")
    return int(count) if dash and count.isdecimal() else 0


def tags_of(body: bytes) -> list[dict[str, str]]:
    """Return the tags in the answer of GetObjectTagging; ValueError when it is no such answer."""
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - our own service; expat bounds expansion
    except ElementTree.ParseError as error:
        raise ValueError(f"the tags are no XML: {error}") from error
    tags = [one for one in root.iter() if one.tag.rpartition("}")[2] == "Tag"]
    return [{part.tag.rpartition("}")[2]: part.text or "" for part in tag} for tag in tags]


def secrets(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield JSON pointers to metadata and tags of a document that look like secrets."""
    for name, value in found.get("Metadata", {}).items():
        if _is_secret(name, value):
            yield joined("/document/Metadata", name)
    for number, tag in enumerate(found.get("TagSet", ())):
        if _is_secret(tag["Key"], tag["Value"]):
            yield f"/document/TagSet/{number}/Value"


def _is_secret(name: str, value: str) -> bool:
    return (looks.name(name) and looks.says(value)) or looks.value(value)


def _metadata(headers: Mapping[str, str]) -> dict[str, str]:
    cut = len(META)
    return {name[cut:]: value for name, value in headers.items() if name.startswith(META)}


def _algorithm(headers: Mapping[str, str], sums: Mapping[str, str]) -> dict[str, str]:
    if not sums:
        return {}
    kind = headers.get(checksums.TYPE, "")
    return {"ChecksumAlgorithm": min(sums).upper()} | ({"ChecksumType": kind} if kind else {})
