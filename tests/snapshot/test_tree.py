"""A snapshot as a tree of text and back: equal content, equal text, whole or not at all."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyrage import decrypt, x25519

from relab.errors import RelabError, UsageError
from snapshot.tree import disk, text
from snapshot.tree.shape import entry_of
from snapshot.vault.model import Entry
from snapshot.vault.opening import Means, make_vault, open_vault
from snapshot.vault.vault import Vault
from tests.snapshot.trees import (
    contents,
    exported,
    imported,
    objects,
    same_but_for_the_names,
    save_items,
    save_world,
)
from tests.vault.world import CANARY


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tmp_path / "tree"


@pytest.fixture
def other(tmp_path: Path, means: Means) -> Vault:
    """Make a second, empty vault, sealed for the same key."""
    return make_vault(str(tmp_path / "other"), means, [means.key().recipient])


def ledger(vault: Vault, name: str) -> dict[str, list[Any]]:
    reader = vault.reader()
    snapshot = reader.snapshot(name)
    return {unit: reader.coverage(snapshot, unit) for unit in reader.units(snapshot)}


def entries(vault: Vault, name: str) -> list[Entry]:
    reader = vault.reader()
    return list(reader.entries(reader.snapshot(name)))


def test_there_and_back_is_the_same_snapshot(any_vault: Vault, other: Vault, tree: Path) -> None:
    save_world(any_vault)
    exported(any_vault, "one", tree)
    done = imported(other, tree)
    before, after = any_vault.reader().snapshot("one"), other.reader().snapshot("back")
    assert done.content == done.exported == before.content == after.content
    assert (after.state, after.scope, after.cohort) == (before.state, before.scope, before.cohort)
    assert entries(other, "back") == entries(any_vault, "one")
    assert ledger(other, "back") == ledger(any_vault, "one")
    assert other.check(deep=True) == []
    first = entries(other, "back")[0]
    assert CANARY in str(other.unsealed(first).document)


def test_a_tree_goes_into_a_bucket(vault: Vault, tree: Path, bucket: str, means: Means) -> None:
    save_world(vault)
    exported(vault, "one", tree)
    far = make_vault(f"s3://{bucket}/v", means, [means.key().recipient])
    assert imported(far, tree).content == vault.reader().snapshot("one").content
    assert far.check(deep=True) == []


@pytest.mark.parametrize("gap", [True, False])
def test_the_state_is_kept(vault: Vault, other: Vault, tree: Path, gap: bool) -> None:
    save_world(vault, gap=gap)
    exported(vault, "one", tree)
    assert imported(other, tree).state == ("partial" if gap else "complete")


def test_partial_without_a_gap_stays_partial(vault: Vault, other: Vault, tree: Path) -> None:
    with vault.saving("one", {}) as saving:
        saving.finish(partial=True)
    exported(vault, "one", tree)
    assert imported(other, tree).state == "partial"


def test_the_same_snapshot_is_the_same_text(vault: Vault, other: Vault, tmp_path: Path) -> None:
    save_world(vault)
    exported(vault, "one", tmp_path / "a")
    exported(vault, "one", tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    imported(other, tmp_path / "a")
    exported(other, "back", tmp_path / "c")
    assert same_but_for_the_names(tmp_path / "a", tmp_path / "c")


def test_one_more_resource_is_one_more_file(vault: Vault, tmp_path: Path) -> None:
    items = [one for n in range(3) for one in objects(1, f"bucket{n}")]
    plain = [type(one)("aws", "made.thing", "r", one.key, {"a": 1}) for one in items]
    save_items(vault, plain[:2])
    save_items(vault, plain, "two")
    exported(vault, "one", tmp_path / "a")
    exported(vault, "two", tmp_path / "b")
    before, after = contents(tmp_path / "a"), contents(tmp_path / "b")
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed == {
        "items/shared/aws/made.thing/bucket2/00000.yaml",
        "units.jsonl",
        "snapshot.yaml",
    }


def test_many_objects_share_files(vault: Vault, other: Vault, tree: Path) -> None:
    save_items(vault, objects(2500))
    done = exported(vault, "one", tree)
    assert (done.items, done.files) == (2500, 3)
    lines = sorted(path.read_bytes().count(b"\n") for path in tree.rglob("*.jsonl"))
    assert lines == [1, 500, 1000, 1000]
    assert imported(other, tree).content == vault.reader().snapshot("one").content


def test_no_secret_is_in_clear_and_age_can_open_the_boxes(vault: Vault, tree: Path) -> None:
    save_world(vault)
    exported(vault, "one", tree)
    assert all(CANARY.encode() not in data for data in contents(tree).values())
    file = text.load((tree / "items/01/aws/made.type/01-0.yaml").read_bytes(), "")
    assert file["sealed"]["/document/Password"]["box"].startswith("-----BEGIN AGE ENCRYPTED FILE")
    box = entry_of(file, "").sealed["/document/Password"]
    identity = x25519.Identity.from_str(vault.key.identity)
    assert CANARY.encode() in decrypt(box.data, [identity])


def test_without_data_it_goes_only_where_the_data_is(
    vault: Vault, other: Vault, tree: Path
) -> None:
    save_world(vault)
    done = exported(vault, "one", tree, data=False)
    assert (done.blobs, done.left_out > 0) == (0, True)
    assert not (tree / "blobs").exists()
    with pytest.raises(RelabError, match="exported without data"):
        imported(other, tree)
    assert other.reader().unfinished() == []
    assert imported(vault, tree).content == vault.reader().snapshot("one").content


def test_a_damaged_blob_is_not_exported(vault: Vault, folder: Path, tree: Path) -> None:
    save_world(vault)
    blob = min(folder.glob("blobs/??/*"))
    blob.write_bytes(b"x" * blob.stat().st_size)
    with pytest.raises(RelabError, match="damaged"):
        exported(vault, "one", tree)
    assert not (tree / "snapshot.yaml").exists()
    with pytest.raises(UsageError, match="did not finish"):
        imported(vault, tree)
    with pytest.raises(UsageError, match="--force"):
        exported(vault, "one", tree)


def test_an_earlier_export_is_replaced_only_with_force(vault: Vault, tree: Path) -> None:
    save_world(vault)
    save_items(vault, objects(1), "two")
    exported(vault, "one", tree)
    (tree / ".git").mkdir()
    (tree / ".git/config").write_text("mine")
    with pytest.raises(UsageError, match="--force"):
        exported(vault, "two", tree)
    exported(vault, "two", tree, force=True)
    assert (tree / ".git/config").read_text() == "mine"
    assert not (tree / "items/02").exists()
    assert imported(vault, tree).items == 1


def test_a_git_repository_counts_as_empty(vault: Vault, tree: Path) -> None:
    (tree / ".git").mkdir(parents=True)
    save_world(vault)
    exported(vault, "one", tree)
    assert imported(vault, tree).items == 11


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_with_anything_else_is_left_alone(vault: Vault, tree: Path, force: bool) -> None:
    save_world(vault)
    (tree / "items").mkdir(parents=True)
    (tree / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"thesis\.txt"):
        exported(vault, "one", tree, force=force)
    assert contents(tree) == {"thesis.txt": b"mine"}


def test_links_in_the_folder_are_not_followed(vault: Vault, tree: Path, tmp_path: Path) -> None:
    save_world(vault)
    exported(vault, "one", tree)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("mine")
    for name in ("items", "blobs"):
        (tree / name).rename(tmp_path / f"old-{name}")
        (tree / name).symlink_to(outside)
    exported(vault, "one", tree, force=True)
    assert contents(outside) == {"kept": b"mine"}
    assert not (tree / "items").is_symlink()
    assert imported(vault, tree).items == 11


def test_where_one_call_cannot_make_all_durable_each_file_is(
    vault: Vault, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_world(vault)
    (tree / ".git").mkdir(parents=True)
    (tree / ".git/link").symlink_to("nowhere")
    synced: set[str] = set()
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.add(str(Path(f"/proc/self/fd/{handle}").readlink()))
        real(handle)

    monkeypatch.setattr(disk, "syncfs", lambda _: False)
    monkeypatch.setattr(os, "fsync", fsync)
    exported(vault, "one", tree)
    assert {str(tree / name) for name in contents(tree)} <= synced


def test_a_taken_name_harms_nothing(vault: Vault, tree: Path) -> None:
    save_world(vault)
    exported(vault, "one", tree)
    with pytest.raises(UsageError, match="already"):
        imported(vault, tree, "one")
    assert vault.reader().snapshot("one").items == 11


def test_an_unfinished_save_of_that_name_is_left_alone(vault: Vault, tree: Path) -> None:
    save_world(vault)
    exported(vault, "one", tree)
    scope = vault.reader().snapshot("one").scope
    with pytest.raises(KeyError), vault.saving("two", scope) as saving:
        with saving.unit("somebody's"):
            pass
        raise KeyError
    for resume in (False, True):
        with pytest.raises(UsageError):
            imported(vault, tree, "two", resume=resume)
    assert [found.name for found in vault.reader().unfinished()] == ["two"]


def test_a_failed_import_leaves_nothing(vault: Vault, other: Vault, tree: Path) -> None:
    save_world(vault)
    exported(vault, "one", tree)
    max(tree.glob("blobs/??/*")).unlink()
    with pytest.raises(RelabError, match="missing"):
        imported(other, tree)
    assert other.reader().snapshots() == other.reader().unfinished() == []


KILLED = """
import os, signal, sys
from pathlib import Path
from relab.errors import NoKey
from snapshot.vault.opening import Means, open_vault
from snapshot.tree.exporting import export
from snapshot.tree.importing import read_tree

