"""Random worlds: what is restored reads as what was saved, but for the ids.

Hypothesis draws them, the same ones in every run. RELAB_PROOF=1 (`make proof`) tries 40, the suite
2. What fails is drawn again with the `@reproduce_failure` that is printed then.
"""

import os
import random
from collections.abc import Collection, Iterator, Mapping
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from relab.events import StepDone
from relab.resources.item import Item, canonical
from relab.resources.model import ResourceType, Step
from relab.resources.registry import TYPES as DECLARED
from relab.resources.registry import by_name
from relab.resources.writing import creation, payload, problems
from restore.aws_needs import Directory
from restore.model import Action
from tests.resources.replay import moved
from tests.restore.aws_world import AwsWorld, Done, account_world, own_state
from tests.restore.random_world import LEFT_OUT, TYPES, Maker, calls, description

PROOF = bool(os.environ.get("RELAB_PROOF"))
GROUPS, EACH = (2, 20) if PROOF else (1, 2)
NUMBERS = count()
CALLS = frozenset(calls(description()))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsWorld]:
    folder = tmp_path_factory.mktemp("account")
    with own_state(folder), account_world(folder, lambda _: None, TYPES, taught=True) as found:
        yield found


def test_every_type_is_in_the_worlds_or_left_out_for_a_reason() -> None:
    made = {kind.type for kind in DECLARED for step in kind.steps[:1] if is_called(kind, step)}
    assert made.isdisjoint(LEFT_OUT)
    assert made | set(LEFT_OUT) == {kind.type for kind in DECLARED}


def is_called(kind: ResourceType, step: Step) -> bool:
    return f"{kind.service} {step.operation}" in CALLS


@pytest.mark.timeout(7200 if PROOF else 600)
@pytest.mark.parametrize("group", range(GROUPS))
@settings(
    max_examples=EACH,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # a world takes too long to be made smaller
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
@given(chance=st.randoms(use_true_random=False))
def test_a_random_world_comes_back(
    world: AwsWorld,
    group: int,
    chance: random.Random,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with own_state(tmp_path_factory.mktemp("state")):
        comes_back(world, chance, f"world-{group}-{next(NUMBERS)}")


def comes_back(world: AwsWorld, chance: random.Random, name: str) -> None:
    """Make a world, save it, wipe it and restore it; then compare, and look at what was sent."""
    world.wipe()
    Maker(world.account, chance).run()
    snapshot, before = world.save(name), world.items()
    for kind in {item.type for item in before}:
        event(kind)
    world.wipe()
    world.meddler.seen.clear()
    done = world.restore(snapshot)
    assert done.plan.blocked == ()
    assert done.failures == []
    assert done.clean, done.report.differences
    assert_same(before, world.items(), done)
    again = world.plan(snapshot)[0]
    assert [row for row in again.items if row.action not in (Action.ADOPT, Action.SKIP)] == []
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
    """See that each was made when all that its making names was there.

    What it only compares a name with may come later, where that one waits for it in turn.
    """
    directory = Directory(before)
    naming = {item.identity: named(item, directory) for item in before}
    there: list[str] = []
    for one in done.events:
        if isinstance(one, StepDone) and one.phase == "create":
            early = naming[one.identity].keys() - {one.identity, *there}
            assert all(naming[one.identity][name] for name in early)
            assert all(one.identity in reached(naming, name) for name in early)
            there.append(one.identity)
    always = {row.identity for row in done.plan.items if row.action is Action.ADOPT}
    assert {name.split(":")[1] for name in always} <= {"ecr.registry"}
    assert set(there) == naming.keys() - always


def named(item: Item, directory: Directory) -> dict[str, bool]:
    """Return what the creation of `item` names, and whether only to compare it."""
    request = None if item.owner else creation(by_name()[item.type], item)
    if request is None:
        return {}
    return {name: name in directory.only_said(request) for name in directory.named_in(request)}


def reached(naming: Mapping[str, Collection[str]], start: str) -> set[str]:
    """Return all that is named from `start` on."""
    found: set[str] = set()
    left = [start]
    while left:
        new = set(naming[left.pop()]) - found
        found |= new
        left += new
    return found


def assert_good_payloads(before: list[Item]) -> None:
    requests = [request for item in before for request in payload(by_name()[item.type], item)]
    assert len(requests) > len(before) // 2
    assert [(one.operation, problems(one)) for one in requests if problems(one)] == []
