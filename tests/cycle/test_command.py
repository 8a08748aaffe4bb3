"""`relab cycle` where it must not begin: one line, the right exit code, and nothing called."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from profiles.loader import load
from relab.cycle import books
from relab.cycle.model import Ended, Stage
from relab.errors import Exit

AT = "2026-01-02T03:04:05+00:00"


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give an environment with a vault and a profile of an account that nobody can reach."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = {
        **os.environ,
        "RELAB_PROFILE": "ha-mlops",
        "RELAB_VAULT": str(tmp_path / "vault"),
        "RELAB_VAULT_KEY": str(tmp_path / "vault.key"),
    }
    assert relab(found, "vault", "init").returncode == 0
    return found


def relab(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "relab", *words]
    return subprocess.run(
        command, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def begun(env: dict[str, str], *stages: Ended) -> None:
    book = books.begin(load("ha-mlops"), env["RELAB_VAULT"])
    for one in stages:
        book = book.after(one)
    books.keep(book)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), Exit.REFUSED, "add --yes"),
        (("--resume", "--yes"), Exit.USAGE, "no cycle is unfinished"),
        (("--yes",), Exit.REFUSED, "names no account alias"),
        (("--yes", "--name", "a/b"), Exit.USAGE, "cannot name a snapshot"),
        (("--rehearse", "none"), Exit.USAGE, "none"),
    ],
)
def test_what_cannot_begin(
    env: dict[str, str], words: tuple[str, ...], code: Exit, said: str
) -> None:
    done = relab(env, "cycle", *words)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert said in done.stderr.splitlines()[-1]


def test_no_new_cycle_over_one_that_has_begun_to_wipe(env: dict[str, str]) -> None:
    begun(env, Ended(Stage.WIPE, done=False, said=(), facts={}, seconds=1, at=AT))
    done = relab(env, "cycle", "--yes")
    assert done.returncode == Exit.USAGE
    assert "has begun to wipe" in done.stderr
    assert "--resume" in done.stderr


def test_without_a_vault_it_says_so(env: dict[str, str], tmp_path: Path) -> None:
    done = relab(env | {"RELAB_VAULT": str(tmp_path / "none")}, "cycle", "--yes")
    assert done.returncode == Exit.NO_VAULT
