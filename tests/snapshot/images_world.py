"""Images of the sandbox: saved, looked at, pushed and deleted, for the tests of them."""

import json
from dataclasses import replace

from profiles.model import Profile
from profiles.naming import aws_target
from relab.clouds import aws
from relab.clouds.oci import DOCKER_IMAGE, Descriptor, Manifest, digest_of
from relab.clouds.registry import Registry
from relab.clouds.registry_http import ecr_login
from relab.sandbox.session import Session
from snapshot.collect.scope import SHARED, Scope
from snapshot.data.images import (
    IMAGES,
)
from snapshot.vault.model import Covered, Entry
from snapshot.vault.vault import Vault
from tests.sandbox.eyes import Eyes
from tests.snapshot.saving import Saved, saved

PLATFORM = "mlops-platform/python"
TRAINING = "mlops-user07-training"
EMPTY = "mlops-training/user07"
DOCKER_V1 = "application/vnd.docker.distribution.manifest.v1"
CONFIG, LAYER = b"{}", b"a layer"


def at(profile: Profile, **addresses: str) -> Profile:
    return replace(profile, aws=replace(profile.aws, **addresses))


def save(vault: Vault, profile: Profile, name: str = "one") -> Saved:
    """Save what is a student's and what is nobody's: 10 images in four repositories."""
    return saved(vault, profile, Scope(("07", SHARED), only=(IMAGES,)), name)


def entries(vault: Vault, name: str = "one") -> dict[str, Entry]:
    reader = vault.reader()
    found = reader.entries(reader.snapshot(name))
    return {entry.item.key: entry for entry in found if entry.item.type == IMAGES}


def of(found: dict[str, Entry], repository: str) -> list[Entry]:
    return [entry for key, entry in found.items() if key.startswith(f"{repository}@")]


def called(found: list[Entry]) -> dict[str, list[str]]:
    """Return the tags of images by digest."""
    return {entry.item.document["digest"]: entry.item.document["tags"] for entry in found}


def gaps(found: Saved) -> set[tuple[str, Covered]]:
    return {
        (line.tenant, line.state)
        for line in found.ledger
        if line.type == IMAGES and line.state not in (Covered.CAPTURED, Covered.EMPTY)
    }


def read(vault: Vault, entry: Entry, part: str) -> bytes:
    return b"".join(vault.blob(entry.blobs[part].digest))


def registry(sandbox: Session) -> Registry:
    target = aws_target(sandbox.profile)
    return Registry(ecr_login(aws.Aws(), target, sandbox.profile.aws.registry))


def pushed(sandbox: Session, repository: str, tag: str, **more: object) -> Manifest:
    """Push an image of `CONFIG` and `LAYER`, or one that says `more`."""
    there = registry(sandbox)
    parts = [Descriptor("x", digest_of(data), len(data)) for data in (CONFIG, LAYER)]
    for part, data in zip(parts, (CONFIG, LAYER), strict=True):
        there.put_blob(repository, part, lambda data=data: [data])  # type: ignore[misc]
    rows = [{"mediaType": "x", "digest": p.digest, "size": p.size} for p in parts]
    said = {"schemaVersion": 2, "mediaType": DOCKER_IMAGE, "config": rows[0], "layers": rows[1:]}
    manifest = Manifest(DOCKER_IMAGE, json.dumps(said | more).encode())
    there.put_manifest(repository, tag, manifest)
    return manifest


def delete(sandbox: Session, repository: str, digest: str) -> None:
    ecr = Eyes(sandbox, None).aws("ecr")
    ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageDigest": digest}])
