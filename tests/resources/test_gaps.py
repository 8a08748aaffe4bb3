"""Nothing that was asked for is left out without a record, and no failure counts as empty."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from relab.clouds import AwsTarget
from relab.clouds.outcome import Reply
from relab.resources.aws.eks import NODEGROUP
from relab.resources.aws.iam import LOGIN_PROFILE, ROLE
from relab.resources.aws.kms import KEY_MATERIAL
from relab.resources.aws.messaging import QUEUE
from relab.resources.aws.s3 import BUCKET
from relab.resources.aws.traffic import SECURITY_GROUP
from relab.resources.item import Item
from relab.resources.reading import Place, read
from relab.resources.record import Gap, Skipped, Why

Answer = Reply | dict[str, Any] | Callable[[Mapping[str, Any]], Reply]
ROLE_FACTS = {
    "RoleName": "trainer",
    "Path": "/",
    "Arn": "arn:aws:iam::123456789012:role/trainer",
    "RoleId": "AROAX",
    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
}


@dataclass
class Scripted:
    """A caller that answers each operation as told, and with nothing where nothing is told."""

    answers: Mapping[str, Answer]
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def call(
        self, target: AwsTarget, service: str, operation: str, params: Mapping[str, Any]
    ) -> Reply:
        self.asked.append((operation, params))
        answer = self.answers.get(operation, {})
        if callable(answer):
            return answer(params)
        return answer if isinstance(answer, Reply) else Reply("200", answer)


def place(answers: Mapping[str, Answer]) -> Place:
    return Place(Scripted(answers), AwsTarget("ap-northeast-2"), "123456789012")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("AccessDenied", Why.DENIED),
        ("403", Why.DENIED),
        ("Throttling", Why.THROTTLED),
        ("SlowDown", Why.THROTTLED),
        ("404", Why.UNSUPPORTED),
        ("InvalidAction", Why.UNSUPPORTED),
        ("500", Why.FAILED),
        ("ExpiredToken", Why.FAILED),
        ("unreachable", Why.FAILED),
        ("NoSuchBucket", Why.FAILED),
    ],
)
def test_a_listing_that_fails_is_a_gap(status: str, reason: Why) -> None:
    found = list(read(BUCKET, place({"ListBuckets": Reply(status, detail="said so")})))
    detail = f"ListBuckets: {status}: said so"
    assert found == [Gap("s3", "s3.bucket", "", "", reason, detail)]


def test_nothing_to_list_is_no_gap() -> None:
    assert list(read(QUEUE, place({}))) == []


def test_a_page_that_fails_keeps_the_pages_before() -> None:
    def users(params: Mapping[str, Any]) -> Reply:
        if "Marker" in params:
            return Reply("Throttling", detail="later")
        return Reply("200", {"Roles": [ROLE_FACTS], "IsTruncated": True, "Marker": "2"})

    answers: dict[str, Answer] = {"ListRoles": users, "GetRole": {"Role": ROLE_FACTS}}
    item, gap = read(ROLE, place(answers))
    assert isinstance(item, Item)
    assert isinstance(gap, Gap)
    assert (item.key, gap.key, gap.reason) == ("trainer", "", Why.THROTTLED)


def test_a_page_that_comes_twice_ends_the_listing() -> None:
    answers: dict[str, Answer] = {
        "ListRoles": {"Roles": [ROLE_FACTS], "IsTruncated": True, "Marker": "same"},
        "GetRole": {"Role": ROLE_FACTS},
    }
    *_, last = read(ROLE, place(answers))
    assert isinstance(last, Gap)
    assert "twice" in last.detail


def bucket(**answers: Answer) -> list[Item | Gap | Skipped]:
    return list(read(BUCKET, place({"ListBuckets": {"Buckets": [{"Name": "b"}]}, **answers})))


def test_not_configured_is_neither_a_gap_nor_a_member() -> None:
    (item,) = bucket(
        GetBucketLifecycleConfiguration=Reply("NoSuchLifecycleConfiguration"),
        GetBucketPolicy=Reply("NoSuchBucketPolicy"),
        GetBucketTagging=Reply("NoSuchTagSet"),
    )
    assert isinstance(item, Item)
    assert item.document == {"Bucket": "b"}


def test_a_part_that_is_denied_is_a_gap_beside_the_item() -> None:
    item, gap = bucket(
        GetBucketPolicy=Reply("AccessDenied", detail="no"),
        GetBucketVersioning={"Status": "Enabled"},
    )
    assert isinstance(item, Item)
    assert item.document["VersioningConfiguration"] == {"Status": "Enabled"}
    detail = "GetBucketPolicy: AccessDenied: no"
    assert gap == Gap("s3", "s3.bucket", "", "b", Why.DENIED, detail)


def test_another_codes_absence_is_not_this_ones() -> None:
    _, gap = bucket(GetBucketCors=Reply("NoSuchBucketPolicy"))
    assert isinstance(gap, Gap)
    assert gap.reason == Why.FAILED


def test_what_vanishes_between_two_calls_is_gone() -> None:
    answers: dict[str, Answer] = {
        "ListRoles": {"Roles": [ROLE_FACTS]},
        "GetRole": Reply("NoSuchEntity", detail="who"),
    }
    (gap,) = read(ROLE, place(answers))
    assert isinstance(gap, Gap)
    assert (gap.key, gap.reason) == ("trainer", Why.GONE)


def test_a_parent_whose_inside_can_not_be_listed_is_named() -> None:
    def groups(params: Mapping[str, Any]) -> Reply:
        if params["clusterName"] == "closed":
            return Reply("AccessDeniedException", detail="no")
        return Reply("200", {"nodegroups": ["cpu"]})

    answers: dict[str, Answer] = {
        "ListClusters": {"clusters": ["closed", "open"]},
        "ListNodegroups": groups,
        "DescribeNodegroup": {"nodegroup": {"nodegroupName": "cpu", "clusterName": "open"}},
    }
    gap, item = read(NODEGROUP, place(answers))
    assert isinstance(gap, Gap)
    assert isinstance(item, Item)
    assert (gap.key, gap.reason, item.key) == ("closed/*", Why.DENIED, "open/cpu")


def test_a_parent_that_has_gone_holds_nothing() -> None:
    answers: dict[str, Answer] = {
        "ListUsers": {"Users": [{"UserName": "user07"}]},
        "GetLoginProfile": Reply("NoSuchEntity"),
    }
    assert list(read(LOGIN_PROFILE, place(answers))) == []


def test_what_a_type_declares_as_skipped_says_why_and_is_not_read_further() -> None:
    linked = {**ROLE_FACTS, "Path": "/aws-service-role/eks.amazonaws.com/"}
    caller = Scripted({"ListRoles": {"Roles": [linked]}})
    (found,) = read(ROLE, Place(caller, AwsTarget("ap-northeast-2"), "1"))
    assert isinstance(found, Skipped)
    assert (found.key, found.region) == ("trainer", "")
    assert "service-linked" in found.reason
    assert [operation for operation, _ in caller.asked] == ["ListRoles"]


def test_a_type_that_can_not_be_listed_is_skipped_as_a_whole() -> None:
    (found,) = read(KEY_MATERIAL, place({}))
    assert found == Skipped("kms", KEY_MATERIAL.type, "ap-northeast-2", "", KEY_MATERIAL.reason)


def test_a_stacks_item_belongs_to_the_stack() -> None:
    tags = [
        {"Key": "aws:cloudformation:stack-name", "Value": "lab"},
        {
            "Key": "aws:cloudformation:stack-id",
            "Value": "arn:aws:cloudformation:us-east-1:123456789012:stack/lab/1",
        },
        {"Key": "course", "Value": "mlops"},
    ]
    facts = {**ROLE_FACTS, "Tags": tags}
    answers: dict[str, Answer] = {"ListRoles": {"Roles": [facts]}, "GetRole": {"Role": facts}}
    (item,) = read(ROLE, place(answers))
    assert isinstance(item, Item)
    assert item.owner == "aws:cloudformation.stack:us-east-1:lab"
    assert item.document["Tags"] == {"course": "mlops"}
    assert len(item.observed["ReservedTags"]) == 2


@pytest.mark.parametrize(("default", "kind"), [(True, Skipped), (False, Item)])
def test_a_part_of_the_default_vpc_is_told_apart(default: bool, kind: type) -> None:
    group = {"GroupName": "default", "GroupId": "sg-1", "VpcId": "vpc-1", "Description": "d"}
    answers: dict[str, Answer] = {
        "DescribeSecurityGroups": {"SecurityGroups": [group]},
        "DescribeVpcs": {"Vpcs": [{"VpcId": "vpc-1", "IsDefault": default}]},
    }
    (found,) = read(SECURITY_GROUP, place(answers))
    assert isinstance(found, kind)
    assert isinstance(found, Skipped | Item)
    arn = "arn:aws:ec2:ap-northeast-2:123456789012:security-group/sg-1"
    assert found.identifiers == (arn, "sg-1")


def test_only_a_default_group_costs_a_call_more() -> None:
    group = {"GroupName": "web", "GroupId": "sg-1", "VpcId": "vpc-1", "Description": "d"}
    caller = Scripted({"DescribeSecurityGroups": {"SecurityGroups": [group]}})
    assert len(list(read(SECURITY_GROUP, Place(caller, AwsTarget("ap-northeast-2"), "1")))) == 1
    assert [operation for operation, _ in caller.asked] == ["DescribeSecurityGroups"]