def no(): raise NoKey("none here")
what, place, tree, left = sys.argv[1:]
vault = open_vault(place, Means(no, no))
engines = {"export": lambda: export(vault, "one", Path(tree)),
           "import": lambda: read_tree(vault, Path(tree), "back")}
engine = engines[what]()
for _ in zip(engine, range(int(left))): pass
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(what: str, vault: Vault, tree: Path, after: int) -> None:
    """Run `what` in a process of its own and kill it after so many units."""
    words = [sys.executable, "-c", KILLED, what, vault.where, str(tree), str(after)]
    done = subprocess.run(words, capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("after", [1, 3])
def test_a_killed_export_says_so_and_is_run_again(vault: Vault, tree: Path, after: int) -> None:
    save_world(vault)
    killed("export", vault, tree, after)
    assert (tree / "UNFINISHED").exists()
    with pytest.raises(UsageError, match="did not finish"):
        imported(vault, tree)
    exported(vault, "one", tree, force=True)
    assert imported(vault, tree).content == vault.reader().snapshot("one").content


@pytest.mark.parametrize("after", [1, 3])
def test_a_killed_import_goes_on(
    vault: Vault, other: Vault, tree: Path, after: int, means: Means
) -> None:
    save_world(vault)
    exported(vault, "one", tree)
    killed("import", other, tree, after)
    other = open_vault(other.where, means)
    assert other.reader().snapshots() == []
    with pytest.raises(UsageError, match="--resume"):
        imported(other, tree)
    done = imported(other, tree, resume=True)
    assert done.content == vault.reader().snapshot("one").content
    assert ledger(other, "back") == ledger(vault, "one")
    assert other.check(deep=True) == []
