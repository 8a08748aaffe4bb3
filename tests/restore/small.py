"""A small account in which much refers to much: for what must be tried many times."""

import json

from tests.resources.account import ACCOUNT, Account

TYPES = (
    "ec2.elastic-ip",
    "ec2.internet-gateway",
    "ec2.nat-gateway",
    "ec2.network-acl",
    "ec2.route-table",
    "ec2.security-group",
    "ec2.subnet",
    "ec2.vpc",
    "ec2.vpc-endpoint",
    "events.rule",
    "iam.policy",
    "iam.role",
    "kms.alias",
    "kms.key",
    "s3.bucket",
    "secretsmanager.secret",
    "sns.subscription",
    "sns.topic",
    "sqs.queue",
)
# What cannot be whole without subnets.
ABOVE_SUBNETS = {"ec2.subnet", "ec2.nat-gateway", "ec2.network-acl", "ec2.route-table"}
ZONE = "ap-northeast-2a"


def policy(action: str, resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def fill(account: Account) -> None:
    """Make the account's things: a network with a circle in it, a key, and who uses them."""
    network(account)
    messaging(account)


def network(account: Account) -> None:
    """Make a VPC with two groups that name each other, and two addresses that are all alike."""
    do = account.do
    vpc = do("ec2", "CreateVpc", CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    do("ec2", "ModifyVpcAttribute", VpcId=vpc, EnableDnsHostnames={"Value": True})
    place = {"VpcId": vpc, "AvailabilityZone": ZONE}
    subnets = [
        do("ec2", "CreateSubnet", CidrBlock=f"10.1.{n}.0/24", **place)["Subnet"]["SubnetId"]
        for n in range(2)
    ]
    gateway = do("ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    do("ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    addresses = [do("ec2", "AllocateAddress", Domain="vpc")["AllocationId"] for _ in range(3)]
    nat = do("ec2", "CreateNatGateway", SubnetId=subnets[0], AllocationId=addresses[0])
    table = do("ec2", "CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
    route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    do("ec2", "CreateRoute", NatGatewayId=nat["NatGateway"]["NatGatewayId"], **route)
    do("ec2", "AssociateRouteTable", RouteTableId=table, SubnetId=subnets[1])
    do("ec2", "CreateNetworkAcl", VpcId=vpc)
    service = "com.amazonaws.ap-northeast-2.s3"
    do("ec2", "CreateVpcEndpoint", VpcId=vpc, ServiceName=service, RouteTableIds=[table])
    groups = [
        do("ec2", "CreateSecurityGroup", GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("web", "db")
    ]
    for group, other in (groups, groups[::-1]):
        rule = {
            "IpProtocol": "tcp",
            "FromPort": 80,
            "ToPort": 80,
            "UserIdGroupPairs": [{"GroupId": other}],
        }
        do("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[rule])


def messaging(account: Account) -> None:
    """Make a key, what it seals, and a bucket, a topic and a rule that tell a queue."""
    do = account.do
    made = do("iam", "CreatePolicy", PolicyName="read", PolicyDocument=policy("s3:GetObject"))
    do("iam", "CreateRole", RoleName="events", AssumeRolePolicyDocument=TRUST)
    do("iam", "AttachRolePolicy", RoleName="events", PolicyArn=made["Policy"]["Arn"])
    key = do("kms", "CreateKey", Description="lab")["KeyMetadata"]["KeyId"]
    do("kms", "CreateAlias", AliasName="alias/lab", TargetKeyId=key)
    do("secretsmanager", "CreateSecret", Name="db", SecretString="canary", KmsKeyId=key)
    do("sqs", "CreateQueue", QueueName="jobs", Attributes={"KmsMasterKeyId": key})
    queue = f"arn:aws:sqs:ap-northeast-2:{ACCOUNT}:jobs"
    topic = do("sns", "CreateTopic", Name="alerts")["TopicArn"]
    do("sns", "Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue)
    where = {"LocationConstraint": "ap-northeast-2"}
    do("s3", "CreateBucket", Bucket="small-bucket", CreateBucketConfiguration=where)
    told = {
        "QueueConfigurations": [{"Id": "n", "QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}]
    }
    do(
        "s3",
        "PutBucketNotificationConfiguration",
        Bucket="small-bucket",
        NotificationConfiguration=told,
    )
    do("events", "PutRule", Name="nightly", EventPattern='{"source": ["lab"]}')
    do("events", "PutTargets", Rule="nightly", Targets=[{"Id": "1", "Arn": queue}])
