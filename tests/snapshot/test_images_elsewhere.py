"""Saved images in other hands: pushed back, exported, and laid out for skopeo."""

import hashlib
import json
import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from relab.clouds.oci import Descriptor, Manifest, digest_of
from relab.errors import UsageError
from relab.sandbox.session import Session
from snapshot.data.images import (
    MANIFEST,
)
from snapshot.data.layout import write_layout
from snapshot.tree.exporting import export
from snapshot.tree.importing import read_tree
from snapshot.vault.model import Entry
from snapshot.vault.vault import Vault
from tests.snapshot.images_world import (
    EMPTY,
    PLATFORM,
    TRAINING,
    called,
    entries,
    of,
    read,
    registry,
    save,
)

needs_skopeo = pytest.mark.skipif(shutil.which("skopeo") is None, reason="no skopeo on PATH")


def test_an_image_goes_back_from_the_vault_with_equal_digests(
    changeable: Session, vault: Vault
) -> None:
    first = save(vault, changeable.profile)
    there, wanted = registry(changeable), of(entries(vault), PLATFORM)
    whole_last = sorted(wanted, key=lambda entry: "manifests" in entry.item.document)
    for entry in whole_last:
        said = entry.item.document
        for part in entry.blobs.keys() - {MANIFEST}:
            blob = entry.blobs[part]
            there.put_blob(EMPTY, Descriptor("", part, blob.size), partial(vault.blob, blob.digest))
        manifest = Manifest(said["mediaType"], read(vault, entry, MANIFEST))
        for reference in said["tags"] or [said["digest"]]:
            there.put_manifest(EMPTY, reference, manifest)
    again = save(vault, changeable.profile, "two")
    assert again.snapshot.items == first.snapshot.items + len(wanted)
    back = of(entries(vault, "two"), EMPTY)
    assert called(back) == called(wanted)


def test_images_survive_an_export(sandbox: Session, vault: Vault, tmp_path: Path) -> None:
    first = save(vault, sandbox.profile)
    for _ in export(vault, "one", tmp_path / "tree"):
        pass
    for _ in read_tree(vault, tmp_path / "tree", "two"):
        pass
    assert vault.reader().snapshot("two").content == first.snapshot.content


def layout(vault: Vault, folder: Path, *wanted: Entry) -> list[dict[str, Any]]:
    assert write_layout(wanted, vault.blob, folder) == len(wanted)
    rows: list[dict[str, Any]] = json.loads((folder / "index.json").read_text())["manifests"]
    return rows


def test_a_layout_follows_the_specification(sandbox: Session, vault: Vault, tmp_path: Path) -> None:
    save(vault, sandbox.profile)
    images = entries(vault)
    folder = tmp_path / "layout"
    rows = layout(vault, folder, *images.values())
    assert json.loads((folder / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    for path in folder.glob("blobs/*/*"):
        assert hashlib.new(path.parent.name, path.read_bytes()).hexdigest() == path.name
    for row in rows:
        algorithm, _, number = row["digest"].partition(":")
        assert (folder / "blobs" / algorithm / number).stat().st_size == row["size"]
    names = [row["annotations"]["org.opencontainers.image.ref.name"] for row in rows]
    own = [name.removeprefix(f"{PLATFORM}") for name in names if name.startswith(PLATFORM)]
    [untagged] = [name for name in own if name.startswith("@sha256:")]
    assert [name for name in own if name != untagged] == [":3.11", ":3.11.9", ":multi", ":stable"]
    assert len(names) == len(set(names)) == 10


def test_a_layout_needs_a_folder_of_its_own(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    with pytest.raises(UsageError):
        write_layout([], vault.blob, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name != "vault"] == ["mine"]


def skopeo_copy(source: str, target: Path, *flags: str) -> str:
    """Copy an image into `target` as skopeo's plain folder; return its manifest's digest."""
    command = ["skopeo", "--insecure-policy", "copy", *flags, source, f"dir:{target}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return digest_of((target / "manifest.json").read_bytes())


@needs_skopeo
def test_skopeo_reads_a_layout(sandbox: Session, vault: Vault, tmp_path: Path) -> None:
    save(vault, sandbox.profile)
    wanted = of(entries(vault), PLATFORM)
    folder = tmp_path / "layout"
    layout(vault, folder, *wanted)
    digest = skopeo_copy(f"oci:{folder}:{PLATFORM}:multi", tmp_path / "copy", "--all")
    tags = {entry.item.document["digest"]: entry.item.document["tags"] for entry in wanted}
    assert tags[digest] == ["multi"]


@needs_skopeo
def test_skopeo_takes_the_blobs_of_a_docker_image(
    sandbox: Session, vault: Vault, tmp_path: Path
) -> None:
    save(vault, sandbox.profile)
    entry = of(entries(vault), TRAINING)[0]
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "version").write_text("Directory Transport Version: 1.1\n")
    for part in entry.blobs:
        name = "manifest.json" if part == MANIFEST else part.partition(":")[2]
        (plain / name).write_bytes(read(vault, entry, part))
    assert skopeo_copy(f"dir:{plain}", tmp_path / "copy") == entry.item.document["digest"]
