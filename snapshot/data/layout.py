"""Images of a snapshot as an OCI image layout, which other tools can read.

Source: https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from relab.clouds.oci import OCI_INDEX, checked
from relab.errors import UsageError
from relab.text import safe
from snapshot.data.images import MANIFEST
from snapshot.vault.model import Entry
from snapshot.vault.store import Blob

_REF = "org.opencontainers.image.ref.name"
Read = Callable[[str], Iterator[bytes]]


def write_layout(entries: Iterable[Entry], read: Read, folder: Path) -> int:
    """Write the images among `entries` into the new `folder` and return how many they are.

    `read` yields the bytes of a blob by its SHA-256 in hexadecimal. In the index an image is called
    `repository:tag`, once a tag, and `repository@digest` when it has none; an image that only
    belongs to another is not in the index. UsageError when the folder holds something.
    """
    _begin(folder)
    images: list[Entry] = []
    for entry in entries:
        if MANIFEST in entry.blobs:
            _write_blobs(entry, read, folder)
            images.append(entry)
    rows = sorted(_rows(images), key=lambda row: str(row["annotations"][_REF]))
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": rows}
    (folder / "index.json").write_text(json.dumps(index, indent=2), encoding="utf-8")
    return len(images)


def _begin(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError("the folder is not empty", where=safe(folder), fix="name a new one")
    (folder / "blobs").mkdir(parents=True, exist_ok=True)
    layout = json.dumps({"imageLayoutVersion": "1.0.0"})
    (folder / "oci-layout").write_text(layout, encoding="utf-8")


def _write_blobs(entry: Entry, read: Read, folder: Path) -> None:
    for part, blob in entry.blobs.items():
        name = entry.item.document["digest"] if part == MANIFEST else part
        algorithm, _, number = checked(name).partition(":")
        _write(folder / "blobs" / algorithm / number, blob, read)


def _write(path: Path, blob: Blob, read: Read) -> None:
    if path.exists():
        return
    path.parent.mkdir(exist_ok=True)
    half = path.with_name(f"{path.name}.half")
    try:
        with half.open("wb") as file:
            for piece in read(blob.digest):
                file.write(piece)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def _rows(images: list[Entry]) -> Iterator[dict[str, Any]]:
    inside = {
        (entry.item.document["repository"], child["digest"])
        for entry in images
        for child in entry.item.document.get("manifests", ())
    }
    for entry in images:
        said = entry.item.document
        names = [f"{said['repository']}:{tag}" for tag in said["tags"]]
        if not names and (said["repository"], said["digest"]) not in inside:
            names = [f"{said['repository']}@{said['digest']}"]
        yield from (_row(said, entry.blobs[MANIFEST], name) for name in names)


def _row(said: Mapping[str, Any], manifest: Blob, name: str) -> dict[str, Any]:
    return {
        "mediaType": said["mediaType"],
        "digest": said["digest"],
        "size": manifest.size,
        "annotations": {_REF: name},
    }
