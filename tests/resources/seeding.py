"""Fill an account with at least one richly configured resource of every type moto can do."""

from collections.abc import Callable

from tests.resources.account import ACCOUNT, REGION, Account, policy, trust

TAGS = [{"Key": "course", "Value": "mlops"}, {"Key": "tenant", "Value": "07"}]
TAG_MAP = {"course": "mlops", "tenant": "07"}
ARN = f"arn:aws:iam::{ACCOUNT}"


def storage(account: Account) -> None:
    s3 = "s3"
    where = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    account.do(s3, "CreateBucket", Bucket="bare-bucket", **where)
    account.do(s3, "CreateBucket", Bucket="log-bucket", **where)
    account.do(
        s3,
        "CreateBucket",
        Bucket="student-07",
        ObjectLockEnabledForBucket=True,
        **where,
    )
    b = {"Bucket": "student-07"}
    owner = account.do(s3, "GetBucketAcl", **b)["Owner"]
    versioned = {"VersioningConfiguration": {"Status": "Enabled"}}
    account.do(s3, "PutBucketVersioning", **b, **versioned)
    account.do(s3, "PutBucketVersioning", Bucket="log-bucket", **versioned)
    account.do(
        s3,
        "PutBucketAcl",
        **b,
        AccessControlPolicy={
            "Owner": owner,
            "Grants": [
                {
                    "Grantee": {"Type": "CanonicalUser", "ID": owner["ID"]},
                    "Permission": "FULL_CONTROL",
                },
                {
                    "Grantee": {
                        "Type": "Group",
                        "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery",
                    },
                    "Permission": "WRITE",
                },
            ],
        },
    )
    sse = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/lab"}
    rules = [{"ApplyServerSideEncryptionByDefault": sse, "BucketKeyEnabled": True}]
    account.do(s3, "PutBucketEncryption", **b, ServerSideEncryptionConfiguration={"Rules": rules})
    account.do(
        s3,
        "PutPublicAccessBlock",
        **b,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": False,
            "RestrictPublicBuckets": False,
        },
    )
    account.do(
        s3,
        "PutBucketPolicy",
        **b,
        Policy=policy("s3:GetObject", "arn:aws:s3:::student-07/*", Principal="*"),
    )
    account.do(
        s3,
        "PutBucketLifecycleConfiguration",
        **b,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "old",
                    "Status": "Enabled",
                    "Filter": {"Prefix": "tmp/"},
                    "Expiration": {"Days": 7},
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 3},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                }
            ]
        },
    )
    cors = {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 60}
    account.do(s3, "PutBucketCors", **b, CORSConfiguration={"CORSRules": [cors]})
    account.do(s3, "PutBucketTagging", **b, Tagging={"TagSet": TAGS})
    account.do(
        s3,
        "PutBucketOwnershipControls",
        Bucket="log-bucket",
        OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
    )
    account.do(
        s3,
        "PutBucketAcl",
        Bucket="log-bucket",
        AccessControlPolicy={
            "Owner": owner,
            "Grants": [
                {
                    "Grantee": {
                        "Type": "Group",
                        "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery",
                    },
                    "Permission": permission,
                }
                for permission in ("READ_ACP", "WRITE")
            ],
        },
    )
    target = {"TargetBucket": "log-bucket", "TargetPrefix": "s3/"}
    account.do(s3, "PutBucketLogging", **b, BucketLoggingStatus={"LoggingEnabled": target})
    account.do(
        s3,
        "PutBucketWebsite",
        **b,
        WebsiteConfiguration={
            "IndexDocument": {"Suffix": "index.html"},
            "ErrorDocument": {"Key": "error.html"},
        },
    )
    account.do(
        s3,
        "PutBucketAccelerateConfiguration",
        **b,
        AccelerateConfiguration={"Status": "Enabled"},
    )
    retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    account.do(
        s3,
        "PutObjectLockConfiguration",
        **b,
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention},
    )
    account.do(
        s3,
        "PutBucketReplication",
        **b,
        ReplicationConfiguration={
            "Role": f"{ARN}:role/trainer",
            "Rules": [
                {
                    "ID": "copy",
                    "Priority": 1,
                    "Status": "Enabled",
                    "Filter": {"Prefix": "models/"},
                    "DeleteMarkerReplication": {"Status": "Disabled"},
                    "Destination": {"Bucket": "arn:aws:s3:::log-bucket"},
                }
            ],
        },
    )
    account.do(
        s3,
        "PutBucketInventoryConfiguration",
        **b,
        Id="weekly",
        InventoryConfiguration={
            "Id": "weekly",
            "IsEnabled": True,
            "IncludedObjectVersions": "All",
            "Schedule": {"Frequency": "Weekly"},
            "Destination": {
                "S3BucketDestination": {"Bucket": "arn:aws:s3:::log-bucket", "Format": "CSV"}
            },
        },
    )


