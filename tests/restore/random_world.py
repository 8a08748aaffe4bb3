"""Accounts made by chance: things of many types that refer to one another in every allowed way."""

import json
import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.resources.account import Account
from tests.restore.small import TRUST

TYPES = (
    "cloudwatch.metric-alarm",
    "ec2.elastic-ip",
    "ec2.internet-gateway",
    "ec2.nat-gateway",
    "ec2.network-acl",
    "ec2.route-table",
    "ec2.security-group",
    "ec2.subnet",
    "ec2.vpc",
    "events.rule",
    "iam.policy",
    "iam.role",
    "kms.alias",
    "kms.key",
    "logs.group",
    "s3.bucket",
    "secretsmanager.secret",
    "sns.subscription",
    "sns.topic",
    "sqs.queue",
)
MOST = 3


@dataclass
class Maker:
    """Makes things in `account`; `known` are the identifiers of what was made, by their sort."""

    account: Account
    chance: random.Random
    known: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def run(self) -> None:
        """Make up to MOST things of each sort, each of what was made before."""
        for make in (
            self.key,
            self.role,
            self.queue,
            self.topic,
            self.bucket,
            self.secret,
            self.network,
            self.rule,
            self.alarm,
            self.log_group,
        ):
            for number in range(self.chance.randint(1, MOST)):
                make(number)
        self.tell()
        self.rely()

    def any(self, sort: str) -> str:
        return self.chance.choice(self.known[sort])

    def maybe(self, **params: str) -> dict[str, str]:
        """Return some of `params`, by chance."""
        return {name: value for name, value in params.items() if self.chance.random() < 0.5}

    def arn(self) -> str:
        """Return the ARN of anything."""
        return self.any(self.chance.choice(["role", "queue", "topic", "bucket", "key"]))

    def policy(self) -> str:
        """Return a policy that names two things, and a role by its id."""
        statement = {
            "Effect": "Allow",
            "Action": "*",
            "Resource": [self.arn(), self.arn() + "/*"],
            "Condition": {"StringLike": {"aws:userId": [f"{self.any('role-id')}:*"]}},
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    def tags(self, number: int) -> list[dict[str, str]]:
        return [{"Key": "n", "Value": str(number)}] if self.chance.random() < 0.5 else []

    def key(self, number: int) -> None:
        made = self.account.do("kms", "CreateKey", Description=f"key {number % 2}")["KeyMetadata"]
        self.known["key"].append(made["Arn"])
        if self.chance.random() < 0.7:
            name = f"alias/a{number}"
            self.account.do("kms", "CreateAlias", AliasName=name, TargetKeyId=made["KeyId"])

    def role(self, number: int) -> None:
        name = f"role{number}"
        trust = {"RoleName": name, "AssumeRolePolicyDocument": TRUST}
        made = self.account.do("iam", "CreateRole", **trust)["Role"]
        self.known["role"].append(made["Arn"])
        self.known["role-id"].append(made["RoleId"])

    def queue(self, number: int) -> None:
        attributes = self.maybe(KmsMasterKeyId=self.any("key"))
        if self.known["queue"] and self.chance.random() < 0.5:
            dead = {"deadLetterTargetArn": self.any("queue"), "maxReceiveCount": 3}
            attributes["RedrivePolicy"] = json.dumps(dead)
        name = f"queue{number}"
        self.account.do("sqs", "CreateQueue", QueueName=name, Attributes=attributes)
        self.known["queue"].append(f"arn:aws:sqs:ap-northeast-2:123456789012:{name}")

    def topic(self, number: int) -> None:
        made = self.account.do("sns", "CreateTopic", Name=f"topic{number}")["TopicArn"]
        self.known["topic"].append(made)
        queue = self.any("queue")
        self.account.do("sns", "Subscribe", TopicArn=made, Protocol="sqs", Endpoint=queue)

    def bucket(self, number: int) -> None:
        name = f"random-bucket-{number}"
        where = {"LocationConstraint": "ap-northeast-2"}
        self.account.do("s3", "CreateBucket", Bucket=name, CreateBucketConfiguration=where)
        self.known["bucket"].append(f"arn:aws:s3:::{name}")
        self.known["bucket-name"].append(name)

    def secret(self, number: int) -> None:
        key = self.maybe(KmsKeyId=self.any("key"))
        name, value = f"secret{number}", f"as {self.any('role-id')}"
        made = self.account.do(
            "secretsmanager", "CreateSecret", Name=name, SecretString=value, **key
        )
        self.known["secret"].append(made["ARN"])

    def network(self, number: int) -> None:
        """Make a VPC, whose groups name each other in circles, and ways out of it."""
        do = self.account.do
        # They may be all alike.
        vpc = do("ec2", "CreateVpc", CidrBlock=f"10.{number // 2}.0.0/16")["Vpc"]["VpcId"]
        subnets = [self.subnet(vpc, number // 2, place) for place in range(2)]
        groups = [self.group(vpc, name) for name in "abc"[: self.chance.randint(1, 3)]]
        for group in groups:
            for other in {self.chance.choice(groups), self.chance.choice(groups)}:
                pair = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2}
                rule: dict[str, Any] = {**pair, "UserIdGroupPairs": [{"GroupId": other}]}
                do("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[rule])
        gateway = do("ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
        do("ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
        address = do("ec2", "AllocateAddress", Domain="vpc")["AllocationId"]
        where = {"SubnetId": self.chance.choice(subnets), "AllocationId": address}
        nat = do("ec2", "CreateNatGateway", **where)["NatGateway"]["NatGatewayId"]
        table = do("ec2", "CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
        way = self.chance.choice([{"NatGatewayId": nat}, {"GatewayId": gateway}])
        route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
        do("ec2", "CreateRoute", **route, **way)
        for subnet in self.chance.sample(subnets, self.chance.randint(0, 2)):
            do("ec2", "AssociateRouteTable", RouteTableId=table, SubnetId=subnet)

    def subnet(self, vpc: str, net: int, place: int) -> str:
        where = {"VpcId": vpc, "AvailabilityZone": "ap-northeast-2a"}
        cidr = f"10.{net}.{place}.0/24"
        made = self.account.do("ec2", "CreateSubnet", CidrBlock=cidr, **where)
        return str(made["Subnet"]["SubnetId"])

    def group(self, vpc: str, name: str) -> str:
        params = {"GroupName": name, "Description": name, "VpcId": vpc}
        return str(self.account.do("ec2", "CreateSecurityGroup", **params)["GroupId"])

    def rule(self, number: int) -> None:
        name = f"rule{number}"
        state = self.chance.choice(["ENABLED", "DISABLED"])
        pattern = {"Name": name, "EventPattern": '{"source": ["lab"]}', "State": state}
        self.account.do("events", "PutRule", **pattern, Tags=self.tags(number))
        for target in range(self.chance.randint(0, 2)):
            one = {"Id": str(target), "Arn": self.any(self.chance.choice(["queue", "topic"]))}
            self.account.do("events", "PutTargets", Rule=name, Targets=[one])

    def alarm(self, number: int) -> None:
        self.account.do(
            "cloudwatch",
            "PutMetricAlarm",
            AlarmName=f"alarm{number}",
            Namespace="lab",
            MetricName="errors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[self.any("topic")],
        )

    def log_group(self, number: int) -> None:
        self.account.do("logs", "CreateLogGroup", logGroupName=f"/lab/{number}")

    def tell(self) -> None:
        """Let buckets tell queues and topics."""
        for bucket in self.known["bucket-name"]:
            told = {
                "QueueConfigurations": [
                    {"Id": "q", "QueueArn": self.any("queue"), "Events": ["s3:ObjectCreated:*"]}
                ]
            }
            self.account.do(
                "s3",
                "PutBucketNotificationConfiguration",
                Bucket=bucket,
                NotificationConfiguration=told,
            )

    def rely(self) -> None:
        """Let roles and buckets have policies that name anything, themselves included."""
        for number, _ in enumerate(self.known["role"]):
            made = {"PolicyName": f"policy{number}", "PolicyDocument": self.policy()}
            policy = self.account.do("iam", "CreatePolicy", **made)["Policy"]["Arn"]
            role = f"role{number}"
            self.account.do("iam", "AttachRolePolicy", RoleName=role, PolicyArn=policy)
            inline = {"PolicyName": "own", "PolicyDocument": self.policy()}
            self.account.do("iam", "PutRolePolicy", RoleName=role, **inline)
        for bucket in self.known["bucket-name"]:
            if self.chance.random() < 0.5:
                self.account.do("s3", "PutBucketPolicy", Bucket=bucket, Policy=self.policy())
