"""What becomes of each item where some of the world stands, and some has changed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from relab.resources.item import Item
from relab.resources.reading import Place
from relab.resources.registry import by_name
from restore.decide import never
from restore.live import Live
from restore.model import CHANGES, Action, Existing, Plan, Planned, from_json, to_json
from restore.plan import Saved, decided, saved
from snapshot.vault.model import Snapshot
from tests.resources.account import Account
from tests.resources.seeding import seed
from tests.restore import small
from tests.restore.aws_world import ONLY, AwsWorld, account_world, own_state

_NONE = {"lambda.function", "cloudwatch.composite-alarm"}  # not in moto, either
KINDS = [kind for kind in ONLY if by_name()[kind].restorable and kind not in _NONE]


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AwsWorld, Saved]]:
    """Give an account of every type, and what a snapshot of it holds."""
    folder = tmp_path_factory.mktemp("account")
    with own_state(folder), account_world(folder, seed) as world:
        snapshot = world.save()
        yield world, saved(world.vault, snapshot, world.profile, world.choice)


def rows(
    world: AwsWorld,
    found: Saved,
    stands: Iterable[Item],
    existing: Existing = Existing.ADOPT_IF_EQUAL,
) -> list[Planned]:
    place = Place(world.account.aws, world.account.target, world.profile.aws.account)
    choice = replace(world.choice, existing=existing)
    return list(decided(found, Live(stands), choice, place))


def every(found: Saved) -> list[Item]:
    return [entry.item for entry in found.entries.values()]


@pytest.mark.parametrize("kind", KINDS)
def test_a_type_alone_is_gone(seeded: tuple[AwsWorld, Saved], kind: str) -> None:
    world, found = seeded
    plan = rows(world, found, [item for item in every(found) if item.type != kind])
    mine = [row for row in plan if row.type == kind and not row.follows]
    assert mine
    assert {row.action for row in mine} == {Action.CREATE}
    gone = {name for item in every(found) if item.type == kind for name in item.identifiers}
    for row in plan:
        if row.type != kind and row.action not in (Action.ADOPT, Action.SKIP):
            # It names by its id what gets another one.
            assert row.action in (Action.UPDATE, Action.BLOCKED)
            assert "made anew" in row.reason or "needs" in row.reason
            text = str(found.entries[row.identity].item.document)
            assert "needs" in row.reason or any(name in text for name in gone)


@pytest.mark.parametrize("kind", KINDS)
def test_a_type_alone_is_left(seeded: tuple[AwsWorld, Saved], kind: str) -> None:
    world, found = seeded
    plan = rows(world, found, [item for item in every(found) if item.type == kind])
    blocked = {row.identity for row in plan if row.action is Action.BLOCKED}
    for row in plan:
        item = found.entries[row.identity].item
        if never(item) or row.follows:
            assert row.action is Action.SKIP
        elif row.type != kind:
            assert row.action is Action.CREATE or is_behind(row, blocked), row.reason
        else:
            assert (
                row.action is Action.ADOPT or "made anew" in row.reason or is_behind(row, blocked)
            )


def is_behind(row: Planned, blocked: set[str]) -> bool:
    """Tell whether `row` is blocked by another, which names by its id what is gone."""
    needed = row.reason.removeprefix("needs ").removesuffix(", which is blocked")
    return row.action is Action.BLOCKED and needed in blocked


@pytest.mark.parametrize("kind", KINDS)
def test_what_differs_is_named(seeded: tuple[AwsWorld, Saved], kind: str) -> None:
    world, found = seeded
    one = next(item for item in every(found) if item.type == kind and not item.owner)
    odd = replace(one, document={**one.document, "Odd": "else"})
    stands = [odd if item is one else item for item in every(found)]
    whole = {row.identity: row for row in rows(world, found, stands)}
    assert whole[one.identity].action is Action.BLOCKED
    assert "differs at /Odd" in whole[one.identity].reason
    skipped = {row.identity: row for row in rows(world, found, stands, Existing.SKIP)}
    assert skipped[one.identity].action is Action.SKIP
    assert not any(row.action in CHANGES for row in skipped.values())


def test_the_one_that_is_gone_does_not_take_its_twin(seeded: tuple[AwsWorld, Saved]) -> None:
    world, found = seeded
    twins = [item for item in every(found) if item.type == "ec2.subnet"]
    plan = rows(world, found, [item for item in every(found) if item is not twins[0]])
    now = {row.identity: row.now for row in plan}
    assert now[twins[0].identity] == ""
    assert now[twins[1].identity] == twins[1].key


def test_a_principal_that_was_gone_when_saved_is_flagged(seeded: tuple[AwsWorld, Saved]) -> None:
    world, found = seeded
    entry = next(one for one in found.entries.values() if one.item.key == "trainer")
    trust = '{"Statement": [{"Principal": {"AWS": "AROAEXAMPLEEXAMPLE12"}}]}'
    document = {**entry.item.document, "AssumeRolePolicyDocument": trust}
    odd = replace(entry, item=replace(entry.item, document=document))
    changed = replace(found, entries={**found.entries, odd.item.identity: odd})
    plan = {row.identity: row for row in rows(world, changed, ())}
    flagged = plan[odd.item.identity]
    assert flagged.action is Action.BLOCKED
    assert flagged.reason.startswith("refers to AROAEXAMPLEEXAMPLE12 at /AssumeRolePolicyDocument")
    needing = [row for row in plan.values() if row.reason.startswith(f"needs {flagged.identity},")]
    assert needing
    assert {row.action for row in needing} == {Action.BLOCKED}


def test_a_plan_survives_its_file(seeded: tuple[AwsWorld, Saved]) -> None:
    world, found = seeded
    items = tuple(rows(world, found, ()))
    plan = Plan("p1", "one", "hash", "ha-mlops", "123456789012", world.choice, "now", items)
    assert from_json(to_json(plan)) == plan


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AwsWorld, Snapshot]]:
    folder = tmp_path_factory.mktemp("small")
    with own_state(folder), account_world(folder, small.fill, small.TYPES) as world:
        yield world, world.save()


def harm(account: Account) -> None:
    """Take parts away: all of them can be put back without making anything anew."""
    do = account.do
    do("events", "RemoveTargets", Rule="nightly", Ids=["1"])
    do("kms", "DeleteAlias", AliasName="alias/lab")
    arn = "arn:aws:iam::123456789012:policy/read"
    do("iam", "DetachRolePolicy", RoleName="events", PolicyArn=arn)
    do(
        "s3",
        "PutBucketNotificationConfiguration",
        Bucket="small-bucket",
        NotificationConfiguration={},
    )
    groups = do("ec2", "DescribeSecurityGroups", Filters=[{"Name": "group-name", "Values": ["db"]}])
    one = groups["SecurityGroups"][0]
    do(
        "ec2",
        "RevokeSecurityGroupIngress",
        GroupId=one["GroupId"],
        IpPermissions=one["IpPermissions"],
    )


@pytest.mark.timeout(600)
def test_what_only_lacks_parts_is_completed(
    shared: tuple[AwsWorld, Snapshot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    world, snapshot = shared
    harm(world.account)
    done = world.restore(snapshot)
    changed = {row.type: row for row in done.plan.items if row.action in CHANGES}
    assert changed.pop("kms.alias").action is Action.CREATE
    assert set(changed) == {"events.rule", "iam.role", "s3.bucket", "ec2.security-group"}
    for row in changed.values():
        assert row.action is Action.UPDATE
        assert row.reason.startswith("lacks /")
    assert done.clean
    assert world.strays(done) == {}


@pytest.mark.timeout(600)
def test_what_was_changed_is_blocked_and_then_updated(
    shared: tuple[AwsWorld, Snapshot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    world, snapshot = shared
    world.account.do("events", "PutRule", Name="nightly", EventPattern='{"source": ["other"]}')
    first = world.restore(snapshot)
    blocked = {row.type: row.reason for row in first.plan.blocked}
    assert set(blocked) == {"events.rule"}
    assert "differs at /EventPattern" in blocked["events.rule"]
    assert [one.identity for one in first.report.differences] == [first.plan.blocked[0].identity]
    kept = world.restore(snapshot, Existing.SKIP)
    assert not kept.failures
    assert kept.report.differences == first.report.differences
    second = world.restore(snapshot, Existing.UPDATE)
    assert second.clean
