"""What moto lacks of EKS, ECR and CloudWatch, asked through real clients."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from relab.sandbox.aws.nouns import NOUNS
from relab.sandbox.session import Session

ROLE = "arn:aws:iam::123456789012:role/mlops-training-pod-identity"
VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


def client(
    sandbox: Session, service: str, env: Mapping[str, str] | None = None, *, validate: bool = True
) -> Any:
    env = env or sandbox.env()
    return boto3.client(
        service,  # type: ignore[call-overload]
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        endpoint_url=sandbox.profile.aws.endpoint,
        config=Config(parameter_validation=validate),
    )


@pytest.fixture
def eks(changeable: Session) -> Any:
    return client(changeable, "eks")


@pytest.fixture
def cluster(changeable: Session) -> dict[str, str]:
    return {"clusterName": changeable.profile.kubernetes.cluster}


def refused(call: Any, **params: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    told = caught.value.response
    return told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]


def test_every_call_of_a_noun_is_one_of_its_service() -> None:
    for noun in NOUNS:
        made = boto3.client(noun.service, region_name="us-east-1")  # type: ignore[call-overload]
        for verb in ("create", "describe", "list", "update", "delete"):
            operation = getattr(noun, verb)
            assert not operation or hasattr(made, xform_name(operation))


def test_an_addon_lives_and_takes_its_identities_with_it(eks: Any, cluster: Any) -> None:
    made = eks.create_addon(
        **cluster,
        addonName="aws-ebs-csi-driver",
        podIdentityAssociations=[{"serviceAccount": "ebs", "roleArn": ROLE}],
    )["addon"]
    (arn,) = made["podIdentityAssociations"]
    named = {**cluster, "addonName": "aws-ebs-csi-driver"}
    number = {**cluster, "associationId": arn.rpartition("/")[2]}
    identity = eks.describe_pod_identity_association(**number)["association"]
    assert (identity["ownerArn"], identity["roleArn"]) == (made["addonArn"], ROLE)
    update = eks.update_addon(**named, configurationValues="{}")["update"]
    assert (update["type"], update["status"]) == ("AddonUpdate", "Successful")
    assert eks.describe_addon(**named)["addon"]["configurationValues"] == "{}"
    eks.get_waiter("addon_active").wait(**named)
    eks.delete_addon(**named)
    assert refused(eks.describe_addon, **named) == ("ResourceNotFoundException", 404)
    gone = refused(eks.describe_pod_identity_association, **number)
    assert gone == ("ResourceNotFoundException", 404)


def test_an_entry_and_its_policies(eks: Any, cluster: Any) -> None:
    entry = {**cluster, "principalArn": ROLE}
    made = eks.create_access_entry(**entry, tags={"course": "mlops"})["accessEntry"]
    session = "arn:aws:sts::123456789012:assumed-role/mlops-training-pod-identity/{{SessionName}}"
    assert (made["type"], made["username"], made["kubernetesGroups"]) == ("STANDARD", session, [])
    scope = {"type": "namespace", "namespaces": ["jobs"]}
    eks.associate_access_policy(**entry, policyArn=VIEW, accessScope=scope)
    eks.associate_access_policy(**entry, policyArn=VIEW, accessScope={"type": "cluster"})
    (policy,) = eks.list_associated_access_policies(**entry)["associatedAccessPolicies"]
    assert policy["accessScope"] == {"type": "cluster"}
    of_view = eks.list_access_entries(**cluster, associatedPolicyArn=VIEW)["accessEntries"]
    assert of_view == [ROLE]
    eks.update_access_entry(**entry, kubernetesGroups=["readers"])
    assert eks.describe_access_entry(**entry)["accessEntry"]["kubernetesGroups"] == ["readers"]
    eks.disassociate_access_policy(**entry, policyArn=VIEW)
    assert eks.list_associated_access_policies(**entry)["associatedAccessPolicies"] == []
    eks.delete_access_entry(**entry)
    assert refused(eks.list_associated_access_policies, **entry)[0] == "ResourceNotFoundException"


def test_listings_come_in_pages(eks: Any, cluster: Any) -> None:
    pages = eks.get_paginator("list_access_entries").paginate(
        **cluster, PaginationConfig={"PageSize": 5}
    )
    found = [arn for page in pages for arn in page["accessEntries"]]
    assert len(found) == len(set(found)) == 17


def test_identities_are_found_by_what_they_are_for(eks: Any, cluster: Any) -> None:
    here = eks.list_pod_identity_associations(**cluster, namespace="mlflow-system")
    assert [one["serviceAccount"] for one in here["associations"]] == ["mlflow"]
    again = {**cluster, "namespace": "mlflow-system", "serviceAccount": "mlflow", "roleArn": ROLE}
    assert refused(eks.create_pod_identity_association, **again) == ("ResourceInUseException", 409)


def test_all_that_hangs_on_a_cluster_has_tags(eks: Any, cluster: Any) -> None:
    named = {**cluster, "nodegroupName": "workers"}
    addon = eks.describe_addon(**cluster, addonName="vpc-cni")["addon"]["addonArn"]
    for arn in (addon, eks.describe_nodegroup(**named)["nodegroup"]["nodegroupArn"]):
        eks.tag_resource(resourceArn=arn, tags={"more": "yes"})
        eks.untag_resource(resourceArn=arn, tagKeys=["course"])
        assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"more": "yes"}


def test_they_end_with_their_cluster(eks: Any, cluster: Any) -> None:
    name = cluster["clusterName"]
    about = eks.describe_cluster(name=name)["cluster"]
    eks.delete_nodegroup(clusterName=name, nodegroupName="workers")
    eks.delete_fargate_profile(clusterName=name, fargateProfileName="jobs")
    eks.delete_cluster(name=name)
    assert refused(eks.list_addons, **cluster) == ("ResourceNotFoundException", 404)
    eks.create_cluster(name=name, roleArn=about["roleArn"], resourcesVpcConfig={})
    assert eks.list_addons(**cluster)["addons"] == []


def test_pull_through_rules(changeable: Session) -> None:
    ecr = client(changeable, "ecr")
    rule = {"ecrRepositoryPrefix": "k8s", "upstreamRegistryUrl": "registry.k8s.io"}
    assert ecr.create_pull_through_cache_rule(**rule)["upstreamRegistry"] == "k8s"
    code = "PullThroughCacheRuleAlreadyExistsException"
    assert refused(ecr.create_pull_through_cache_rule, **rule) == (code, 400)
    told = ecr.describe_pull_through_cache_rules(ecrRepositoryPrefixes=["k8s"])
    assert [one["upstreamRegistryUrl"] for one in told["pullThroughCacheRules"]] == [
        "registry.k8s.io"
    ]
    ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix="k8s")
    gone = refused(ecr.describe_pull_through_cache_rules, ecrRepositoryPrefixes=["k8s"])
    assert gone == ("PullThroughCacheRuleNotFoundException", 400)


def test_composite_alarms_are_no_metric_alarms(changeable: Session) -> None:
    watch = client(changeable, "cloudwatch")
    watch.put_composite_alarm(AlarmName="both", AlarmRule='ALARM("a")')
    told = watch.describe_alarms(AlarmNames=["both"], AlarmTypes=["CompositeAlarm"])
    assert [one["AlarmRule"] for one in told["CompositeAlarms"]] == ['ALARM("a")']
    assert told["MetricAlarms"] == []


def test_wrong_input_is_refused_by_the_service(sandbox: Session) -> None:
    loose = client(sandbox, "ecr", validate=False)
    told = refused(loose.create_pull_through_cache_rule, ecrRepositoryPrefix="alone")
    assert told == ("InvalidParameterException", 400)


def test_the_gate_stands_before_them(sandbox: Session) -> None:
    wrong = sandbox.env() | {"AWS_SECRET_ACCESS_KEY": "wrong"}
    call = client(sandbox, "eks", wrong).list_addons
    code = refused(call, clusterName=sandbox.profile.kubernetes.cluster)
    assert code == ("InvalidSignatureException", 403)


@pytest.mark.skipif(shutil.which("aws") is None, reason="needs the aws command")
def test_the_aws_command_works_on_them(sandbox: Session) -> None:
    def aws(*words: str) -> Any:
        command = ["aws", "--output", "json", *words]
        done = subprocess.run(command, env=sandbox.env(), check=True, capture_output=True)
        return json.loads(done.stdout)

    cluster = ("--cluster-name", sandbox.profile.kubernetes.cluster)
    addons = aws("eks", "list-addons", *cluster)["addons"]
    assert addons == ["vpc-cni", "coredns", "eks-pod-identity-agent"]
    told = aws("eks", "describe-addon", *cluster, "--addon-name", "vpc-cni")["addon"]
    assert told["status"] == "ACTIVE"
    entry = "arn:aws:iam::123456789012:user/mlops-training"
    bound = aws("eks", "list-associated-access-policies", *cluster, "--principal-arn", entry)
    assert [one["policyArn"] for one in bound["associatedAccessPolicies"]] == [ADMIN]
    rules = aws("ecr", "describe-pull-through-cache-rules")["pullThroughCacheRules"]
    assert [one["ecrRepositoryPrefix"] for one in rules] == ["docker-hub", "quay"]
