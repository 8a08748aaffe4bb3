"""Fill an account with a network and a cluster in it."""

from typing import Any

from tests.resources.account import ACCOUNT, REGION, Account, policy
from tests.resources.seeding import ARN, TAG_MAP, TAGS


def tagged(kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": TAGS}]


def network(account: Account) -> None:
    def ec2(operation: str, **params: Any) -> dict[str, Any]:
        return account.do("ec2", operation, **params)

    vpc = ec2("CreateVpc", CidrBlock="10.7.0.0/16", TagSpecifications=tagged("vpc"))
    inside = {"VpcId": vpc["Vpc"]["VpcId"]}
    ec2("AssociateVpcCidrBlock", **inside, CidrBlock="10.8.0.0/16")
    ec2("ModifyVpcAttribute", **inside, EnableDnsHostnames={"Value": True})
    subnets = []
    for number, zone in enumerate("ac"):
        subnet = ec2(
            "CreateSubnet",
            **inside,
            CidrBlock=f"10.7.{number}.0/24",
            AvailabilityZone=f"{REGION}{zone}",
            TagSpecifications=tagged("subnet"),
        )
        subnets.append(subnet["Subnet"]["SubnetId"])
    public = {"SubnetId": subnets[0], "MapPublicIpOnLaunch": {"Value": True}}
    ec2("ModifySubnetAttribute", **public)
    gateway = ec2("CreateInternetGateway", TagSpecifications=tagged("internet-gateway"))
    gate = gateway["InternetGateway"]["InternetGatewayId"]
    ec2("AttachInternetGateway", InternetGatewayId=gate, **inside)
    address = ec2("AllocateAddress", Domain="vpc", TagSpecifications=tagged("elastic-ip"))
    nat = ec2(
        "CreateNatGateway",
        SubnetId=subnets[0],
        AllocationId=address["AllocationId"],
        TagSpecifications=tagged("natgateway"),
    )["NatGateway"]["NatGatewayId"]
    table = ec2("CreateRouteTable", **inside, TagSpecifications=tagged("route-table"))
    routes = {"RouteTableId": table["RouteTable"]["RouteTableId"]}
    ec2("CreateRoute", **routes, DestinationCidrBlock="0.0.0.0/0", GatewayId=gate)
    ec2("CreateRoute", **routes, DestinationCidrBlock="192.168.0.0/16", NatGatewayId=nat)
    ec2("AssociateRouteTable", **routes, SubnetId=subnets[0])
    groups = []
    for name in ("web", "db"):
        group = ec2(
            "CreateSecurityGroup",
            **inside,
            GroupName=name,
            Description=f"of {name}",
            TagSpecifications=tagged("security-group"),
        )
        groups.append(group["GroupId"])
    web, db = groups
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    everyone = {"CidrIp": "0.0.0.0/0", "Description": "everyone"}
    ec2(
        "AuthorizeSecurityGroupIngress",
        GroupId=web,
        IpPermissions=[{**https, "IpRanges": [everyone]}],
    )
    for one, other in ((web, db), (db, web)):
        pairs = [{"GroupId": other, "Description": "each other"}]
        pg = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": pairs}
        ec2("AuthorizeSecurityGroupIngress", GroupId=one, IpPermissions=[pg])
    all_out = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2("RevokeSecurityGroupEgress", GroupId=db, IpPermissions=[all_out])
    acl = ec2("CreateNetworkAcl", **inside, TagSpecifications=tagged("network-acl"))
    number = acl["NetworkAcl"]["NetworkAclId"]
    ec2(
        "CreateNetworkAclEntry",
        NetworkAclId=number,
        RuleNumber=90,
        Protocol="6",
        RuleAction="deny",
        Egress=False,
        CidrBlock="203.0.113.0/24",
        PortRange={"From": 22, "To": 22},
    )
    links = ec2(
        "DescribeNetworkAcls",
        Filters=[{"Name": "association.subnet-id", "Values": [subnets[1]]}],
    )["NetworkAcls"][0]["Associations"]
    link = next(a["NetworkAclAssociationId"] for a in links if a["SubnetId"] == subnets[1])
    ec2("ReplaceNetworkAclAssociation", AssociationId=link, NetworkAclId=number)
    ec2(
        "CreateVpcEndpoint",
        **inside,
        ServiceName=f"com.amazonaws.{REGION}.s3",
        VpcEndpointType="Gateway",
        RouteTableIds=[routes["RouteTableId"]],
        PolicyDocument=policy("s3:*", Principal="*"),
        TagSpecifications=tagged("vpc-endpoint"),
    )
    ec2(
        "CreateFlowLogs",
        ResourceIds=[inside["VpcId"]],
        ResourceType="VPC",
        TrafficType="REJECT",
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::log-bucket",
        TagSpecifications=tagged("vpc-flow-log"),
    )
    cluster(account, subnets, web)


def cluster(account: Account, subnets: list[str], group: str) -> None:
    eks = "eks"
    account.do(
        eks,
        "CreateCluster",
        name="mlops",
        version="1.33",
        roleArn=f"{ARN}:role/cluster",
        resourcesVpcConfig={
            "subnetIds": subnets,
            "securityGroupIds": [group],
            "endpointPublicAccess": True,
            "endpointPrivateAccess": True,
        },
        logging={"clusterLogging": [{"types": ["api", "audit"], "enabled": True}]},
        tags=TAG_MAP,
    )
    account.do(
        eks,
        "CreateNodegroup",
        clusterName="mlops",
        nodegroupName="cpu",
        nodeRole=f"{ARN}:role/cluster",
        subnets=subnets,
        scalingConfig={"minSize": 1, "maxSize": 4, "desiredSize": 2},
        diskSize=50,
        instanceTypes=["m5.large"],
        labels={"pool": "cpu"},
        taints=[{"key": "gpu", "value": "no", "effect": "NO_SCHEDULE"}],
        tags=TAG_MAP,
    )
    account.do(
        eks,
        "CreateFargateProfile",
        clusterName="mlops",
        fargateProfileName="serverless",
        podExecutionRoleArn=f"{ARN}:role/cluster",
        subnets=subnets,
        selectors=[{"namespace": "jobs", "labels": {"size": "small"}}],
        tags=TAG_MAP,
    )


def streams(account: Account) -> None:
    """Send a log group on to a stream, which needs the stream to be there."""
    account.do("kinesis", "CreateStream", StreamName="logs", ShardCount=1)
    account.do(
        "logs",
        "PutSubscriptionFilter",
        logGroupName="/lab/user07",
        filterName="ship",
        filterPattern="",
        destinationArn=f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/logs",
        roleArn=f"{ARN}:role/trainer",
        distribution="ByLogStream",
    )
