"""Tags that were changed by hand are what they were after `--existing update`."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from relab.resources.item import Item
from relab.resources.registry import by_name
from relab.resources.tagging import retagging
from relab.resources.tags import MEMBER
from restore.model import Action, Existing
from snapshot.vault.model import Snapshot
from tests.resources.account import Account
from tests.restore import small
from tests.restore.aws_world import AwsWorld, account_world, own_state

TYPES = (
    "dynamodb.table",
    "ec2.vpc",
    "ecr.repository",
    "events.rule",
    "iam.policy",
    "iam.role",
    "kms.key",
    "logs.group",
    "s3.bucket",
    "secretsmanager.secret",
    "sns.topic",
    "sqs.queue",
    "ssm.parameter",
)
SAVED = {"course": "mlops", "tenant": "07"}
NOW = {"course": "other", "stray": "1"}


def fill(account: Account) -> None:
    """Make one of each type; they get their tags when all stand."""
    do = account.do
    do("ec2", "CreateVpc", CidrBlock="10.1.0.0/16")
    small.messaging(account)
    do("ecr", "CreateRepository", repositoryName="mlops/a")
    do("logs", "CreateLogGroup", logGroupName="/a")
    do("ssm", "PutParameter", Name="/a", Type="String", Value="a")
    do(
        "dynamodb",
        "CreateTable",
        TableName="a",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def tag(world: AwsWorld, tags: dict[str, str]) -> None:
    for item in mine(world):
        wanted = replace(item, document={**item.document, MEMBER: tags})
        for request in retagging(by_name()[item.type], wanted, item):
            world.account.do(request.service, request.operation, **request.params)


def mine(world: AwsWorld) -> list[Item]:
    return [item for item in world.items() if item.type in TYPES and not item.owner]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AwsWorld, Snapshot]]:
    folder = tmp_path_factory.mktemp("account")
    with own_state(folder), account_world(folder, fill, (*TYPES, "kms.alias")) as world:
        tag(world, SAVED)
        yield world, world.save()


def test_tags_become_what_they_were(saved: tuple[AwsWorld, Snapshot]) -> None:
    world, snapshot = saved
    tag(world, NOW)
    assert {item.type for item in mine(world)} == set(TYPES)
    assert all(item.document[MEMBER] == NOW for item in mine(world))
    done = world.restore(snapshot, Existing.UPDATE)
    changed = {row.type for row in done.plan.items if row.action is Action.UPDATE}
    assert changed == set(TYPES)
    assert done.failures == []
    assert done.report.differences == ()
    assert done.clean
    assert all(item.document[MEMBER] == SAVED for item in mine(world))


def test_tags_that_the_snapshot_lacks_go(saved: tuple[AwsWorld, Snapshot]) -> None:
    world, snapshot = saved
    tag(world, {**SAVED, "stray": "1"})
    done = world.restore(snapshot, Existing.UPDATE)
    assert done.clean, (done.failures, done.report.differences, done.plan.blocked)
    assert all(item.document[MEMBER] == SAVED for item in mine(world))
