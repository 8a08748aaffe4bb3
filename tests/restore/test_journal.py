"""What a journal holds after it was closed, killed or asked to forget."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from relab.clouds.outcome import Reply
from relab.resources.writing import Request
from restore.calls import Patience, is_done, is_there, may_pass, within
from restore.graph import Node, Phase
from restore.journal import Journal, Made, State

VPC = "aws:ec2.vpc:ap-northeast-2:vpc-0a1b2c3d4e5f60718"
OLD, NEW = "vpc-0a1b2c3d4e5f60718", "vpc-0ffffffffffffffff"
CREATE = Node(VPC, Phase.CREATE)
FORK = multiprocessing.get_context("forkserver")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    found = Journal(tmp_path / "journal.sqlite")
    yield found
    found.close()


def again(journal: Journal) -> Journal:
    """Open the same file as another process would, while it is still open here."""
    return Journal(journal.path)


def test_an_intent_is_there_before_its_outcome(journal: Journal) -> None:
    journal.intend(CREATE, 0, "CreateVpc")
    other = again(journal)
    assert other.state(CREATE, 0) is State.INTENDED
    assert other.state(CREATE) is None
    assert other.made(VPC) is None
    other.close()


def test_what_was_made_is_found_again(journal: Journal) -> None:
    journal.make(VPC, Made(NEW, {"VpcId": NEW}), {OLD: NEW})
    journal.did(CREATE)
    other = again(journal)
    assert other.made(VPC) == Made(NEW, {"VpcId": NEW})
    assert other.new_name(OLD) == NEW
    assert other.keys_of("ec2.vpc") == {NEW}
    assert other.state(CREATE) is State.DONE
    other.close()


def test_what_failed_says_why_until_it_is_done(journal: Journal) -> None:
    journal.failed(CREATE, "no more VPCs")
    assert journal.failures() == {CREATE: "no more VPCs"}
    journal.did(CREATE)
    assert journal.failures() == {}


def test_what_has_gone_is_forgotten(journal: Journal) -> None:
    journal.make(VPC, Made(NEW, {}), {OLD: NEW})
    journal.did(CREATE)
    journal.did(Node("other", Phase.CREATE))
    journal.forget(VPC)
    for one in (journal, again(journal)):
        assert one.made(VPC) is None
        assert one.state(CREATE) is None
        assert one.state(Node("other", Phase.CREATE)) is State.DONE


def write_and_die(path: Path, wrote: "multiprocessing.queues.Queue[int]") -> None:
    """Write intents until killed, telling of each when it is durable."""
    journal = Journal(path)
    for number in range(100_000):
        journal.intend(CREATE, number, "call")
        wrote.put(number)


def test_a_kill_loses_no_intent_that_was_told(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    wrote = FORK.Queue()
    process = FORK.Process(target=write_and_die, args=(path, wrote))
    process.start()
    told = [wrote.get(timeout=60) for _ in range(20)]
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    journal = Journal(path)
    assert all(journal.state(CREATE, number) is State.INTENDED for number in told)
    journal.close()


def test_patience_ends() -> None:
    assert list(Patience(tries=5, first=0.0, longest=0.0).rounds()) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("operation", "status", "done"),
    [
        ("CreateRoute", "RouteAlreadyExists", True),
        ("AuthorizeSecurityGroupIngress", "InvalidPermission.Duplicate", True),
        ("RevokeSecurityGroupEgress", "InvalidPermission.NotFound", True),
        ("CreateRoute", "InvalidRouteTableID.NotFound", False),
        ("UpdateTimeToLive", "ResourceInUseException", False),
        ("PutBucketPolicy", "AccessDenied", False),
    ],
)
def test_a_repeated_call_is_done_when_nothing_is_left_to_do(
    operation: str, status: str, done: bool
) -> None:
    assert is_done(Request("any", operation, {}), Reply(status)) is done


def test_a_table_that_is_there_was_made_and_one_that_is_busy_is_waited_for() -> None:
    busy = Reply("ResourceInUseException")
    assert is_there(busy)
    assert may_pass(busy)


@pytest.mark.parametrize(
    ("part", "whole", "inside"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": [2, 1]}, {"a": [1, 2, 3]}, True),
        ({"a": {"b": 1}}, {"a": {}}, False),
        ({"P": '{"Statement": {"Action": "a"}}'}, {"P": '{"Statement":[{"Action":["a"]}]}'}, True),
        ({"P": '{"Statement": {"Action": "a"}}'}, {"P": '{"Statement":[{"Action":["b"]}]}'}, False),
    ],
)
def test_within(part: object, whole: object, inside: bool) -> None:
    assert within(part, whole) is inside
