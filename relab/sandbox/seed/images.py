"""Docker image manifests (schema 2) with digests that are true to their bytes."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_CONFIG_BYTES = 7023


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest's exact text, and the SHA-256 digest of that text."""

    text: str
    digest: str


def manifest(name: str, layer_sizes: Iterable[int]) -> Manifest:
    """Return the manifest of image `name` (`repository:tag`) with layers of `layer_sizes` bytes."""
    data = {
        "schemaVersion": 2,
        "mediaType": MEDIA_TYPE,
        "config": _part(_CONFIG, _CONFIG_BYTES, f"{name} config"),
        "layers": [
            _part(_LAYER, size, f"{name} layer {index}") for index, size in enumerate(layer_sizes)
        ],
    }
    text = json.dumps(data, indent=3)
    return Manifest(text, _digest(text))


def _part(media_type: str, size: int, what: str) -> dict[str, str | int]:
    return {"mediaType": media_type, "size": size, "digest": _digest(what)}


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
