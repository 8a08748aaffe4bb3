"""The whole cycle with the real aws-nuke: undisturbed, killed in every stage, and rehearsed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relab.cycle.model import Stage
from relab.sandbox.session import Session
from tests.real.nuke_world import World, world

pytestmark = pytest.mark.timeout(1500)
PROOF = bool(os.environ.get("RELAB_PROOF"))
CYCLE = ("cycle", "--yes", "--json", "--name", "cohort")
# How far into a stage it is killed: after so many of its events.
INTO = {Stage.SAVE: 20, Stage.GATE: 5, Stage.WIPE: 150, Stage.RESTORE: 100, Stage.PROVE: 10}


@pytest.fixture
def made(changeable: Session, tmp_path: Path) -> Iterator[World]:
    with world(changeable, tmp_path) as found:
        yield found


def of(events: list[Any], kind: str) -> list[Any]:
    return [event for event in events if event["event"] == kind]


def assert_all_is_back(events: list[Any]) -> None:
    facts = {one["stage"]: one["facts"] for one in of(events, "StageEnded")}
    assert facts["prove"]["different"] == 0
    assert facts["prove"]["equal"] > 1000
    checked = facts["check"]
    assert (checked["fail"], checked["error"]) == (0, 0)
    assert checked["pass"] > 400
    assert of(events, "CycleFinished")[-1]["done"]


def killed_in(made: World, stage: Stage, *words: str) -> None:
    """Run a cycle until it is some way into `stage`, then end it by SIGKILL."""
    command = [sys.executable, "-m", "relab", *CYCLE, *words]
    left, begun = INTO.get(stage, 1), False
    with subprocess.Popen(command, env=made.env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            begun = begun or (event["event"], event.get("stage")) == ("StageStarted", stage.value)
            left -= begun
            if not left:
                os.kill(process.pid, signal.SIGKILL)
                break
    assert not left, f"{stage} ended before it could be killed"


def test_a_cycle_wipes_the_account_and_brings_all_of_it_back(made: World) -> None:
    report = made.folder / "report.json"
    done = made.relab(*CYCLE, "--report", str(report))
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["stage"] for one in of(events, "StageEnded")] == [one.value for one in Stage]
    assert_all_is_back(events)
    wiped = of(events, "WipeFinished")[0]
    assert (wiped["clean"], wiped["left"], wiped["problems"]) == (True, 0, 0)
    assert [one["done"] for one in json.loads(report.read_text())["stages"]] == [True] * len(Stage)
    assert made.relab(*CYCLE[:3], "--resume").returncode == 2


def test_killed_in_its_stages_it_goes_on_and_all_is_back(made: World) -> None:
    resumed: tuple[str, ...] = ()
    for stage in Stage if PROOF else (Stage.WIPE, Stage.RESTORE):
        killed_in(made, stage, *resumed)
        resumed = ("--resume",)
    report = made.folder / "report.json"
    done = made.relab("cycle", "--yes", "--resume", "--report", str(report))
    assert done.returncode == 0, done.stderr
    stages = json.loads(report.read_text())["stages"]
    assert [one["stage"] for one in stages] == [one.value for one in Stage]
    assert next(one["facts"]["different"] for one in stages if one["stage"] == "prove") == 0
    assert made.good("check", "--tenant", "all", "--json")


@pytest.mark.skipif(not PROOF, reason="three restores: make proof")
def test_a_rehearsal_leaves_the_account_as_it_is(made: World) -> None:
    made.save()
    before = made.buckets()
    done = made.relab("cycle", "--rehearse", "before", "--json")
    assert done.returncode == 0, done.stderr
    assert_all_is_back([json.loads(line) for line in done.stdout.splitlines()])
    assert made.buckets() == before
