"""The real aws-nuke on an account that holds every resource type: proved, wiped, put back."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from relab.nuke.binary import PINNED, probe
from relab.nuke.names import PIECES, included
from relab.nuke.rules import ALWAYS, STACK
from relab.nuke.wipe import UNORDERED
from relab.resources.registry import TYPES
from relab.sandbox.session import Session
from tests.real.nuke_world import YES, World, losses, program, world

pytestmark = pytest.mark.timeout(900)
_REQUESTED = "Removal requested"
_LAMBDA = ("lambda.function", "mlops-training-notify")


@pytest.fixture
def made(changeable: Session, tmp_path: Path) -> Iterator[World]:
    with world(changeable, tmp_path) as found:
        yield found


def test_it_says_which_version_it_is() -> None:
    assert probe(program()).told == PINNED


def test_it_knows_every_type_that_we_name() -> None:
    done = subprocess.run([program(), "resource-types"], capture_output=True, text=True)
    text = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    known = {line.split()[0] for line in text.splitlines() if not line.startswith(" ")}
    ours = {*included(kind.type for kind in TYPES), *(one.nuke for one in PIECES), STACK}
    assert ours | {one.type for one in ALWAYS} <= known
    # What we say that it does not know, it really does not.
    flags = subprocess.run([program(), "run", "--help"], capture_output=True, text=True).stdout
    for word in ("--no-prompt", "--prompt-delay", "--max-wait-retries", "--log-format"):
        assert word in flags


def test_the_whole_account_is_proved_wiped_and_put_back(made: World) -> None:
    made.save()
    first = made.plan()
    assert (first["problems"], first["breaches"], first["unread"]) == ([], [], [])
    assert losses(first) == set()
    assert _LAMBDA in {(one["type"], one["key"]) for one in first["kept"]}
    assert [one["type"] for one in first["survivors"]] == ["ecr.registry"]

    late = {"Bucket": "mlops-training-user07", "Key": "after-the-save"}
    version = made.client("s3").put_object(**late, Body=b"x").get("VersionId", "null")
    made.client("sqs").create_queue(QueueName="after-the-save")
    refused = made.relab("nuke", "run", *YES)
    assert refused.returncode == 13
    assert "mlops-training-user07/after-the-save of tenant 07 would be lost" in refused.stderr
    assert re.search(r"sqs\.queue \S+/after-the-save would be lost", refused.stderr)
    assert "mlops-training-user07" in made.buckets()

    made.client("s3").delete_object(**late, VersionId=version)
    queue = made.client("sqs").get_queue_url(QueueName="after-the-save")["QueueUrl"]
    made.client("sqs").delete_queue(QueueUrl=queue)
    code, events = made.events()
    assert code == 0, events[-1].get("refusals", events[-1])
    assert (events[-1]["left"], events[-1]["problems"]) == ([], [])
    assert made.buckets() == set()
    assert made.sandbox.status()["counts"]["pods"] == 0
    again = made.plan()
    assert {one["type"] for one in again["doomed"]} == set()

    said = made.relab("restore", "before", "--yes")
    assert said.returncode == 0, said.stdout + said.stderr
    assert ", 0 not" in said.stdout + said.stderr


@pytest.mark.parametrize("moment", [_REQUESTED, '"state":"waiting".*"type":"EC2VPC"'])
def test_killed_half_way_nothing_is_claimed_and_another_run_ends_it(
    made: World, moment: str
) -> None:
    """The second moment leaves only what depends on other types, which aws-nuke then overlooks."""
    made.save()
    # The second run is the wet one: it is killed when it has begun to remove.
    made.place(
        'case "$*" in *--no-dry-run*)',
        f"{made.program} \"$@\" | {{ grep -m1 '{moment}' && kill -9 $$; }}; esac",
    )
    code, events = made.events()
    assert code == 3
    inventory = events[-1]
    assert any("killed" in problem for problem in inventory["problems"])
    assert inventory["left"]
    assert not any(one["event"] == "WipeFinished" and one["clean"] for one in events)
    made.place()
    code, events = made.events()
    assert code == 0, events[-1].get("refusals", events[-1])
    # At the first moment that depends on the order in which aws-nuke happened to scan.
    again = any(one.get("text") == UNORDERED for one in events)
    assert again or moment == _REQUESTED
    assert made.buckets() == set()


def test_what_comes_between_the_look_and_the_wipe_ends_it_before_it_begins(made: World) -> None:
    made.save()
    env = made.env
    made.place(
        'case "$*" in *--no-dry-run*)',
        f"aws --endpoint-url {env['AWS_ENDPOINT_URL']} s3 mb s3://late >/dev/null;;",
        "esac",
    )
    before = made.buckets()
    code, events = made.events()
    assert code == 3
    assert any("S3Bucket s3://late" in problem for problem in events[-1]["problems"])
    assert made.buckets() == before | {"late"}


def test_a_soft_wipe_empties_buckets_and_repositories_and_keeps_them(made: World) -> None:
    made.save()
    before = made.buckets()
    keys = made.client("kms").list_keys()["Keys"]
    code, events = made.events("--soft")
    assert code == 0, events[-1].get("refusals", events[-1])
    assert made.buckets() == before
    for name in before:
        assert "Contents" not in made.client("s3").list_objects_v2(Bucket=name)
    for one in made.client("ecr").describe_repositories()["repositories"]:
        assert not made.client("ecr").list_images(repositoryName=one["repositoryName"])["imageIds"]
    assert made.client("kms").list_keys()["Keys"] == keys
    assert made.client("sqs").list_queues().get("QueueUrls") is None
