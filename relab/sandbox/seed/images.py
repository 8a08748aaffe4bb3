"""Container images that can be pulled: small, and the same bytes at every seeding.

Layers are shared by all images but the last, which holds the image's own files.
"""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from relab.sandbox.registry.blobs import digest_of

_DOCKER = "application/vnd.docker"
_OCI = "application/vnd.oci.image"
_CREATED = "2025-12-01T00:00:00Z"
_SHARED_LAYERS = 16
Files = Mapping[str, str | int]
Part = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Family:
    """The media types that belong together."""

    manifest: str
    config: str
    layer: str


DOCKER = Family(
    f"{_DOCKER}.distribution.manifest.v2+json",
    f"{_DOCKER}.container.image.v1+json",
    f"{_DOCKER}.image.rootfs.diff.tar.gzip",
)
OCI = Family(f"{_OCI}.manifest.v1+json", f"{_OCI}.config.v1+json", f"{_OCI}.layer.v1.tar+gzip")
INDEX = f"{_OCI}.index.v1+json"


@dataclass(frozen=True, slots=True)
class Image:
    """A manifest's exact text with its digest, the blobs it names, and an index's images."""

    text: str
    media_type: str
    blobs: tuple[bytes, ...] = ()
    children: tuple["Image", ...] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 digest of the text."""
        return digest_of(self.text.encode())


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as it is stored, and the digest of the tar inside."""

    data: bytes
    diff_id: str


def image(layers: Iterable[Files], platform: str = "linux/amd64", family: Family = DOCKER) -> Image:
    """Return an image of `layers`, undermost first: text, or KiB of noise, by path."""
    made = [_layer(tuple(files.items())) for files in layers]
    config = _config(made, platform)
    data = {
        "schemaVersion": 2,
        "mediaType": family.manifest,
        "config": _part(family.config, config),
        "layers": [_part(family.layer, layer.data) for layer in made],
    }
    blobs = (config, *(layer.data for layer in made))
    return Image(json.dumps(data, indent=3), family.manifest, blobs)


def index(layers: Sequence[Files], platforms: Iterable[str]) -> Image:
    """Return an index of one image a platform (`linux/arm64`)."""
    children = {
        platform: image([*layers, {"etc/platform": platform}], platform, OCI)
        for platform in platforms
    }
    listed = [
        _part(OCI.manifest, child.text.encode()) | {"platform": _platform(name)}
        for name, child in children.items()
    ]
    data = {"schemaVersion": 2, "mediaType": INDEX, "manifests": listed}
    return Image(json.dumps(data, indent=3), INDEX, children=tuple(children.values()))


def _config(layers: Iterable[Layer], platform: str) -> bytes:
    data = {
        **_platform(platform),
        "created": _CREATED,
        "config": {"Entrypoint": ["python", "/app/main.py"], "WorkingDir": "/app"},
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
    }
    return json.dumps(data).encode()


def _platform(name: str) -> Part:
    system, _, architecture = name.partition("/")
    return {"architecture": architecture, "os": system}


def _part(media_type: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "size": len(data), "digest": digest_of(data)}


@lru_cache(maxsize=_SHARED_LAYERS)
def _layer(files: tuple[tuple[str, str | int], ...]) -> Layer:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, content in files:
            data = _noise(path, content) if isinstance(content, int) else content.encode()
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    # Stored, not packed: packing depends on the version of zlib, and the bytes must not.
    packed = gzip.compress(tar.getvalue(), compresslevel=0, mtime=0)
    return Layer(packed, digest_of(tar.getvalue()))


def _noise(path: str, kib: int) -> bytes:
    return hashlib.shake_128(path.encode()).digest(kib * 1024)