def notices(account: Account) -> None:
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"
    account.do(
        "s3",
        "PutBucketNotificationConfiguration",
        Bucket="student-07",
        NotificationConfiguration={
            "QueueConfigurations": [
                {"Id": "new", "QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}
            ]
        },
    )


def registry(account: Account) -> None:
    ecr = "ecr"
    account.do(
        ecr,
        "CreateRepository",
        repositoryName="mlops-user07",
        tags=TAGS,
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
    )
    named = {"repositoryName": "mlops-user07"}
    text = policy("ecr:BatchGetImage", "*", Principal={"AWS": f"{ARN}:root"})
    account.do(ecr, "SetRepositoryPolicy", **named, policyText=text)
    rule = (
        '{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":'
        '"imageCountMoreThan","countNumber":3},"action":{"type":"expire"}}]}'
    )
    account.do(ecr, "PutLifecyclePolicy", **named, lifecyclePolicyText=rule)
    text = policy(
        "ecr:ReplicateImage",
        f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*",
        Principal={"AWS": "arn:aws:iam::111122223333:root"},
    )
    account.do(ecr, "PutRegistryPolicy", policyText=text)
    destinations = [{"region": "us-east-1", "registryId": ACCOUNT}]
    account.do(
        ecr,
        "PutReplicationConfiguration",
        replicationConfiguration={"rules": [{"destinations": destinations}]},
    )
    wildcard = [{"filter": "mlops-*", "filterType": "WILDCARD"}]
    account.do(
        ecr,
        "PutRegistryScanningConfiguration",
        scanType="BASIC",
        rules=[{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": wildcard}],
    )


def people(account: Account) -> None:
    iam = "iam"
    boundary = account.do(
        iam,
        "CreatePolicy",
        PolicyName="boundary",
        Path="/course/",
        Description="what a student may do at most",
        PolicyDocument=policy("s3:*"),
        Tags=TAGS,
    )["Policy"]["Arn"]
    account.do(
        iam,
        "CreateRole",
        RoleName="trainer",
        Path="/",
        Description="for training jobs",
        MaxSessionDuration=7200,
        AssumeRolePolicyDocument=trust("sagemaker"),
        PermissionsBoundary=boundary,
        Tags=TAGS,
    )
    account.do(iam, "CreateRole", RoleName="cluster", AssumeRolePolicyDocument=trust("eks"))
    reading = {"PolicyName": "reading", "PolicyDocument": policy("s3:GetObject")}
    account.do(iam, "PutRolePolicy", RoleName="trainer", **reading)
    account.do(iam, "AttachRolePolicy", RoleName="trainer", PolicyArn=boundary)
    account.do(iam, "CreateGroup", GroupName="students", Path="/course/")
    account.do(iam, "PutGroupPolicy", GroupName="students", **reading)
    account.do(iam, "AttachGroupPolicy", GroupName="students", PolicyArn=boundary)
    account.do(iam, "CreateUser", UserName="user07", PermissionsBoundary=boundary, Tags=TAGS)
    account.do(iam, "PutUserPolicy", UserName="user07", **reading)
    account.do(iam, "AttachUserPolicy", UserName="user07", PolicyArn=boundary)
    account.do(iam, "AddUserToGroup", UserName="user07", GroupName="students")
    account.do(iam, "CreateAccessKey", UserName="user07")
    account.do(iam, "CreateLoginProfile", UserName="user07", Password="Correct-Horse-1")
    account.do(iam, "CreateInstanceProfile", InstanceProfileName="nodes", Tags=TAGS)
    account.do(iam, "AddRoleToInstanceProfile", InstanceProfileName="nodes", RoleName="trainer")
    account.do(
        iam,
        "CreateOpenIDConnectProvider",
        Url="https://oidc.eks.example.com/id/ABC",
        ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=["a" * 40],
        Tags=TAGS,
    )
    service = {"AWSServiceName": "eks.amazonaws.com"}
    account.do(iam, "CreateServiceLinkedRole", **service)


def secrets(account: Account) -> None:
    tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in TAGS]
    key = account.do("kms", "CreateKey", Description="of the lab", Tags=tags)
    number = key["KeyMetadata"]["KeyId"]
    account.do("kms", "EnableKeyRotation", KeyId=number, RotationPeriodInDays=120)
    account.do("kms", "CreateAlias", AliasName="alias/lab", TargetKeyId=number)
    off = account.do("kms", "CreateKey", Description="put away")["KeyMetadata"]["KeyId"]
    account.do("kms", "DisableKey", KeyId=off)
    going = account.do("kms", "CreateKey", Description="going")["KeyMetadata"]["KeyId"]
    account.do("kms", "ScheduleKeyDeletion", KeyId=going, PendingWindowInDays=7)
    for name, kind, value in (
        ("/lab/plain", "String", "a"),
        ("/lab/secure", "SecureString", "canary-ssm"),
        ("/lab/list", "StringList", "a,b"),
    ):
        account.do("ssm", "PutParameter", Name=name, Type=kind, Value=value, Tags=TAGS)
    account.do(
        "secretsmanager",
        "CreateSecret",
        Name="lab/db",
        Description="the database",
        SecretString="canary-secret",
        KmsKeyId=number,
        Tags=TAGS,
    )
    account.do("secretsmanager", "CreateSecret", Name="lab/bytes", SecretBinary=b"\x00\xffcanary")
    text = policy("secretsmanager:GetSecretValue", Principal={"AWS": f"{ARN}:root"})
    account.do("secretsmanager", "PutResourcePolicy", SecretId="lab/db", ResourcePolicy=text)


def messaging(account: Account) -> None:
    dead = account.do("sqs", "CreateQueue", QueueName="dead")["QueueUrl"]
    names = ["QueueArn"]
    arn = account.do("sqs", "GetQueueAttributes", QueueUrl=dead, AttributeNames=names)
    redrive = f'{{"deadLetterTargetArn":"{arn["Attributes"]["QueueArn"]}","maxReceiveCount":"3"}}'
    account.do(
        "sqs",
        "CreateQueue",
        QueueName="jobs",
        Attributes={"VisibilityTimeout": "45", "DelaySeconds": "5", "RedrivePolicy": redrive},
        tags=TAG_MAP,
    )
    topic = account.do(
        "sns",
        "CreateTopic",
        Name="alerts",
        Attributes={"DisplayName": "Alerts", "KmsMasterKeyId": "alias/lab"},
        Tags=TAGS,
    )["TopicArn"]
    account.do(
        "sns",
        "Subscribe",
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs",
        Attributes={"RawMessageDelivery": "true", "FilterPolicy": '{"tenant": ["07"]}'},
    )


def watching(account: Account) -> None:
    account.do("events", "CreateEventBus", Name="course", Description="labs", Tags=TAGS)
    rule = {"Name": "nightly", "EventBusName": "course"}
    account.do(
        "events",
        "PutRule",
        **rule,
        EventPattern='{"source": ["lab"]}',
        State="DISABLED",
        Description="checks",
        Tags=TAGS,
    )
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"
    target = {"Id": "1", "Arn": queue, "Input": '{"lab": 1}'}
    account.do("events", "PutTargets", Rule="nightly", EventBusName="course", Targets=[target])
    account.do("events", "PutRule", Name="hourly", ScheduleExpression="rate(1 hour)")
    group = {"logGroupName": "/lab/user07"}
    account.do("logs", "CreateLogGroup", **group, tags=TAG_MAP)
    account.do("logs", "PutRetentionPolicy", **group, retentionInDays=14)
    account.do(
        "logs",
        "PutMetricFilter",
        **group,
        filterName="errors",
        filterPattern="ERROR",
        metricTransformations=[
            {"metricName": "errors", "metricNamespace": "lab", "metricValue": "1"}
        ],
    )
    alarm = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
    account.do(
        "cloudwatch",
        "PutMetricAlarm",
        AlarmName="errors",
        AlarmDescription="too many",
        Namespace="lab",
        MetricName="errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=3,
        DatapointsToAlarm=2,
        Threshold=1.5,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        Dimensions=[{"Name": "tenant", "Value": "07"}],
        AlarmActions=[alarm],
        Tags=TAGS,
    )
    account.do("cloudwatch", "PutDashboard", DashboardName="lab", DashboardBody='{"widgets": []}')


def tables(account: Account) -> None:
    db = "dynamodb"
    account.do(
        db,
        "CreateTable",
        TableName="scores",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("lab", "user")
        ],
        KeySchema=[{"AttributeName": "user", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-lab",
                "KeySchema": [{"AttributeName": "lab", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        SSESpecification={"Enabled": True, "SSEType": "KMS"},
        DeletionProtectionEnabled=True,
        Tags=TAGS,
    )
    account.do(
        db,
        "UpdateTimeToLive",
        TableName="scores",
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"},
    )
    account.do(
        db,
        "UpdateContinuousBackups",
        TableName="scores",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    account.do(
        db,
        "CreateTable",
        TableName="fixed",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 2, "WriteCapacityUnits": 3},
    )


SEEDS: tuple[Callable[[Account], None], ...] = (
    people,
    secrets,
    storage,
    registry,
    messaging,
    notices,
    watching,
    tables,
)
