"""Save an account of every type, wipe it, restore it twice: the same world under new ids."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from relab.resources.item import Item, canonical
from restore.aws_needs import Directory
from restore.model import Action
from restore.references import references
from tests.resources.account import Account
from tests.resources.seeding import seed
from tests.restore.aws_world import NEVER, AwsWorld, Done, account_world, own_state
from tests.snapshot.meddler import Asked


@dataclass(frozen=True)
class Proof:
    """What stood before the wipe and after the restore, and two restores."""

    world: AwsWorld
    before: list[Item]
    after: list[Item]
    first: Done
    second: Done
    asked: list[Asked]
    changes: list[Asked]


def fill(account: Account) -> None:
    """Seed the account; add things that are all alike, and a policy that names a role by its id."""
    seed(account)
    for _ in range(2):
        account.do("ec2", "AllocateAddress", Domain="vpc")
    role = account.do("iam", "GetRole", RoleName="trainer")["Role"]["RoleId"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Action": "s3:*",
                "Resource": "*",
                "Condition": {"StringNotLike": {"aws:userId": [f"{role}:*"]}},
            }
        ],
    }
    account.do(
        "iam",
        "PutRolePolicy",
        RoleName="cluster",
        PolicyName="by-id",
        PolicyDocument=json.dumps(policy),
    )


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proof]:
    folder = tmp_path_factory.mktemp("account")
    with own_state(folder), account_world(folder, fill) as world:
        snapshot, before = world.save(), world.items()
        world.wipe()
        first, after = world.restore(snapshot), world.items()
        world.meddler.seen.clear()
        second = world.restore(snapshot)
        yield Proof(world, before, after, first, second, [*world.meddler.seen], [*world.changes()])


def test_it_is_all_back(proof: Proof) -> None:
    assert proof.first.failures == []
    assert proof.first.report.differences == ()
    assert proof.first.clean
    assert proof.first.plan.counts[Action.CREATE] > 45


def test_nothing_was_made_twice(proof: Proof) -> None:
    def kinds(items: list[Item]) -> Counter[str]:
        return Counter(item.type for item in items if item.type not in NEVER)

    assert kinds(proof.after) == kinds(proof.before)


def test_no_old_id_is_left(proof: Proof) -> None:
    gone = {old for old, new in proof.first.names.items() if old != new}
    text = canonical([[dict(i.document), dict(i.observed)] for i in proof.after]).decode()
    assert len(gone) > 20
    assert [old for old in gone if old in text] == []


def test_every_reference_points_at_the_new_one(proof: Proof) -> None:
    names = proof.first.names
    old, new = Directory(proof.before), Directory(proof.after)
    live = {(item.type, item.key): item for item in proof.after}
    seen: Counter[str] = Counter()
    for item in proof.before:
        if item.identity in proof.first.keys:
            stands = live[item.type, proof.first.keys[item.identity]]
            was = [one.identifier for one in references(dict(item.document), old.finder)]
            now = [one.identifier for one in references(dict(stands.document), new.finder)]
            assert sorted(now) == sorted(names.get(one, one) for one in was), item.identity
            seen[item.type] += len(now)
    assert [kind for kind in REFERRING if not seen[kind]] == []


REFERRING = (
    "ec2.subnet",
    "ec2.route-table",
    "ec2.security-group",
    "ec2.network-acl",
    "eks.cluster",
    "eks.nodegroup",
    "events.rule",
    "iam.role",
    "kms.alias",
    "s3.bucket",
    "secretsmanager.secret",
)


def test_groups_that_name_each_other_still_do(proof: Proof) -> None:
    groups = {
        item.document["GroupName"]: item
        for item in proof.after
        if item.type == "ec2.security-group" and not item.owner
    }
    for one, other in (("web", "db"), ("db", "web")):
        assert groups[other].key in canonical(dict(groups[one].document)).decode()


def test_the_second_restore_changes_nothing_at_the_wire(proof: Proof) -> None:
    assert proof.second.clean
    assert proof.second.actions() <= {Action.ADOPT, Action.SKIP}
    assert len(proof.asked) > 200
    assert [asked.text[:120] for asked in proof.changes] == []
