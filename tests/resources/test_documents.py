"""What becomes of facts: accepted or observed, sorted, in one form, and back again."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from relab.resources.aws.dynamodb import TABLE
from relab.resources.aws.eks import NODEGROUP
from relab.resources.aws.iam import ROLE
from relab.resources.aws.kms import KEY
from relab.resources.aws.messaging import QUEUE
from relab.resources.aws.s3 import BUCKET
from relab.resources.aws.secrets import PARAMETER, SECRET
from relab.resources.aws.traffic import FLOW_LOG, NETWORK_ACL, ROUTE_TABLE, SECURITY_GROUP
from relab.resources.aws.vpc import NAT_GATEWAY
from relab.resources.document import joined, split
from relab.resources.item import Item
from relab.resources.model import ResourceType
from relab.resources.policies import same_policy
from relab.resources.shapes import NOTHING, jsonable, members, native, projection
from relab.resources.tags import ours, tags_of, written
from relab.resources.walk import at, ordered, paths, put, without
from relab.resources.writing import (
    Request,
    configuration,
    creation,
    looked_up,
    lookup_params,
    payload,
    problems,
    secret_paths,
)


def item(kind: ResourceType, facts: dict[str, Any]) -> Item:
    document, observed = split(kind, facts)
    return Item("aws", kind.type, "ap-northeast-2", "k", document, observed)


def shape(service: str, operation: str, member: str) -> Any:
    return members(service, operation)[member]


def test_only_what_the_call_accepts_is_kept_at_every_depth() -> None:
    config = shape("eks", "CreateCluster", "resourcesVpcConfig")
    told = {"subnetIds": ["subnet-1"], "vpcId": "vpc-1", "endpointPublicAccess": False}
    accepted, refused = projection(config, told)
    assert accepted == {"subnetIds": ["subnet-1"], "endpointPublicAccess": False}
    assert refused == {"vpcId": "vpc-1"}


def test_a_part_that_lacks_what_the_call_needs_is_refused_whole() -> None:
    throughput = shape("dynamodb", "CreateTable", "ProvisionedThroughput")
    zero = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0, "NumberOfDecreasesToday": 0}
    assert projection(throughput, zero) == (NOTHING, zero)


def test_a_value_of_another_kind_is_refused() -> None:
    associations = shape("eks", "CreateAddon", "podIdentityAssociations")
    assert projection(associations, ["arn"]) == (NOTHING, ["arn"])
    size = shape("eks", "CreateNodegroup", "diskSize")
    assert projection(size, True) == (NOTHING, True)


def test_a_decoded_policy_becomes_text_again() -> None:
    text = shape("iam", "CreateRole", "AssumeRolePolicyDocument")
    accepted, _ = projection(text, {"Version": "2012-10-17", "Statement": []})
    assert json.loads(accepted) == {"Version": "2012-10-17", "Statement": []}


def test_shapes_that_hold_themselves_end_where_the_value_does() -> None:
    value = shape("dynamodb", "PutItem", "Item").value
    deep = {"M": {"a": {"L": [{"M": {"b": {"S": "x"}}}, {"B": "AP8="}]}}}
    assert projection(value, deep) == (deep, NOTHING)
    assert native(value, deep)["M"]["a"]["L"][1] == {"B": b"\x00\xff"}
    assert jsonable(native(value, deep)) == deep


def test_bytes_and_times_are_written_as_json_and_read_back() -> None:
    secret = shape("secretsmanager", "CreateSecret", "SecretBinary")
    assert native(secret, jsonable(b"\x00\xff")) == b"\x00\xff"
    when = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert jsonable(when) == "2026-03-02T09:30:00Z"
    condition = shape("cloudwatch", "GetMetricData", "StartTime")
    assert native(condition, jsonable(when)) == when


@pytest.mark.parametrize(
    ("service", "operation", "member", "form"),
    [
        ("ecr", "CreateRepository", "tags", [{"Key": "a", "Value": "1"}]),
        ("kms", "CreateKey", "Tags", [{"TagKey": "a", "TagValue": "1"}]),
        ("eks", "CreateCluster", "tags", {"a": "1"}),
        ("s3", "PutBucketTagging", "Tagging", {"TagSet": [{"Key": "a", "Value": "1"}]}),
        (
            "ec2",
            "CreateVpc",
            "TagSpecifications",
            [{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "1"}]}],
        ),
    ],
)
def test_tags_have_one_form_here_and_each_services_there(
    service: str, operation: str, member: str, form: Any
) -> None:
    assert written(shape(service, operation, member), {"a": "1"}, "vpc") == form
    if member not in ("Tagging", "TagSpecifications"):
        assert tags_of(form) == {"a": "1"}


def test_tags_of_aws_are_not_ours() -> None:
    assert ours({"b": "2", "aws:x": "1", "a": "1"}) == {"a": "1", "b": "2"}


def test_a_renamed_member_moves_and_a_computed_one_is_copied() -> None:
    arn = "arn:aws:iam::123456789012:policy/p"
    facts = {"RoleName": "r", "PermissionsBoundary": {"PermissionsBoundaryArn": arn, "Type": "t"}}
    document, observed = split(ROLE, facts)
    assert document == {"RoleName": "r", "PermissionsBoundary": arn}
    assert observed == {"PermissionsBoundary": {"Type": "t"}}
    group = {"ResourceId": "subnet-1", "LogGroupName": "g", "LogDestination": "arn:g"}
    document, observed = split(FLOW_LOG, group)
    assert document == {
        "ResourceIds": ["subnet-1"],
        "ResourceType": "Subnet",
        "LogDestination": "arn:g",
    }
    assert observed == {"ResourceId": "subnet-1", "LogGroupName": "g"}


def test_parted_facts_join_again() -> None:
    facts = {"Name": "b", "CreationDate": "2026-03-02T09:30:00Z", "Policy": "{}"}
    document, observed = split(BUCKET, facts)
    assert {**joined(BUCKET, document, observed)} == {**facts, "Bucket": "b"}


def test_a_secret_is_nowhere_but_where_it_will_be_sealed() -> None:
    document, observed = split(SECRET, {"Name": "n", "ARN": "a", "Secret": {"SecretString": "s3"}})
    assert list(secret_paths(SECRET, document)) == [("SecretString",)]
    assert observed == {"ARN": "a"}
    for kind, sealed in (("SecureString", [("Value",)]), ("String", [])):
        assert list(secret_paths(PARAMETER, {"Type": kind, "Value": "v"})) == sealed


def test_what_changes_by_itself_is_in_neither() -> None:
    facts = {"RoleName": "r", "RoleLastUsed": {"Region": "x"}}
    assert split(ROLE, facts) == ({"RoleName": "r"}, {})
    queue = {
        "QueueUrl": "http://q/1/n",
        "All": {"ApproximateNumberOfMessages": "3", "Policy": "{}"},
    }
    document, observed = split(QUEUE, queue)
    assert document == {"QueueName": "n", "Attributes": {"Policy": "{}"}}
    assert observed == {"QueueUrl": "http://q/1/n", "All": {"Policy": "{}"}}


def test_lists_whose_order_means_nothing_are_sorted() -> None:
    rows = [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "0.0.0.0/0"}]
    rules = [{"IpProtocol": "udp", "IpRanges": rows}, {"IpProtocol": "tcp", "IpRanges": rows[::-1]}]
    one, _ = split(SECURITY_GROUP, {"GroupName": "g", "IpPermissions": rules})
    other, _ = split(SECURITY_GROUP, {"GroupName": "g", "IpPermissions": rules[::-1]})
    assert one == other


def test_splitting_leaves_the_facts_alone() -> None:
    rules = [{"IpProtocol": "udp"}, {"IpProtocol": "tcp"}]
    facts = {"GroupName": "g", "IpPermissions": rules, "Associations": [{"b": 1}, {"a": 1}]}
    before = json.dumps(facts)
    split(SECURITY_GROUP, facts)
    split(ROUTE_TABLE, facts)
    assert json.dumps(facts) == before


def test_a_new_security_group_lets_out_only_what_the_old_one_did() -> None:
    told = item(SECURITY_GROUP, {"GroupName": "g", "Description": "d", "GroupId": "sg-1"})
    operations = [request.operation for request in payload(SECURITY_GROUP, told)]
    assert operations == ["CreateSecurityGroup", "RevokeSecurityGroupEgress"]


def test_routes_that_come_by_themselves_are_left_out() -> None:
    routes = [
        {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable"},
        {"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1", "Origin": "CreateRoute"},
        {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "Origin": "CreateRoute"},
    ]
    document, _ = split(ROUTE_TABLE, {"Routes": routes})
    assert document["Routes"] == [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}]


@pytest.mark.parametrize(
    ("addresses", "first", "more"),
    [
        ([{"AllocationId": "a"}], "a", None),
        (
            [
                {"AllocationId": "b", "IsPrimary": False},
                {"AllocationId": "a", "IsPrimary": True},
                {"AllocationId": "c", "IsPrimary": False, "Status": "failed"},
            ],
            "a",
            ["b"],
        ),
    ],
)
def test_a_gateways_first_address_is_its_primary_one(
    addresses: list[dict[str, Any]], first: str, more: list[str] | None
) -> None:
    document, _ = split(NAT_GATEWAY, {"NatGatewayAddresses": addresses})
    assert document["AllocationId"] == first
    assert document.get("SecondaryAllocationIds") == more


@pytest.mark.parametrize(
    ("template", "sent"),
    [
        ({"id": "lt-1", "name": "n", "version": "2"}, {"id": "lt-1", "version": "2"}),
        ({"name": "n", "version": "2"}, {"name": "n", "version": "2"}),
    ],
)
def test_a_launch_template_is_named_once(template: dict[str, str], sent: dict[str, str]) -> None:
    document, _ = split(NODEGROUP, {"launchTemplate": template})
    assert document["launchTemplate"] == sent


@pytest.mark.parametrize(
    ("rotation", "sent"),
    [
        ({"KeyRotationEnabled": True, "RotationPeriodInDays": 90}, [{"RotationPeriodInDays": 90}]),
        ({"KeyRotationEnabled": True}, [{}]),
        ({"KeyRotationEnabled": False, "RotationPeriodInDays": 90}, None),
    ],
)
def test_rotation_is_put_on_where_it_was_on(rotation: dict[str, Any], sent: Any) -> None:
    document, _ = split(KEY, {"KeyId": "k", "Rotation": rotation})
    assert document.get("Rotations") == sent


def test_an_index_on_demand_needs_no_throughput() -> None:
    index = {
        "IndexName": "by-lab",
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
        "IndexStatus": "ACTIVE",
    }
    document, observed = split(TABLE, {"TableName": "t", "GlobalSecondaryIndexes": [index]})
    assert set(document["GlobalSecondaryIndexes"][0]) == {"IndexName", "KeySchema", "Projection"}
    assert set(observed["GlobalSecondaryIndexes"][0]) == {"ProvisionedThroughput", "IndexStatus"}


def test_the_link_of_a_subnet_is_asked_for_just_before() -> None:
    facts = {"VpcId": "vpc-1", "NetworkAclId": "acl-1", "Associations": [{"SubnetId": "subnet-1"}]}
    _, replace = payload(NETWORK_ACL, item(NETWORK_ACL, facts))
    (lookup,) = replace.lookups
    assert replace.params == {"NetworkAclId": "acl-1"}
    values = [{"Name": "association.subnet-id", "Values": ["subnet-1"]}]
    assert lookup_params(lookup, replace) == {"Filters": values}
    links = [
        {"SubnetId": "subnet-0", "NetworkAclAssociationId": "aclassoc-0"},
        {"SubnetId": "subnet-1", "NetworkAclAssociationId": "aclassoc-1"},
    ]
    answer = {"NetworkAcls": [{"Associations": links}]}
    assert looked_up(lookup, replace, answer) == "aclassoc-1"
    assert looked_up(lookup, replace, {"NetworkAcls": []}) is None
    assert problems(replace) == ""


def test_configuring_names_the_new_resource_not_the_old() -> None:
    facts = {"VpcId": "vpc-1", "RouteTableId": "rtb-1", "Associations": [{"SubnetId": "subnet-1"}]}
    told = item(ROUTE_TABLE, facts)
    (request,) = configuration(ROUTE_TABLE, told, {"RouteTableId": "rtb-2"})
    assert request.params == {"RouteTableId": "rtb-2", "SubnetId": "subnet-1"}
    first = creation(ROUTE_TABLE, told)
    assert first
    assert "rtb-1" not in str(first.params)


def test_a_payload_that_is_wrong_is_told() -> None:
    assert "Missing required parameter" in problems(Request("ec2", "CreateSubnet", {}))


POLICY = {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}


@pytest.mark.parametrize(
    "other",
    [
        {"Statement": [POLICY], "Version": "2012-10-17"},
        {"Version": "2012-10-17", "Statement": POLICY},
        {
            "Version": "2012-10-17",
            "Statement": [{**POLICY, "Action": ["s3:List*", "s3:Get*"], "Resource": ["*"]}],
        },
    ],
)
def test_policies_that_say_the_same_are_the_same(other: dict[str, Any]) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": [POLICY]})
    assert same_policy(text, json.dumps(other, indent=2))


@pytest.mark.parametrize(
    "other",
    [
        {"Version": "2012-10-17", "Statement": [{**POLICY, "Effect": "Deny"}]},
        {"Version": "2012-10-17", "Statement": [POLICY, POLICY]},
        {"Version": "2012-10-17", "Statement": [{**POLICY, "Condition": {"Bool": {"a": "b"}}}]},
        {"Version": "2008-10-17", "Statement": [POLICY]},
    ],
)
def test_policies_that_say_something_else_are_not(other: dict[str, Any]) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": [POLICY]})
    assert not same_policy(text, json.dumps(other))


@pytest.mark.parametrize(("one", "same"), [("no json", True), ("no  json", False)])
def test_texts_that_are_no_policies_are_compared_as_they_are(one: str, same: bool) -> None:
    assert same_policy(one, "no json") is same


def test_paths_are_walked_put_and_taken() -> None:
    node = {"a": [{"b": 2}, {"b": 1}, {}], "c": {"d": {"e": [3, 1]}}}
    assert [at(node, steps) for steps in paths(node, "a.*.b")] == [2, 1]
    assert list(paths(node, "c.*.x")) == []
    ordered(node, "c.*.e")
    assert node["c"] == {"d": {"e": [1, 3]}}
    assert without(node, ("c", "d", "e")) == {"a": node["a"]}
    assert without(node, ("c", "x")) == node
    assert put({}, ("a", "b"), 1) == {"a": {"b": 1}}
