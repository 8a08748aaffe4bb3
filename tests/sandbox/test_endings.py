"""What goes along with a deletion in the embedded account, as it does in AWS."""

from typing import Any

import boto3

from relab.sandbox.session import Session


def client(sandbox: Session, service: str) -> Any:
    keys = sandbox.profile.aws
    env = sandbox.env()
    session: Any = boto3.Session(
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        region_name=keys.region,
    )
    return session.client(service, endpoint_url=keys.endpoint)


def test_a_subnet_takes_its_associations_along_and_a_vpc_its_own_acl(changeable: Session) -> None:
    ec2 = client(changeable, "ec2")
    vpc = ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    mine = [{"Name": "vpc-id", "Values": [vpc]}]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.99.0.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    acls = ec2.describe_network_acls(Filters=mine)["NetworkAcls"]
    ec2.delete_subnet(SubnetId=subnet)
    left = ec2.describe_network_acls(Filters=mine)["NetworkAcls"]
    ec2.delete_route_table(RouteTableId=table)
    ec2.delete_vpc(VpcId=vpc)
    assert any(row["SubnetId"] == subnet for acl in acls for row in acl["Associations"])
    assert not any(row["SubnetId"] == subnet for acl in left for row in acl["Associations"])
    assert ec2.describe_network_acls(Filters=mine)["NetworkAcls"] == []


def test_an_endpoint_of_a_vpc_is_gone_once_deleted(changeable: Session) -> None:
    ec2 = client(changeable, "ec2")
    found = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[one["VpcEndpointId"] for one in found])
    assert found
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []


def test_the_account_is_called_as_the_profile_says(sandbox: Session) -> None:
    aliases = client(sandbox, "iam").list_account_aliases()["AccountAliases"]
    assert aliases == [sandbox.profile.aws.alias]


def test_lists_that_programs_in_go_read_are_whole(sandbox: Session) -> None:
    iam = client(sandbox, "iam")
    assert iam.list_instance_profiles()["IsTruncated"] is False
    assert iam.list_service_specific_credentials()["ServiceSpecificCredentials"] == []


def test_a_cluster_takes_along_what_is_in_it(changeable: Session) -> None:
    eks, name = client(changeable, "eks"), changeable.profile.kubernetes.cluster
    full = changeable.status()["counts"]
    for kind, one in (("nodegroup", "nodegroupName"), ("fargate_profile", "fargateProfileName")):
        rows = getattr(eks, f"list_{kind}s")(clusterName=name)
        for row in next(value for value in rows.values() if isinstance(value, list)):
            getattr(eks, f"delete_{kind}")(clusterName=name, **{one: row})
        assert changeable.status()["counts"]["pods"] == full["pods"]
    eks.delete_cluster(name=name)
    left = changeable.status()["counts"]
    assert full["pods"] > 0
    assert (left["pods"], left["namespaces"] < full["namespaces"]) == (0, True)
