"""Things that are made with each other's names come back: one of them only compares the name."""

import json
from collections.abc import Iterator

import pytest

from relab.resources.item import Item
from relab.resources.registry import by_name
from relab.resources.writing import Request, creation
from restore.aws_needs import Directory
from restore.model import Action
from tests.resources.account import ACCOUNT, Account
from tests.restore.aws_world import AwsWorld, account_world, own_state
from tests.restore.small import TRUST

TYPES = ("iam.policy", "iam.role", "kms.key", "logs.group", "sqs.queue")
QUEUE = f"arn:aws:sqs:ap-northeast-2:{ACCOUNT}:"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/bound"
LOGS = f"arn:aws:logs:ap-northeast-2:{ACCOUNT}:log-group:/lab"


def policy(**statement: object) -> str:
    whole = {"Effect": "Allow", "Action": "*", "Resource": "*", **statement}
    return json.dumps({"Version": "2012-10-17", "Statement": [whole]})


def fill(account: Account) -> None:
    """Make a queue and its dead letters, a key and what it seals, a role and its boundary."""
    do = account.do
    dead = do("sqs", "CreateQueue", QueueName="dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": f"{QUEUE}dead", "maxReceiveCount": 3})
    do("sqs", "CreateQueue", QueueName="jobs", Attributes={"RedrivePolicy": redrive})
    allowed = policy(Condition={"ArnEquals": {"aws:SourceArn": f"{QUEUE}jobs"}})
    do("sqs", "SetQueueAttributes", QueueUrl=dead, Attributes={"Policy": allowed})
    seal = policy(Condition={"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": LOGS}})
    key = do("kms", "CreateKey", Policy=seal)["KeyMetadata"]["Arn"]
    do("logs", "CreateLogGroup", logGroupName="/lab", kmsKeyId=key)
    bound = do("iam", "CreatePolicy", PolicyName="own", PolicyDocument=policy(Resource=ROLE))
    arn = bound["Policy"]["Arn"]
    named = {"RoleName": "bound", "AssumeRolePolicyDocument": TRUST}
    do("iam", "CreateRole", PermissionsBoundary=arn, **named)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsWorld]:
    folder = tmp_path_factory.mktemp("account")
    with own_state(folder), account_world(folder, fill, TYPES) as found:
        yield found


def test_what_is_only_compared_is_told_apart(world: AwsWorld) -> None:
    items = world.items()
    directory = Directory(items)
    said = set()
    for item in items:
        request = creation(by_name()[item.type], item)
        for name in directory.only_said(request) if request else ():
            said.add((item.type, name.split(":")[1], name.rpartition("/")[2]))
    assert said == {
        ("iam.policy", "iam.role", "aws:iam.role::bound"),
        ("kms.key", "logs.group", "lab"),
        ("sqs.queue", "sqs.queue", "jobs"),
    }


def test_a_queue_says_whose_dead_letters_it_takes(world: AwsWorld) -> None:
    """Shown on a call alone: moto forgets this attribute."""
    directory = Directory(world.items())
    named = {"RedriveAllowPolicy": json.dumps({"sourceQueueArns": [f"{QUEUE}jobs"]})}
    needed = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": f"{QUEUE}jobs"})}
    both = [Request("sqs", "CreateQueue", {"Attributes": one}) for one in (named, needed)]
    assert [len(directory.only_said(one)) for one in both] == [1, 0]


def test_a_rule_of_alarms_names_them() -> None:
    """Shown on a call alone: moto does not look whether they are there."""
    kinds = ("cloudwatch.metric-alarm", "cloudwatch.composite-alarm")
    alarms = [Item("aws", kind, "", f"{kind} one", {}) for kind in kinds]
    rule = f"ALARM('{alarms[0].key}') AND (NOT OK( {alarms[1].key} ) OR ALARM(other))"
    request = Request("cloudwatch", "PutCompositeAlarm", {"AlarmRule": rule})
    found = set(Directory(alarms).named_in(request))
    assert found == {one.identity for one in alarms}


def test_a_key_may_be_called_by_its_alias() -> None:
    """Shown on a call alone: moto does not look whether it is there."""
    alias = Item("aws", "kms.alias", "", "alias/lab", {})
    sealed = {"Name": "/lab", "KeyId": "alias/lab", "Value": "alias/other"}
    found = Directory([alias]).named_in(Request("ssm", "PutParameter", sealed))
    assert list(found) == [alias.identity]


def test_circles_of_names_come_back(world: AwsWorld) -> None:
    snapshot = world.save()
    world.account.reset()
    done = world.restore(snapshot)
    assert done.plan.blocked == ()
    assert done.clean
    assert {row.action for row in world.plan(snapshot)[0].items} == {Action.ADOPT}
