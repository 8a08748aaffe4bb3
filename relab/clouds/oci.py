"""Container images as registries write them: manifests kept to the byte, and what they name.

Source: https://github.com/opencontainers/image-spec, and Docker's Image Manifest V2, Schema 2.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

DOCKER_IMAGE = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_IMAGE = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json"
MANIFESTS = (DOCKER_IMAGE, DOCKER_LIST, OCI_IMAGE, OCI_INDEX, OCI_ARTIFACT)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_FOREIGN = ("foreign", "nondistributable")


class Malformed(ValueError):
    """A manifest or a digest that follows no specification."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a manifest says of one of its parts; `size` is in bytes."""

    media_type: str
    digest: str
    size: int

    @property
    def foreign(self) -> bool:
        """Tell whether the bytes may lie elsewhere than in the registry."""
        return any(word in self.media_type for word in _FOREIGN)


@dataclass(frozen=True)
class Manifest:
    """A manifest's exact bytes; every property but `digest` raises Malformed when they are none."""

    media_type: str
    raw: bytes

    @property
    def digest(self) -> str:
        """The SHA-256 digest of the bytes."""
        return digest_of(self.raw)

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """What the bytes say."""
        try:
            found = json.loads(self.raw, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise Malformed("the manifest is not JSON") from error
        if not isinstance(found, dict):
            raise Malformed("the manifest is not an object")
        return found

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """The config and then the layers, each once; empty for an index."""
        config = self.document.get("config")
        listed = [*([config] if config else []), *self._list("layers"), *self._list("blobs")]
        return tuple(dict.fromkeys(descriptor(part) for part in listed))

    @property
    def children(self) -> tuple[Descriptor, ...]:
        """The manifests that an index names, each once."""
        return tuple(dict.fromkeys(descriptor(part) for part in self._list("manifests")))

    def _list(self, name: str) -> list[Any]:
        found = self.document.get(name) or []
        if not isinstance(found, list):
            raise Malformed(f"the manifest's {name} are no list")
        return found


def _no_number(word: str) -> None:
    """Refuse NaN and the infinities, which Python reads and JSON does not have."""
    raise ValueError(word)


def descriptor(part: Any) -> Descriptor:
    """Return `part` of a manifest as a descriptor; Malformed when it is none."""
    if not isinstance(part, Mapping):
        raise Malformed("a descriptor is not an object")
    size = part.get("size")
    if not isinstance(size, int) or size < 0:
        raise Malformed("a descriptor has no size")
    return Descriptor(str(part.get("mediaType", "")), checked(part.get("digest")), size)


def checked(digest: Any) -> str:
    """Return `digest` when it is one (`sha256:` or `sha512:` in hexadecimal), else Malformed."""
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise Malformed("a digest is neither sha256 nor sha512")
    return digest


class Sum:
    """Adds up bytes to see whether they have the digest `expected`, by its own algorithm."""

    def __init__(self, expected: str) -> None:
        self.size = 0
        self._expected = expected
        self._hash = hashlib.new(expected.partition(":")[0])

    def add(self, piece: bytes) -> None:
        """Take in the next bytes."""
        self._hash.update(piece)
        self.size += len(piece)

    @property
    def right(self) -> bool:
        """Tell whether the bytes so far are the expected ones."""
        return f"{self._hash.name}:{self._hash.hexdigest()}" == self._expected


def digest_of(data: bytes) -> str:
    """Return the SHA-256 digest of `data` as registries write it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
