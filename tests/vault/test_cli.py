"""`relab vault`, as a person and as a script use it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from snapshot.vault.opening import Means, find_key, location, open_vault
from tests.conftest import clean_environ
from tests.vault.world import save_all, world


@pytest.fixture
def environ(home: Path, tmp_path: Path) -> dict[str, str]:
    return clean_environ() | {"HOME": str(home), "RELAB_VAULT": str(tmp_path / "vault")}


def relab(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from relab.cli import main; main()", "vault", *words],
        env=environ,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def fill(environ: dict[str, str]) -> None:
    """Save a small world into the vault of `environ`."""
    means = Means(find_key(environ, lambda: None), lambda: pytest.fail("no bucket here"))
    save_all(open_vault(location(environ), means), "one", world(1, 2, 2))


def test_from_nothing_to_a_checked_vault(environ: dict[str, str], home: Path) -> None:
    made = relab(environ, "init")
    assert made.returncode == 0, made.stderr
    key = home / ".config" / "relab" / "vault.key"
    assert str(key) in made.stdout
    assert "AGE-SECRET-KEY" not in made.stdout + made.stderr
    assert "Keep a copy of the key" in made.stderr
    assert key.stat().st_mode & 0o777 == 0o600
    environ["RELAB_VAULT_KEY"] = str(key)
    fill(environ)
    row = json.loads(relab(environ, "stats", "--json").stdout)
    assert (row["snapshots"], row["items"], row["writer"]) == (1, 4, "")
    assert row["where"] == environ["RELAB_VAULT"]
    checked = relab(environ, "check", "--deep", "--json")
    assert (checked.returncode, json.loads(checked.stdout)) == (0, [])


def test_damage_fails_the_check(environ: dict[str, str]) -> None:
    relab(environ, "init")
    environ["RELAB_VAULT_KEY"] = str(Path(environ["HOME"]) / ".config" / "relab" / "vault.key")
    fill(environ)
    blob = min(Path(environ["RELAB_VAULT"]).glob("blobs/??/*"))
    blob.unlink()
    checked = relab(environ, "check")
    assert checked.returncode == 1
    assert checked.stdout == f"blob-missing: {blob.name} in one\n"
    assert checked.stderr == "catalogue, names and sizes: 1 damaged\n"
    [row] = json.loads(relab(environ, "check", "--json").stdout)
    assert row == {
        "kind": "blob-missing",
        "what": blob.name,
        "snapshots": ["one"],
        "harmful": True,
    }


def test_the_check_says_how_far_it_looked(environ: dict[str, str]) -> None:
    relab(environ, "init")
    environ["RELAB_VAULT_KEY"] = str(Path(environ["HOME"]) / ".config" / "relab" / "vault.key")
    fill(environ)
    blob = min(Path(environ["RELAB_VAULT"]).glob("blobs/??/*"))
    blob.write_bytes(bytes(byte ^ 1 for byte in blob.read_bytes()))
    shallow, deep = relab(environ, "check"), relab(environ, "check", "--deep")
    assert (shallow.returncode, deep.returncode) == (0, 1)
    assert shallow.stderr == "catalogue, names and sizes: all as it was written\n"
    assert deep.stderr == "every byte: 1 damaged\n"


@pytest.mark.parametrize("words", [("stats",), ("check",), ("check", "--deep", "--json")])
def test_no_vault_exits_10_with_one_line(environ: dict[str, str], words: tuple[str, ...]) -> None:
    answer = relab(environ, *words)
    assert answer.returncode == 10
    assert answer.stdout == ""
    assert answer.stderr.count("\n") == 1
    assert "relab vault init" in answer.stderr


def test_a_second_vault_has_the_same_key(environ: dict[str, str], tmp_path: Path) -> None:
    first = relab(environ, "init")
    second = relab(environ, "init", str(tmp_path / "second"))
    assert second.returncode == 0
    assert first.stdout.splitlines()[1:] == second.stdout.splitlines()[1:]
    assert "Keep a copy" not in second.stderr
    assert f"export RELAB_VAULT={tmp_path / 'second'}" in second.stderr


def test_a_vault_is_not_made_twice(environ: dict[str, str]) -> None:
    assert relab(environ, "init").returncode == 0
    again = relab(environ, "init")
    assert again.returncode == 2
    assert "a vault already" in again.stderr


def test_a_second_recipient_must_be_one(environ: dict[str, str]) -> None:
    answer = relab(environ, "init", "--recipient", "age1nonsense")
    assert answer.returncode == 2
    assert "is no age recipient" in answer.stderr
    assert not Path(environ["RELAB_VAULT"]).exists()
    assert not (Path(environ["HOME"]) / ".config").exists()


def test_a_passphrase_is_asked_of_a_terminal_only(environ: dict[str, str]) -> None:
    answer = relab(environ, "init", "--passphrase")
    assert answer.returncode == 2
    assert "RELAB_VAULT_PASSPHRASE" in answer.stderr


def test_without_a_name_the_vault_is_among_the_persons_data(home: Path) -> None:
    assert location(os.environ) == str(home / ".local" / "share" / "relab" / "vault")


def test_a_bucket_of_an_environment_that_is_not_running(environ: dict[str, str]) -> None:
    answer = relab(environ | {"RELAB_VAULT": "s3://some-bucket/v"}, "stats")
    assert answer.returncode == 3
    assert "sandbox up" in answer.stderr
