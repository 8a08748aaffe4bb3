"""Disks that fill up, files that rot, savers that die: one line and an exit code, nothing lost."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from relab.errors import Exit
from relab.sandbox.session import Session
from tests.cli.snapshots import Answer, one_line, relab

SAVE = ("save", "--yes", "--only", "s3.object", "--only", "iam.user", "--tenants", "07", "--name")


@contextmanager
def mounted(place: Path, *options: str) -> Iterator[None]:
    """Mount something at `place` for the length of a block, or skip where that is not allowed."""
    mount = shutil.which("mount")
    if os.geteuid() or not mount or subprocess.run([mount, *options, str(place)]).returncode:
        pytest.skip("mounting needs root")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def env(sandbox: Session, key_path: Path, tmp_path: Path, home: Path) -> dict[str, str]:
    """Give a person's environment with a vault on a disk of its own."""
    (tmp_path / "disk").mkdir()
    return sandbox.env() | {
        "HOME": str(home),
        "RELAB_VAULT": str(tmp_path / "disk" / "vault"),
        "RELAB_VAULT_KEY": str(key_path),
    }


def init(env: dict[str, str]) -> Path:
    words = [sys.executable, "-m", "relab", "vault", "init"]
    subprocess.run(words, env=env, check=True, capture_output=True)
    assert relab(env, *SAVE, "before").returncode == Exit.OK
    return Path(env["RELAB_VAULT"])


def is_whole(answer: Answer) -> bool:
    return answer.returncode == Exit.OK and answer.stderr.count("all as it was saved") == 1


def test_a_full_disk(env: dict[str, str], tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with mounted(disk, "-t", "tmpfs", "-o", "size=24m", "tmpfs"):
        init(env)
        ballast = disk / "ballast"
        with ballast.open("wb") as file:
            file.write(b"\0" * (shutil.disk_usage(disk).free - 60_000))
        wide = ("save", "--yes", "--only", "s3.object", "--name", "large")
        full = relab(env, *wide)
        assert full.returncode == Exit.FAILED
        assert "no space left; nothing that was saved is lost" in full.stderr
        assert one_line(full)
        with ballast.open("ab") as file, suppress(OSError):
            file.write(b"\0" * shutil.disk_usage(disk).free)
        assert not shutil.disk_usage(disk).free
        assert is_whole(relab(env, "verify", "before", "--deep"))
        ballast.unlink()
        assert relab(env, *wide, "--resume").returncode == Exit.OK
        assert is_whole(relab(env, "verify", "large", "--deep"))
        assert is_whole(relab(env, "verify", "before", "--deep"))


def test_a_read_only_vault(env: dict[str, str]) -> None:
    folder = init(env)
    with mounted(folder, "--bind", str(folder)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        refused = relab(env, *SAVE, "two")
        assert (refused.returncode, one_line(refused)) == (Exit.FAILED, True)
        assert "cannot be written" in refused.stderr
        verified = relab(env, "verify", "before", "--deep")
        assert is_whole(verified)
        assert "not written down" in verified.stderr
    assert relab(env, *SAVE, "two").returncode == Exit.OK


def test_a_saver_that_was_killed_leaves_a_lock_that_stops_nobody(env: dict[str, str]) -> None:
    folder = init(env)
    words = [sys.executable, "-m", "relab", "snapshot", *SAVE, "killed", "--json"]
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE) as saver:
        assert saver.stdout
        saver.stdout.readline()
        living = relab(env, *SAVE, "other")
        assert (living.returncode, one_line(living)) == (Exit.LOCKED, True)
        saver.send_signal(signal.SIGKILL)
    assert list((folder / "lock").iterdir())
    listed = relab(env, "list")
    assert "before" in listed.stdout
    assert "killed" not in listed.stdout
    assert relab(env, *SAVE, "other").returncode == Exit.OK
    assert relab(env, *SAVE, "killed", "--resume").returncode == Exit.OK
    for name in ("before", "other", "killed"):
        assert is_whole(relab(env, "verify", name, "--deep"))


def _flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


@pytest.mark.parametrize(
    ("harm", "kind", "deep"),
    [
        (_flip, "blob-changed", ("--deep",)),
        (lambda path: os.truncate(path, path.stat().st_size - 1), "blob-truncated", ()),
        (Path.unlink, "blob-missing", ()),
    ],
    ids=["bit flip", "truncation", "missing"],
)
def test_damage_is_named_and_the_next_save_heals_it(
    env: dict[str, str], harm: object, kind: str, deep: tuple[str, ...]
) -> None:
    folder = init(env)
    victim = max((folder / "blobs").glob("??/*"), key=lambda path: (path.stat().st_size, path))
    harm(victim)  # type: ignore[operator]  # one of the above
    found = relab(env, "verify", "before", *deep)
    assert found.returncode == Exit.FAILED
    assert found.stdout == f"{kind}: {victim.name}\n"
    assert "1 damaged" in found.stderr
    victim.unlink(missing_ok=True)
    assert relab(env, *SAVE, "after", "--reread").returncode == Exit.OK
    assert is_whole(relab(env, "verify", "after", "--deep"))
    assert is_whole(relab(env, "verify", "before", "--deep"))
