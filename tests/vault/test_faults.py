"""Whatever goes wrong while saving is told, and nothing that was saved is lost."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from relab.errors import RelabError
from snapshot.vault.opening import Means, make_vault, open_vault
from snapshot.vault.vault import Vault
from tests.vault.faulty import Broken, Fault, FaultyStore, fails, full
from tests.vault.world import harm, save_all, saved, world

WORKS = world(tenants=1, types=2, things=3)


def broken(vault: Vault, at: int, fault: Fault, *, short: bool) -> bool:
    """Save with a store that fails at operation `at`; tell whether it got that far."""
    sound = vault._store
    faulty = FaultyStore(sound, at, fault, short=short)
    vault._store = faulty
    try:
        save_all(vault, "one", WORKS, resume=bool(vault.reader().unfinished()))
    except (Broken, RelabError):
        return True
    finally:
        vault._store = sound
    assert faulty.done < at
    return False


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("fault", [fails, full])
def test_each_write_may_fail_once(vault: Vault, fault: Fault, short: bool) -> None:
    """Each try gets one operation further, from what the one before has left."""
    at = 1
    while broken(vault, at, fault, short=short):
        assert not harm(vault)
        assert vault.reader().snapshots() == []
        at += 1
    assert at > 3
    assert not vault.check(deep=True)
    save_all(vault, "undisturbed", WORKS)
    assert saved(vault, "one").content == saved(vault, "undisturbed").content


def test_a_full_store_says_so_in_one_line(vault: Vault) -> None:
    save_all(vault, "before", WORKS)
    vault._store = FaultyStore(vault._store, 4, full)
    with pytest.raises(RelabError) as caught:
        save_all(vault, "one", world(2, 2, 2))
    assert "no space left; nothing that was saved is lost" in str(caught.value)
    assert "--resume" in str(caught.value)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount 2 MB of memory as a disk, or skip where that is not allowed."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if os.geteuid() or not mount or subprocess.run([mount, *options], check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk(small_disk: Path, means: Means) -> None:
    vault = make_vault(str(small_disk / "vault"), means, [means.key().recipient])
    save_all(vault, "before", WORKS)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * (1 << 20))
    with pytest.raises(RelabError, match="no space left"):
        save_all(vault, "one", world(8, 10, 10))
    assert not harm(vault)
    assert [found.name for found in vault.reader().snapshots()] == ["before"]
    ballast.unlink()
    for folder in (small_disk / "vault" / "tmp").glob("*"):
        folder.unlink()
    save_all(vault, "small", WORKS)
    assert saved(vault, "small").content == saved(vault, "before").content


@pytest.fixture
def read_only(vault: Vault, folder: Path) -> Iterator[Path]:
    """Give a vault with one snapshot on a disk that cannot be written, by mount or by mode."""
    save_all(vault, "one", WORKS)
    mount = shutil.which("mount")
    if os.geteuid():
        paths = [folder, *folder.rglob("*")]
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield folder
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o644)
        return
    if not mount or subprocess.run([mount, "--bind", str(folder), str(folder)]).returncode:
        pytest.skip("root is stopped by no mode, and mounting is not allowed")
    subprocess.run([mount, "-o", "remount,ro,bind", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_vault_that_cannot_be_written_can_be_read(read_only: Path, means: Means) -> None:
    vault = open_vault(str(read_only), means)
    assert not harm(vault)
    assert len(list(vault.reader().entries(saved(vault, "one")))) == 6
    verified = vault.verify("one", deep=True)
    assert not verified.findings
    assert not verified.recorded
    for write in (lambda: save_all(vault, "two"), lambda: vault.pin("one")):
        with pytest.raises(RelabError, match="cannot be written"):
            write()
