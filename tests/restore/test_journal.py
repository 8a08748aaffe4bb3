"""What the journal writes at once, what in groups, and that only one restores at a time."""

from pathlib import Path

import pytest

from relab.errors import Exit, Locked
from relab.sandbox.session import Session
from restore import start
from restore.graph import Node, Phase
from restore.journal import Journal, Made, State

ITEM = "kubernetes:v1/ConfigMap:c:n/{}"
NODE = Node(ITEM.format(0), Phase.CREATE)
CALL = Node("aws:ec2.vpc:r:v", Phase.CREATE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def read(path: Path) -> Journal:
    """Return what a process would find that came after a kill."""
    return Journal(path)


def apply(journal: Journal, number: int) -> None:
    identity = ITEM.format(number)
    names = {f"old{number}": f"new{number}"}
    journal.make(identity, Made(f"n/{number}", {}), names, later=True)
    journal.did(Node(identity, Phase.CREATE), later=True)


def test_what_is_written_later_is_known_at_once_and_durable_with_the_next_line(path: Path) -> None:
    journal = Journal(path)
    apply(journal, 0)
    assert journal.state(NODE) is State.DONE
    assert journal.new_name("old0") == "new0"
    assert read(path).state(NODE) is None
    journal.intend(CALL, 0, "CreateVpc")
    found = read(path)
    assert (found.state(NODE), found.state(CALL, 0)) == (State.DONE, State.INTENDED)
    assert found.new_name("old0") == "new0"
    assert found.made(ITEM.format(0)) == Made("n/0", {})


def test_an_intent_and_its_outcome_never_wait(path: Path) -> None:
    journal = Journal(path)
    journal.intend(CALL, 0, "CreateVpc")
    assert read(path).state(CALL, 0) is State.INTENDED
    journal.make(CALL.identity, Made("vpc-1", {"VpcId": "vpc-1"}), {"vpc-0": "vpc-1"})
    assert read(path).new_name("vpc-0") == "vpc-1"
    journal.did(CALL, 0)
    assert read(path).state(CALL, 0) is State.DONE


def test_groups_are_written_without_being_asked_and_the_rest_at_the_end(path: Path) -> None:
    journal = Journal(path)
    for number in range(1000):
        apply(journal, number)
    found = read(path)
    durable = sum(
        found.state(Node(ITEM.format(number), Phase.CREATE)) is State.DONE for number in range(1000)
    )
    assert durable > 500
    journal.close()
    assert read(path).state(Node(ITEM.format(999), Phase.CREATE)) is State.DONE


def test_a_failure_is_told_unless_a_later_line_says_otherwise(path: Path) -> None:
    journal = Journal(path)
    journal.failed(NODE, "no")
    assert journal.failures() == {NODE: "no"}
    journal.did(NODE, later=True)
    assert journal.failures() == {}


def test_only_one_restore_at_a_time(sandbox: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(sandbox.root))
    with (
        start.alone(sandbox.profile),
        pytest.raises(Locked) as caught,
        start.alone(sandbox.profile),
    ):
        raise AssertionError("two at once")
    assert caught.value.exit_code is Exit.LOCKED
    with start.alone(sandbox.profile):
        pass
