"""Manifests: moto's images, by tag or by digest, exact to the byte."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.ecr.exceptions import ImageAlreadyExistsException
from moto.ecr.models import Image, Repository

from relab.sandbox.aws.account import Account
from relab.sandbox.registry.blobs import digest_of
from relab.sandbox.registry.refusals import refuse

MOST_BYTES = 4 * 1024 * 1024
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
_FOREIGN = ("foreign", "nondistributable")
Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pushed:
    """A manifest as it came in, at `reference`: a tag or its digest."""

    reference: str
    media_type: str
    data: bytes

    @property
    def digest(self) -> str:
        """The digest of the very bytes."""
        return digest_of(self.data)

    @property
    def tag(self) -> str | None:
        """The tag; None when it was pushed by digest."""
        return None if ":" in self.reference else self.reference


def repository(account: Account, name: str) -> Repository:
    """Return the ECR repository `name`; refuses one that is not there."""
    found = account.ecr.repositories.get(name)
    if found is None:
        refuse(
            "NAME_UNKNOWN",
            f"The repository with name '{name}' does not exist in the registry with id "
            f"'{account.number}'",
        )
    return found


def find(holder: Repository, reference: str) -> Image | None:
    """Return the image that `reference` (a tag or a digest) names; None when none does."""
    for image in holder.images:
        if reference == image.image_digest or reference in image.image_tags:
            return image
    return None


def size_of(holder: Repository, image: Image) -> int:
    """Return the bytes of an image's layers; for an index those of its largest image, as ECR."""
    children = [find(holder, str(row.get("digest"))) for row in _rows(image, "manifests")]
    return max(_layers_of(one) for one in (image, *children) if one is not None)


def _layers_of(image: Image) -> int:
    sizes = [row.get("size") for row in _rows(image, "layers")]
    return sum(size for size in sizes if isinstance(size, int))


def _rows(image: Image, name: str) -> list[Doc]:
    """Return a list of a manifest; what was put by ECR's own API may be anything."""
    document = json.loads(image.image_manifest)
    found = document.get(name) if isinstance(document, dict) else None
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def put(account: Account, holder: Repository, pushed: Pushed) -> str:
    """Make the manifest an image of ECR and return its digest; refuses what does not fit."""
    _check(account, holder, pushed)
    present = find(holder, pushed.digest)
    if present is not None and pushed.tag in (None, *present.image_tags):
        _refuse_if_fixed(holder, pushed.tag)
        return pushed.digest
    _refuse_if_fixed(holder, pushed.tag)
    _untag(holder, pushed.tag)
    try:
        add(account, holder, pushed)
    except ImageAlreadyExistsException as error:
        refuse("TAG_INVALID", str(error.message))
    return pushed.digest


def add(account: Account, holder: Repository, pushed: Pushed) -> Image:
    """Make the manifest an image of ECR, unchecked; raises moto's errors."""
    return account.ecr.put_image(
        holder.name,
        pushed.data.decode(),
        pushed.tag,  # type: ignore[arg-type]  # None leaves it without a tag
        pushed.media_type,
        pushed.digest,
    )


def _check(account: Account, holder: Repository, pushed: Pushed) -> None:
    if len(pushed.data) > MOST_BYTES:
        refuse("SIZE_INVALID", f"a manifest has at most {MOST_BYTES} bytes")
    if pushed.tag is None and pushed.reference != pushed.digest:
        refuse("DIGEST_INVALID", f"the manifest's digest is {pushed.digest}")
    if pushed.tag is not None and not _TAG.fullmatch(pushed.tag):
        refuse("TAG_INVALID", "this is no tag")
    document = _document(pushed)
    for digest in _blobs(document):
        if digest not in holder.layers or account.blobs.find(digest) is None:
            refuse("MANIFEST_BLOB_UNKNOWN", f"blob {digest} is not in {holder.name}")
    for child in document.get("manifests", ()):
        if find(holder, str(child.get("digest"))) is None:
            refuse("MANIFEST_BLOB_UNKNOWN", f"image {child.get('digest')} is not in {holder.name}")


def _document(pushed: Pushed) -> Doc:
    try:
        found = json.loads(pushed.data.decode())
    except ValueError:
        refuse("MANIFEST_INVALID", "the manifest is not JSON in UTF-8")
    if not isinstance(found, dict) or found.get("schemaVersion") != 2:
        refuse("MANIFEST_INVALID", "the manifest's schemaVersion is not 2")
    if found.get("mediaType", pushed.media_type) != pushed.media_type:
        refuse("MANIFEST_INVALID", "Content-Type is not the manifest's mediaType")
    named = [*_blobs(found), *(str(child.get("digest")) for child in found.get("manifests", ()))]
    if not all(_DIGEST.fullmatch(digest) for digest in named):
        refuse("MANIFEST_INVALID", "a digest is not sha256")
    return found


def _blobs(document: Doc) -> Iterator[str]:
    """Yield the digests of what the registry must hold: foreign layers lie elsewhere."""
    for part in (document.get("config"), *document.get("layers", ())):
        if part and not any(word in str(part.get("mediaType")) for word in _FOREIGN):
            yield str(part.get("digest"))


def _refuse_if_fixed(holder: Repository, tag: str | None) -> None:
    if tag is not None and holder.is_tag_immutable() and find(holder, tag) is not None:
        refuse(
            "TAG_INVALID",
            f"The image tag '{tag}' already exists in the '{holder.name}' repository and cannot "
            "be overwritten because the repository is immutable.",
        )


def _untag(holder: Repository, tag: str | None) -> None:
    """Take `tag` from whoever has it, who stays without it: moto would delete the image."""
    held = find(holder, tag) if tag is not None else None
    if held is not None:
        held.image_tags = [other for other in held.image_tags if other != tag]
        held.image_tag = held.image_tags[-1] if held.image_tags else None  # type: ignore[assignment]
