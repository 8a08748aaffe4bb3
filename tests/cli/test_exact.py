"""`relab restore --exact` as a person runs it: what goes is shown, and asked for apart."""

import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any
from unittest.mock import patch

import pytest

from relab.cli import main
from tests.cli.test_restore import Desk, Ran, desk, shared
from tests.restore import small
from tests.restore.aws_world import action_of
from tests.snapshot.meddler import Rule, xml_error

__all__ = ["desk", "shared"]


class Typed(StringIO):
    """What a person types at a terminal."""

    def isatty(self) -> bool:
        return True


def typed(desk: Desk, text: str, *words: str) -> Ran:
    out, err = StringIO(), StringIO()
    with (
        patch.dict(os.environ, desk.environ, clear=True),
        patch.object(sys, "argv", ["relab", "restore", *words]),
        patch.object(sys, "stdin", Typed(text)),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        main()
    return Ran(int(end.value.code or 0), out.getvalue(), err.getvalue())


@pytest.fixture
def more(desk: Desk) -> Desk:
    """Give an account that is as it was saved, but for a role and the queue that is more."""
    assert desk.relab("one", "--yes").code == 0
    do = desk.world.account.do
    do("iam", "CreateRole", RoleName="extra", AssumeRolePolicyDocument=small.TRUST)
    body = {"PolicyName": "in", "PolicyDocument": small.policy("s3:*")}
    do("iam", "PutRolePolicy", RoleName="extra", **body)
    do("sqs", "CreateQueue", QueueName="extra")
    desk.world.meddler.seen.clear()
    return desk


def roles(desk: Desk) -> set[str]:
    return {row["RoleName"] for row in desk.world.account.do("iam", "ListRoles")["Roles"]}


def test_what_goes_is_shown(more: Desk) -> None:
    shown = more.relab("one", "--exact", "--plan")
    assert shown.code == 0
    assert "remove: aws:iam.role::extra: the snapshot does not have it" in shown.err
    assert "2 remove" in shown.err
    rows = json.loads(more.relab("one", "--exact", "--plan", "--json").out)["items"]
    going = {row["key"].rpartition("/")[2] for row in rows if row["action"] == "remove"}
    assert going == {"extra"}
    told = more.relab("one", "--exact", "--explain", "iam.role:extra")
    assert told.out.splitlines()[0].startswith("aws:iam.role::extra: remove: ")
    assert ":::gone" in more.relab("one", "--exact", "--graph").out
    assert more.world.changes() == []


def test_a_kept_plan_that_removes_is_not_done_by_yes_alone(more: Desk) -> None:
    plan = json.loads(more.relab("one", "--exact", "--plan", "--json").out)["id"]
    refused = more.relab("one", "--apply", plan, "--yes")
    assert refused.code == 13
    assert "removes 2 things" in refused.err
    assert more.world.changes() == []
    done = more.relab("one", "--apply", plan, "--exact", "--yes")
    assert done.code == 0, done.err
    assert roles(more) == {"events"}


@pytest.mark.parametrize(("answer", "code"), [("2", 0), ("remove", 0), ("y", 130), ("", 130)])
def test_at_a_terminal_the_number_is_typed(more: Desk, answer: str, code: int) -> None:
    done = typed(more, f"y\n{answer}\n", "one", "--exact")
    assert "It removes 2 things" in done.err
    assert done.code == code
    assert roles(more) == ({"events"} if code == 0 else {"events", "extra"})
    assert bool(more.world.changes()) == (code == 0)


def test_a_removal_that_failed_is_named_and_gone_on_with(more: Desk) -> None:
    denied = Rule("", xml_error("AccessDenied", 403))
    more.world.meddler.choose = lambda a: denied if action_of(a) == "DeleteRole" else None
    first = more.relab("one", "--exact", "--yes")
    assert first.code == 3
    assert "not done: aws:iam.role::extra (remove): DeleteRole: AccessDenied" in first.err
    assert "extra: aws:iam.role::extra" in first.out
    more.world.meddler.choose = lambda _: None
    second = more.relab("one", "--exact", "--yes")
    assert second.code == 0, second.err
    assert "going on with plan" in second.err
    assert roles(more) == {"events"}


def test_what_an_item_has_too_much_of_is_taken_off(more: Desk) -> None:
    do = more.world.account.do
    made = do("iam", "CreatePolicy", PolicyName="mine", PolicyDocument=small.policy("s3:*"))
    do("iam", "AttachRolePolicy", RoleName="events", PolicyArn=made["Policy"]["Arn"])
    cors = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
    do("s3", "PutBucketCors", Bucket="small-bucket", CORSConfiguration=cors)
    do("events", "PutTargets", Rule="nightly", Targets=[{"Id": "2", "Arn": _queue(more)}])
    done = more.relab("one", "--exact", "--existing", "update", "--yes")
    assert done.code == 0, done.out + done.err
    held = do("iam", "ListAttachedRolePolicies", RoleName="events")["AttachedPolicies"]
    assert [row["PolicyName"] for row in held] == ["read"]


def test_what_only_creation_sets_is_set_again(more: Desk) -> None:
    do = more.world.account.do
    other = small.TRUST.replace("events.amazonaws.com", "ec2.amazonaws.com")
    do("iam", "UpdateAssumeRolePolicy", RoleName="events", PolicyDocument=other)
    do("secretsmanager", "PutSecretValue", SecretId="db", SecretString="changed")
    queue = do("sqs", "GetQueueUrl", QueueName="jobs")["QueueUrl"]
    do("sqs", "SetQueueAttributes", QueueUrl=queue, Attributes={"DelaySeconds": "5"})
    done = more.relab("one", "--existing", "update", "--yes")
    assert done.code == 0, done.out + done.err
    role = do("iam", "GetRole", RoleName="events")["Role"]["AssumeRolePolicyDocument"]
    assert role == json.loads(small.TRUST)
    assert do("secretsmanager", "GetSecretValue", SecretId="db")["SecretString"] == "canary"


def _queue(desk: Desk) -> str:
    named = desk.world.account.do("sqs", "GetQueueUrl", QueueName="jobs")["QueueUrl"]
    asked: dict[str, Any] = {"QueueUrl": named, "AttributeNames": ["QueueArn"]}
    found = desk.world.account.do("sqs", "GetQueueAttributes", **asked)
    return str(found["Attributes"]["QueueArn"])
