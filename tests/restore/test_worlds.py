"""Random accounts: what is restored reads as what was saved, but for the ids.

RELAB_PROOF=1 (`make proof`) tries 40 of them, the suite 2.
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from relab.events import StepDone
from relab.resources.item import Item, canonical
from relab.resources.registry import by_name
from relab.resources.writing import creation, payload, problems
from restore.aws_needs import Directory
from tests.resources.replay import moved
from tests.restore.aws_world import NEVER, AwsWorld, Done, account_world, own_state
from tests.restore.random_world import TYPES, Maker

PROOF = bool(os.environ.get("RELAB_PROOF"))
WORLDS = range(40 if PROOF else 2)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsWorld]:
    folder = tmp_path_factory.mktemp("account")
    with own_state(folder), account_world(folder, lambda _: None, TYPES) as found:
        yield found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", WORLDS)
def test_a_random_world_comes_back(
    world: AwsWorld, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    world.account.reset()
    Maker(world.account, random.Random(number + 1)).run()
    snapshot, before = world.save(f"world-{number}"), world.items()
    world.account.reset()
    world.meddler.seen.clear()
    done = world.restore(snapshot)
    assert done.failures == []
    assert done.clean, done.report.differences
    assert_same(before, world.items(), done)
    assert_nothing_old_was_sent(world, done)
    assert_in_order(before, done)
    assert_good_payloads(before)


def assert_same(before: list[Item], after: list[Item], done: Done) -> None:
    """Compare all documents as they read, the old ones with the ids replaced as plain text."""
    names = {old: new for old, new in done.names.items() if old != new}
    wanted = [(one.type, canonical(moved(one, names).document)) for one in before]
    found = [(one.type, canonical(dict(one.document))) for one in after]
    assert sorted(found) == sorted(wanted)


def assert_nothing_old_was_sent(world: AwsWorld, done: Done) -> None:
    gone = {old for old, new in done.names.items() if old != new}
    sent = "\n".join(asked.text for asked in world.changes())
    assert len(gone) > 10
    assert [old for old in gone if old in sent] == []


def assert_in_order(before: list[Item], done: Done) -> None:
    """See that each was made when all that its making names was there."""
    items, directory = {one.identity: one for one in before}, Directory(before)
    there: set[str] = set()
    for event in done.events:
        if isinstance(event, StepDone) and event.phase == "create":
            item = items[event.identity]
            request = creation(by_name()[item.type], item)
            named = set(directory.named_in(request)) if request and not item.owner else set()
            assert named - {item.identity} <= there
            there.add(item.identity)
    assert there == {name for name in items if items[name].type not in NEVER}


def assert_good_payloads(before: list[Item]) -> None:
    requests = [request for item in before for request in payload(by_name()[item.type], item)]
    assert len(requests) > len(before) // 2
    assert [(one.operation, problems(one)) for one in requests if problems(one)] == []
