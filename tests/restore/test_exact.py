"""What a snapshot lacks goes, in the order of its making turned round; what must stay stays."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from relab.resources.item import Item
from relab.resources.registry import by_name
from restore.model import Action, Existing, Plan, Planned
from restore.plan import make
from snapshot.vault.model import Snapshot
from tests.resources.account import Account
from tests.resources.seeding import seed
from tests.restore.aws_world import ONLY, AwsWorld, Done, Made, account_world, own_state, through

# Its settings are there from the first day, and moto does not take the empty ones back.
EVERY = tuple(kind for kind in ONLY if kind != "ecr.registry")


def exactly(world: AwsWorld, snapshot: Snapshot, **choice: object) -> Made:
    wanted = replace(world.choice, exact=True, existing=Existing.UPDATE, **choice)  # type: ignore[arg-type]
    return through(make(world.vault, snapshot, world.profile, wanted, {}))


def rows(plan: Plan, action: Action) -> dict[str, Planned]:
    return {row.identity: row for row in plan.items if row.action is action}


@dataclass(frozen=True)
class Cleared:
    """An account of every type, and what came of restoring a snapshot of an empty one."""

    before: list[Item]
    after: list[Item]
    first: Done
    second: Done
    changes: list[object]


def nothing(_: Account) -> None:
    """Leave the account empty."""


@pytest.fixture(scope="module")
def cleared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cleared]:
    folder = tmp_path_factory.mktemp("account")
    with own_state(folder), account_world(folder, nothing, EVERY) as world:
        snapshot = world.save()
        seed(world.account)
        # What a person has protected stays, and is named.
        off = {"TableName": "scores", "DeletionProtectionEnabled": False}
        world.account.do("dynamodb", "UpdateTable", **off)
        before = world.items()
        first = world.apply(snapshot, exactly(world, snapshot))
        after = world.items()
        world.meddler.seen.clear()
        second = world.apply(snapshot, exactly(world, snapshot))
        yield Cleared(before, after, first, second, [*world.changes()])


def test_an_account_of_every_type_is_taken_away(cleared: Cleared) -> None:
    assert [event.why for event in cleared.first.failures] == []
    going = rows(cleared.first.plan, Action.REMOVE)
    assert {row.type for row in going.values()} >= {
        item.type for item in cleared.before if not item.owner and by_name()[item.type].remove
    } - {"iam.access-key", "iam.login-profile"}
    left = {item.identity for item in cleared.after}
    assert left.isdisjoint(going)
    assert left <= set(rows(cleared.first.plan, Action.SKIP))
    assert cleared.first.report.differences == ()


def test_and_a_second_time_nothing_is_called(cleared: Cleared) -> None:
    assert not rows(cleared.second.plan, Action.REMOVE)
    assert cleared.changes == []
    assert cleared.second.clean
