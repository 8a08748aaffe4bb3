"""A save that has waited too long for its wipe is made anew, and never wiped with."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from profiles.loader import load
from relab.cycle import books, waiting
from relab.cycle.model import PATIENCE, Book, Ended, Stage
from relab.errors import Exit, Refused
from relab.sandbox.session import Session
from snapshot.vault.opening import Means, make_vault
from snapshot.vault.vault import Vault

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
PROFILE = load("ha-mlops")
LONG = PATIENCE + timedelta(minutes=1)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """Give a vault with the save `s1`, complete, and `s2`, not finished."""
    means = Means(lambda: pytest.fail("nothing is sealed"), lambda: pytest.fail("no bucket here"))
    made = make_vault(str(tmp_path / "vault"), means, [])
    with made.saving("s1", {}) as saving:
        saving.finish()
    with made.saving("s2", {}):
        pass
    return made


def book(name: str = "s1", *stages: Stage, ago: timedelta = timedelta(0)) -> Book:
    """Return a book that was last at work `ago`."""
    at = (NOW - ago).isoformat()
    ends = tuple(Ended(one, True, (), {}, 1.0, at) for one in stages)
    return Book("c1", PROFILE.name, PROFILE.aws.account, "/vault", name, at, stages=ends)


@pytest.mark.parametrize("name", ["s1", "s2"])
def test_a_save_that_waited_is_made_anew_finished_or_not(vault: Vault, name: str) -> None:
    assert waiting.why_anew(book(name, ago=PATIENCE), vault, NOW) == ""
    why = waiting.why_anew(book(name, ago=LONG), vault, NOW)
    assert f"{name} has waited 16 minutes" in why
    found = waiting.anew(book(name, Stage.SAVE, Stage.VERIFY), vault)
    assert (found.snapshot, found.next, found.id) == (f"{name}-2", Stage.SAVE, "c1")


def test_each_save_of_a_cycle_has_a_name_of_its_own(vault: Vault) -> None:
    for name in ("s1-2", "s1-3"):
        with vault.saving(name, {}) as saving:
            saving.finish()
    again = waiting.anew(waiting.anew(book("s1"), vault), vault)
    assert (again.snapshot, again.first) == ("s1-4", "s1")


def test_pauses_add_up_and_what_is_worked_in_between_does_not_count(vault: Vault) -> None:
    half = timedelta(minutes=8)
    once = waiting.gone_on(book(ago=half), vault, NOW)
    worked = waiting.at_work(once, NOW + timedelta(hours=2))
    assert waiting.waited(worked, NOW + timedelta(hours=2)) == half
    twice = waiting.gone_on(worked, vault, NOW + timedelta(hours=2) + half)
    assert "16 minutes" in waiting.why_anew(twice, vault, NOW + timedelta(hours=2) + half)


def test_what_is_not_saved_yet_has_not_waited(vault: Vault) -> None:
    early = book("to-come", ago=LONG)
    assert waiting.why_anew(early, vault, NOW) == ""
    assert waiting.waited(waiting.gone_on(early, vault, NOW), NOW) == timedelta(0)


def test_a_clock_that_went_back_shortens_no_pause(vault: Vault) -> None:
    late = replace(book(ago=LONG), waited=PATIENCE.total_seconds() + 60)
    assert waiting.why_anew(late, vault, NOW - timedelta(days=1))


def test_a_wipe_does_not_begin_with_a_save_that_waits_within_the_run() -> None:
    at_gate = book("s1", Stage.SAVE, Stage.VERIFY, Stage.GATE, ago=LONG)
    with pytest.raises(Refused, match="has waited 16 minutes"):
        waiting.check(at_gate, NOW)
    waiting.check(book("s1", Stage.SAVE, Stage.VERIFY, Stage.GATE), NOW)


def test_after_a_wipe_has_begun_its_snapshot_stays_the_one(vault: Vault) -> None:
    cut = replace(book("s1", Stage.SAVE, Stage.VERIFY, Stage.GATE, ago=LONG), wiping=True)
    assert waiting.why_anew(cut, vault, NOW) == ""
    waiting.check(cut, NOW)


def cycle(env: dict[str, str], *words: str) -> tuple[int, list[Any], str]:
    """Run `relab cycle`; return its exit code, its events and the last line it said."""
    command = [sys.executable, "-m", "relab", "cycle", "--json", *words]
    done = subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    said = done.stderr.strip().rpartition("\n")[2]
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], said


@pytest.mark.timeout(600)
def test_gone_on_with_after_a_while_it_saves_anew_and_wipes_with_nothing_else(
    sandbox: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = sandbox.env() | {
        "RELAB_VAULT": str(tmp_path / "vault"),
        "RELAB_VAULT_KEY": str(tmp_path / "key"),
    }
    monkeypatch.setenv("XDG_STATE_HOME", env["XDG_STATE_HOME"])
    subprocess.run([sys.executable, "-m", "relab", "vault", "init"], env=env, check=True)
    code, events, said = cycle(env, "--until", "save", "--name", "cohort")
    assert (code, events[0]["snapshot"]) == (Exit.OK, "cohort"), said
    begun = books.unfinished(sandbox.profile, env["RELAB_VAULT"])
    assert begun is not None
    assert datetime.now(UTC) - datetime.fromisoformat(begun.seen) < timedelta(minutes=5)

    books.keep(waiting.at_work(begun, datetime.now(UTC) - LONG))
    code, events, said = cycle(env, "--resume", "--cycle", begun.id, "--yes")
    assert (code, events) == (Exit.REFUSED, [])
    assert "cohort has waited 16 minutes" in said
    assert "--until gate" in said

    code, events, _ = cycle(env, "--resume", "--cycle", begun.id, "--until", "save")
    assert (code, events[0]["snapshot"], events[0]["cycle"]) == (Exit.OK, "cohort-2", begun.id)
    [end] = [one for one in events if one["event"] == "StageEnded"]
    assert "saved anew: snapshot cohort has waited 16 minutes" in end["said"][-1]
    words = [sys.executable, "-m", "relab", "snapshot", "list", "--json"]
    told = subprocess.run(words, env=env, check=True, capture_output=True).stdout
    assert {one["name"] for one in json.loads(told)} == {"cohort", "cohort-2"}
