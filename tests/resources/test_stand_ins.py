"""The types that moto can not do, on answers and payloads that botocore checks by its shapes."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore import xform_name
from botocore.client import BaseClient
from botocore.stub import Stubber

from relab.clouds import AwsTarget
from relab.clouds.aws import Aws
from relab.resources.item import Item
from relab.resources.model import ResourceType
from relab.resources.reading import Place, read
from relab.resources.registry import by_name
from relab.resources.writing import payload
from tests.resources.test_round_trip import NOT_IN_MOTO

Call = tuple[str, dict[str, Any], dict[str, Any]]
ARN = "arn:aws:eks:ap-northeast-2:123456789012"
ADDON = f"{ARN}:addon/mlops/vpc-cni/1"
IDENTITY = f"{ARN}:podidentityassociation/mlops/a-1"
ROLE = "arn:aws:iam::123456789012:role/cni"
CLUSTER: Call = ("ListClusters", {}, {"clusters": ["mlops"]})
IN = {"clusterName": "mlops"}
ASSOCIATION = {
    **IN,
    "namespace": "kube-system",
    "serviceAccount": "aws-node",
    "roleArn": ROLE,
    "associationArn": IDENTITY,
    "associationId": "a-1",
    "ownerArn": ADDON,
    "disableSessionTags": False,
    "tags": {"course": "mlops"},
}
ENTRY = {
    **IN,
    "principalArn": ROLE,
    "kubernetesGroups": ["students"],
    "username": "user07",
    "type": "STANDARD",
    "accessEntryArn": f"{ARN}:access-entry/mlops/1",
    "tags": {"course": "mlops"},
}
VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
SCOPE = {"type": "namespace", "namespaces": ["user07"]}
ALARM = {
    "AlarmName": "both",
    "AlarmArn": "arn:aws:cloudwatch:ap-northeast-2:123456789012:alarm:both",
    "AlarmRule": "ALARM(a) AND ALARM(b)",
    "ActionsEnabled": True,
    "AlarmActions": ["arn:aws:sns:ap-northeast-2:123456789012:alerts"],
    "StateValue": "OK",
}
RULE = {"ecrRepositoryPrefix": "hub", "upstreamRegistryUrl": "registry-1.docker.io"}
FUNCTION = {"FunctionName": "f", "FunctionArn": "arn:aws:lambda:x:1:function:f", "Handler": "a.b"}

ANSWERS: Mapping[str, tuple[Call, ...]] = {
    "ecr.pull-through-cache-rule": (
        (
            "DescribePullThroughCacheRules",
            {},
            {"pullThroughCacheRules": [{**RULE, "registryId": "123456789012"}]},
        ),
    ),
    "cloudwatch.composite-alarm": (
        ("DescribeAlarms", {"AlarmTypes": ["CompositeAlarm"]}, {"CompositeAlarms": [ALARM]}),
        (
            "ListTagsForResource",
            {"ResourceARN": ALARM["AlarmArn"]},
            {"Tags": [{"Key": "course", "Value": "mlops"}]},
        ),
    ),
    "eks.addon": (
        CLUSTER,
        ("ListAddons", IN, {"addons": ["vpc-cni"]}),
        (
            "DescribeAddon",
            {**IN, "addonName": "vpc-cni"},
            {
                "addon": {
                    **IN,
                    "addonName": "vpc-cni",
                    "addonArn": ADDON,
                    "addonVersion": "v1.19.0-eksbuild.1",
                    "configurationValues": '{"env": {}}',
                    "podIdentityAssociations": [IDENTITY],
                    "status": "ACTIVE",
                    "tags": {"course": "mlops"},
                }
            },
        ),
        (
            "DescribePodIdentityAssociation",
            {**IN, "associationId": "a-1"},
            {"association": ASSOCIATION},
        ),
    ),
    "eks.access-entry": (
        CLUSTER,
        ("ListAccessEntries", IN, {"accessEntries": [ROLE]}),
        ("DescribeAccessEntry", {**IN, "principalArn": ROLE}, {"accessEntry": ENTRY}),
        (
            "ListAssociatedAccessPolicies",
            {**IN, "principalArn": ROLE},
            {"associatedAccessPolicies": [{"policyArn": VIEW, "accessScope": SCOPE}]},
        ),
    ),
    "eks.pod-identity-association": (
        CLUSTER,
        (
            "ListPodIdentityAssociations",
            IN,
            {
                "associations": [
                    {key: ASSOCIATION[key] for key in ("clusterName", "namespace", "associationId")}
                ]
            },
        ),
        (
            "DescribePodIdentityAssociation",
            {**IN, "associationId": "a-1"},
            {"association": ASSOCIATION},
        ),
    ),
    "lambda.function": (("ListFunctions", {}, {"Functions": [FUNCTION]}),),
}

PAYLOADS: Mapping[str, list[tuple[str, dict[str, Any]]]] = {
    "ecr.pull-through-cache-rule": [("CreatePullThroughCacheRule", RULE)],
    "cloudwatch.composite-alarm": [
        (
            "PutCompositeAlarm",
            {
                **{key: ALARM[key] for key in ("AlarmName", "AlarmRule", "ActionsEnabled")},
                "AlarmActions": ALARM["AlarmActions"],
                "Tags": [{"Key": "course", "Value": "mlops"}],
            },
        )
    ],
    "eks.addon": [
        (
            "CreateAddon",
            {
                **IN,
                "addonName": "vpc-cni",
                "addonVersion": "v1.19.0-eksbuild.1",
                "configurationValues": '{"env": {}}',
                "podIdentityAssociations": [{"serviceAccount": "aws-node", "roleArn": ROLE}],
                "resolveConflicts": "OVERWRITE",
                "tags": {"course": "mlops"},
            },
        )
    ],
    "eks.access-entry": [
        (
            "CreateAccessEntry",
            {
                **IN,
                "principalArn": ROLE,
                "kubernetesGroups": ["students"],
                "username": "user07",
                "type": "STANDARD",
                "tags": {"course": "mlops"},
            },
        ),
        (
            "AssociateAccessPolicy",
            {**IN, "principalArn": ROLE, "policyArn": VIEW, "accessScope": SCOPE},
        ),
    ],
    "eks.pod-identity-association": [
        (
            "CreatePodIdentityAssociation",
            {
                **IN,
                "namespace": "kube-system",
                "serviceAccount": "aws-node",
                "roleArn": ROLE,
                "disableSessionTags": False,
                "tags": {"course": "mlops"},
            },
        )
    ],
    "lambda.function": [],
}


class Stubbed(Aws):
    """The one client of a test, whose answers botocore has checked."""

    def __init__(self, client: BaseClient) -> None:
        super().__init__()
        self._client = client

    def client(self, target: AwsTarget, service: str) -> BaseClient:
        return self._client


def read_stubbed(kind: ResourceType, monkeypatch: pytest.MonkeyPatch) -> Item:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    target = AwsTarget("ap-northeast-2")
    client = Aws().client(target, kind.service)
    with Stubber(client) as stub:
        for operation, params, answer in ANSWERS[kind.type]:
            stub.add_response(xform_name(operation), answer, params)
        (item,) = read(kind, Place(Stubbed(client), target, "123456789012"))
        stub.assert_no_pending_responses()
    assert isinstance(item, Item)
    return item


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_it_is_read_and_made_again(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = by_name()[name]
    item = read_stubbed(kind, monkeypatch)
    requests = payload(kind, item) if kind.restorable else ()
    assert [(request.operation, request.params) for request in requests] == PAYLOADS[name]


def test_an_association_of_an_addon_belongs_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    item = read_stubbed(by_name()["eks.pod-identity-association"], monkeypatch)
    assert item.owner == "aws:eks.addon:ap-northeast-2:mlops/vpc-cni"
    assert item.identifiers == (IDENTITY, "a-1")


def test_every_type_that_moto_can_not_do_is_shown_here() -> None:
    assert set(ANSWERS) | {"kms.key-material"} == set(NOT_IN_MOTO)
