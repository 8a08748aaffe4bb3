"""`relab restore` as a person runs it on a small account: plan, apply, go on, look, report."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pytest

from relab.cli import main
from relab.events import (
    Differs,
    Event,
    RestoreStarted,
    SaveFinished,
    SaveStarted,
    StepDone,
    Verified,
    from_json,
)
from snapshot.vault import keys
from snapshot.vault.model import Snapshot
from tests.conftest import clean_environ
from tests.resources.account import REGION
from tests.restore import small
from tests.restore.aws_world import AwsWorld, account_world, action_of, own_state
from tests.snapshot.meddler import Rule, xml_error

PROFILE = """
format: relab/profile/v1
name: small
title: {{ko: small, en: small}}
extends: ha-mlops
repository: null
aws:
  account: "123456789012"
  region: {region}
  endpoint: {endpoint}
  credentials_file: {credentials}
"""


@dataclass(frozen=True)
class Ran:
    """What the program said, and its exit code."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Desk:
    """A person at the account: their environment and their snapshot."""

    world: AwsWorld
    snapshot: Snapshot
    environ: dict[str, str]

    def relab(self, *words: str) -> Ran:
        out, err = StringIO(), StringIO()
        with (
            patch.dict(os.environ, self.environ, clear=True),
            patch.object(sys, "argv", ["relab", "restore", *words]),
            patch.object(sys, "stdin", StringIO()),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as end,
        ):
            main()
        return Ran(int(end.value.code or 0), out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AwsWorld, Snapshot, Path]]:
    folder = tmp_path_factory.mktemp("account")
    with own_state(folder), account_world(folder, small.messaging, small.TYPES) as world:
        yield world, world.save(), folder


