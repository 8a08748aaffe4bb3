"""`relab cycle` where it must not begin: one line, the right exit code, and nothing called."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from profiles.loader import load
from relab.cycle import books
from relab.cycle.model import Book, Ended, Stage, to_json
from relab.errors import Exit
from snapshot.vault.catalogue import FILE

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


def begun(env: dict[str, str], *stages: Ended) -> Book:
    book = books.begin(load("ha-mlops"), env["RELAB_VAULT"])
    for one in stages:
        book = book.after(one)
    books.keep(book)
    return book


def told(env: dict[str, str]) -> Any:
    done = relab(env, "cycle", "--unfinished", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), Exit.REFUSED, "add --yes"),
        (("--resume", "--yes"), Exit.USAGE, "no cycle is unfinished"),
        (("--yes",), Exit.REFUSED, "names no account alias"),
        (("--yes", "--name", "a/b"), Exit.USAGE, "cannot name a snapshot"),
        (("--rehearse", "none"), Exit.USAGE, "none"),
        (("--until", "wipe"), Exit.REFUSED, "add --yes"),
        (("--until", "gate"), Exit.REFUSED, "names no account alias"),
        (("--until", "save", "--cycle", "c9"), Exit.REFUSED, "c9 is not the one"),
        (("--until", "never"), Exit.USAGE, "never"),
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


def test_a_snapshot_that_stands_is_no_save_of_a_new_cycle(env: dict[str, str]) -> None:
    with closing(sqlite3.connect(Path(env["RELAB_VAULT"]) / FILE)) as db, db:
        db.execute(
            "INSERT INTO snapshots (name, scope, cohort, started_at) VALUES ('old', '{}', '', ?)",
            (AT,),
        )
    done = relab(env, "cycle", "--yes", "--name", "old")
    assert done.returncode == Exit.USAGE
    assert "there is a snapshot old already" in done.stderr


def test_without_a_vault_it_says_so(env: dict[str, str], tmp_path: Path) -> None:
    done = relab(env | {"RELAB_VAULT": str(tmp_path / "none")}, "cycle", "--yes")
    assert done.returncode == Exit.NO_VAULT


def test_which_cycle_can_be_gone_on_with_is_told_to_programs_and_people(
    env: dict[str, str],
) -> None:
    account = load("ha-mlops").aws.account
    nothing = told(env)
    assert (nothing["cycle"], nothing["account"], nothing["alias"]) == (None, account, "")
    book = begun(env, Ended(Stage.SAVE, done=True, said=("ok",), facts={}, seconds=1, at=AT))
    assert told(env)["cycle"] == json.loads(json.dumps(to_json(book)))
    assert book.snapshot in relab(env, "cycle", "--unfinished").stdout


def test_only_the_cycle_that_was_meant_is_gone_on_with(env: dict[str, str]) -> None:
    book = begun(env, Ended(Stage.SAVE, done=True, said=("ok",), facts={}, seconds=1, at=AT))
    done = relab(env, "cycle", "--resume", "--yes", "--cycle", "another")
    assert (done.returncode, "another is not the one" in done.stderr) == (Exit.REFUSED, True)
    assert books.unfinished(load("ha-mlops"), env["RELAB_VAULT"]) == book


def test_what_is_done_already_is_not_done_again_up_to_a_stage(env: dict[str, str]) -> None:
    ends = (
        Ended(stage, done=True, said=("ok",), facts={}, seconds=1, at=AT)
        for stage in (Stage.SAVE, Stage.VERIFY, Stage.GATE, Stage.WIPE)
    )
    book = begun(env, *ends)
    words = ("--resume", "--json", "--until", "gate", "--accept-loss", "lambda.function")
    done = relab(env, "cycle", *words)
    events = [json.loads(line)["event"] for line in done.stdout.splitlines()]
    assert (done.returncode, events) == (Exit.OK, ["CycleStarted", "CycleFinished"])
    found = books.unfinished(load("ha-mlops"), env["RELAB_VAULT"])
    assert found is not None
    assert found == replace(book, accepted=("lambda.function",), seen=found.seen)