@contextmanager
def seated(shared: tuple[AwsWorld, Snapshot, Path], tmp_path: Path, home: Path) -> Iterator[Desk]:
    """Give an empty account and a person who has the snapshot that was taken of it."""
    world, snapshot, folder = shared
    world.account.reset()
    profile = tmp_path / "small.yaml"
    where = {"endpoint": world.meddler.url, "credentials": world.account.credentials}
    profile.write_text(PROFILE.format(region=REGION, **where), encoding="utf-8")
    environ = {
        "HOME": str(home),
        "RELAB_PROFILE": str(profile),
        "RELAB_VAULT": world.vault.where,
        keys.FILE_VARIABLE: str(folder / "vault.key"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    yield Desk(world, snapshot, clean_environ() | environ)
    world.meddler.choose = lambda _: None


@pytest.fixture
def desk(shared: tuple[AwsWorld, Snapshot, Path], tmp_path: Path, home: Path) -> Iterator[Desk]:
    with seated(shared, tmp_path, home) as found:
        yield found


def plan_of(told: str) -> str:
    return str(json.loads(told)["id"])


def test_a_plan_is_shown_and_then_done(desk: Desk) -> None:
    shown = desk.relab("one", "--plan", "--json")
    assert shown.code == 0
    assert {row["action"] for row in json.loads(shown.out)["items"]} == {"create"}
    assert desk.world.changes() == []
    done = desk.relab("one", "--apply", plan_of(shown.out), "--yes")
    assert done.code == 0, done.err
    assert "10 as they were, 0 not" in done.out
    again = desk.relab("one", "--yes")
    assert again.code == 0
    assert "10 as they were, 0 not" in again.out


def test_a_plan_that_no_longer_fits_is_refused(desk: Desk) -> None:
    plan = plan_of(desk.relab("one", "--plan", "--json").out)
    desk.world.account.do("sqs", "CreateQueue", QueueName="jobs")
    refused = desk.relab("one", "--apply", plan, "--yes")
    assert refused.code == 13
    assert "the world has moved" in refused.err


def test_nothing_is_done_unasked(desk: Desk) -> None:
    asked = desk.relab("one")
    assert asked.code == 13
    assert "--yes" in asked.err


def test_what_failed_is_named_and_a_run_again_goes_on(desk: Desk, tmp_path: Path) -> None:
    denied = Rule("", xml_error("AccessDenied", 403))
    desk.world.meddler.choose = lambda a: denied if action_of(a) == "CreateRole" else None
    report, page = tmp_path / "report.json", tmp_path / "report.html"
    first = desk.relab("one", "--yes", "--report", str(report))
    assert first.code == 3
    assert "not done: aws:iam.role::events (create): CreateRole: AccessDenied" in first.err
    told = json.loads(report.read_text(encoding="utf-8"))
    assert {one["identity"] for one in told["failed"]} == {"aws:iam.role::events"}
    assert [one["wrong"] for one in told["verified"]["differences"]] == ["missing"]
    desk.world.meddler.choose = lambda _: None
    second = desk.relab("one", "--yes", "--report", str(page))
    assert second.code == 0
    assert "going on with plan" in second.err
    assert "<h1>Restore of one</h1>" in page.read_text(encoding="utf-8")
    assert desk.relab("one", "--resume", "--yes").code == 2


def test_a_restore_whose_world_has_gone_is_done_anew(desk: Desk) -> None:
    plan = plan_of(desk.relab("one", "--plan", "--json").out)
    assert desk.relab("one", "--apply", plan, "--yes").code == 0
    desk.world.account.reset()
    again = desk.relab("one", "--apply", plan, "--yes")
    assert again.code == 0, again.err
    assert "10 as they were, 0 not" in again.out


def test_an_item_is_explained(desk: Desk) -> None:
    told = desk.relab("one", "--explain", "alias/lab")
    assert told.code == 0
    lines = told.out.splitlines()
    assert lines[0] == "aws:kms.alias:ap-northeast-2:alias/lab: create: not there"
    assert any(line.startswith("waits for: aws:kms.key:") for line in lines)
    assert any(line.startswith("refers to: aws:kms.key:") for line in lines)
    key = next(
        row
        for row in json.loads(desk.relab("one", "--plan", "--json").out)["items"]
        if row["type"] == "kms.key"
    )
    told = desk.relab("one", "--explain", key["identity"])
    assert "is waited for by: aws:kms.alias:ap-northeast-2:alias/lab (create)" in told.out
    assert desk.relab("one", "--explain", "nothing").code == 2


def test_the_graph_is_mermaid(desk: Desk) -> None:
    lines = desk.relab("one", "--graph").out.splitlines()
    assert lines[0] == "flowchart LR"
    numbers = {line.split("[")[0].strip(): line for line in lines if "[" in line}
    arrows = [line.split(" --> ") for line in lines if "-->" in line]
    named = [(numbers[one.strip()], numbers[other.strip()]) for one, other in arrows]
    assert any("kms.key" in one and "kms.alias" in other for one, other in named)
    assert any("sqs.queue" in one and "events.rule" in other for one, other in named)


def events_of(told: str) -> list[Event]:
    return [from_json(json.loads(line)) for line in told.splitlines()]


def test_a_restore_tells_all_that_a_screen_shows(desk: Desk) -> None:
    denied = Rule("", xml_error("AccessDenied", 403))
    desk.world.meddler.choose = lambda a: denied if action_of(a) == "CreateRole" else None
    assert json.loads(desk.relab("one", "--unfinished", "--json").out) == {"plan": None, "done": 0}
    first = events_of(desk.relab("one", "--yes", "--json").out)
    kinds = [type(event) for event in first]
    # The world is read, the plan is done, and the world is read again.
    assert kinds.count(SaveStarted) == kinds.count(SaveFinished) == 2
    assert kinds.index(SaveFinished) < kinds.index(RestoreStarted)
    [begun] = [event for event in first if isinstance(event, RestoreStarted)]
    assert sum(begun.by_tenant.values()) == begun.steps
    assert begun.before == 0
    [differs] = [event for event in first if isinstance(event, Differs)]
    assert (differs.identity, differs.wrong) == ("aws:iam.role::events", "missing")
    assert first[-1] == Verified(equal=9, differing=1, partial=False)
    waiting = json.loads(desk.relab("one", "--unfinished", "--json").out)
    done = [event for event in first if isinstance(event, StepDone)]
    assert waiting["done"] == len(done)
    assert waiting["plan"]["id"] == begun.plan
    desk.world.meddler.choose = lambda _: None
    second = events_of(desk.relab("one", "--resume", "--yes", "--json").out)
    [again] = [event for event in second if isinstance(event, RestoreStarted)]
    assert (again.resumed, again.before) == (True, len(done))
    assert len([e for e in second if isinstance(e, StepDone) and e.before]) == len(done)
    assert json.loads(desk.relab("one", "--unfinished", "--json").out) == {"plan": None, "done": 0}


def test_a_restore_planned_anew_takes_the_place_of_an_unfinished_one(desk: Desk) -> None:
    denied = Rule("", xml_error("AccessDenied", 403))
    desk.world.meddler.choose = lambda a: denied if action_of(a) == "CreateRole" else None
    desk.relab("one", "--yes")
    desk.world.meddler.choose = lambda _: None
    plan = plan_of(desk.relab("one", "--plan", "--json").out)
    assert desk.relab("one", "--apply", plan, "--yes").code == 0
    assert "no restore of one is unfinished" in desk.relab("one", "--unfinished").err


def test_a_difference_is_told_with_its_values(desk: Desk) -> None:
    assert desk.relab("one", "--yes").code == 0
    url = desk.world.account.do("sqs", "GetQueueUrl", QueueName="jobs")["QueueUrl"]
    now = {"VisibilityTimeout": "77"}
    desk.world.account.do("sqs", "SetQueueAttributes", QueueUrl=url, Attributes=now)
    found = events_of(desk.relab("one", "--existing", "skip", "--yes", "--json").out)
    [differs] = [event for event in found if isinstance(event, Differs)]
    assert differs.identity.endswith("/jobs")
    [value] = differs.fields
    assert value["pointer"] == "/Attributes/VisibilityTimeout"
    assert (value["change"], value["after"], value["sealed"]) == ("changed", "77", False)
    assert value["before"] != "77"
