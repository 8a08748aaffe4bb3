"""S3 buckets with all their sub-configurations; the objects are data and stand elsewhere."""

from relab.resources.model import (
    Handle,
    Listing,
    Reading,
    ResourceType,
    Scope,
    Step,
    Waiter,
    same,
)

_BUCKET = {"Bucket": "Name"}


def _get(operation: str, into: str, *missing: str, take: str = "@") -> Reading:
    return Reading(operation=operation, args=_BUCKET, take=take, into=into, missing=missing)


def _put(operation: str, member: str, *, late: bool = False) -> Step:
    return Step(operation=operation, takes=same(member), late=late)


def _rows(name: str) -> str:
    return f"{name}s[].{{Id: Id, {name}: @}}"


BUCKET = ResourceType(
    service="s3",
    name="bucket",
    scope=Scope.GLOBAL,
    key="{Name}",
    arn="arn:{partition}:s3:::{Name}",
    identifiers=(
        "s3://{Name}",
        "{Name}.s3.amazonaws.com",
        "{Name}.s3.{region}.amazonaws.com",
    ),
    lists=(Listing(operation="ListBuckets", take="Buckets"),),
    reads=(
        _get("GetBucketLocation", "CreateBucketConfiguration"),
        _get("GetBucketVersioning", "VersioningConfiguration"),
        _get(
            "GetBucketEncryption",
            "ServerSideEncryptionConfiguration",
            "ServerSideEncryptionConfigurationNotFoundError",
            take="ServerSideEncryptionConfiguration",
        ),
        _get(
            "GetPublicAccessBlock",
            "PublicAccessBlockConfiguration",
            "NoSuchPublicAccessBlockConfiguration",
            take="PublicAccessBlockConfiguration",
        ),
        _get("GetBucketPolicy", "Policy", "NoSuchBucketPolicy", take="Policy"),
        _get(
            "GetBucketLifecycleConfiguration",
            "Lifecycle",
            "NoSuchLifecycleConfiguration",
            take="{Configuration: {Rules: Rules}, MinimumSize: TransitionDefaultMinimumObjectSize}",
        ),
        _get("GetBucketCors", "CORSConfiguration", "NoSuchCORSConfiguration"),
        _get("GetBucketTagging", "TagSet", "NoSuchTagSet", take="TagSet"),
        _get("GetBucketLogging", "BucketLoggingStatus"),
        _get("GetBucketNotificationConfiguration", "NotificationConfiguration"),
        _get(
            "GetBucketReplication",
            "ReplicationConfiguration",
            "ReplicationConfigurationNotFoundError",
            take="ReplicationConfiguration",
        ),
        _get("GetBucketWebsite", "WebsiteConfiguration", "NoSuchWebsiteConfiguration"),
        _get(
            "GetBucketOwnershipControls",
            "OwnershipControls",
            "OwnershipControlsNotFoundError",
            take="OwnershipControls",
        ),
        _get("GetBucketAcl", "Acl"),
        _get("GetBucketAccelerateConfiguration", "AccelerateConfiguration"),
        _get("GetBucketRequestPayment", "RequestPaymentConfiguration"),
        _get(
            "GetObjectLockConfiguration",
            "ObjectLockConfiguration",
            "ObjectLockConfigurationNotFoundError",
            take="ObjectLockConfiguration",
        ),
        _get(
            "ListBucketIntelligentTieringConfigurations",
            "IntelligentTieringConfigurations",
            take=_rows("IntelligentTieringConfiguration").replace("s[]", "List[]"),
        ),
        _get(
            "ListBucketInventoryConfigurations",
            "InventoryConfigurations",
            take=_rows("InventoryConfiguration").replace("s[]", "List[]"),
        ),
        _get(
            "ListBucketMetricsConfigurations",
            "MetricsConfigurations",
            take=_rows("MetricsConfiguration").replace("s[]", "List[]"),
        ),
        _get(
            "ListBucketAnalyticsConfigurations",
            "AnalyticsConfigurations",
            take=_rows("AnalyticsConfiguration").replace("s[]", "List[]"),
        ),
    ),
    tags="TagSet",
    derive={
        "Bucket": "Name",
        "ObjectLockEnabledForBucket": (
            "ObjectLockConfiguration.ObjectLockEnabled == 'Enabled' || `null`"
        ),
        "LifecycleConfiguration": "Lifecycle.Configuration",
        "TransitionDefaultMinimumObjectSize": "Lifecycle.MinimumSize",
        "AccessControlPolicy": "length(not_null(Acl.Grants, `[]`)) > `1` && Acl",
    },
    create=Step(operation="CreateBucket"),
    configure=(
        # A new bucket blocks what an old one may allow: that comes off, then on as it was.
        Step(operation="DeletePublicAccessBlock", always=True),
        _put("PutBucketOwnershipControls", "OwnershipControls"),
        _put("PutBucketAcl", "AccessControlPolicy"),
        _put("PutBucketVersioning", "VersioningConfiguration"),
        _put("PutObjectLockConfiguration", "ObjectLockConfiguration"),
        _put("PutBucketEncryption", "ServerSideEncryptionConfiguration"),
        Step(operation="PutBucketTagging", tags="Tagging"),
        _put("PutBucketCors", "CORSConfiguration"),
        _put("PutBucketWebsite", "WebsiteConfiguration"),
        _put("PutBucketRequestPayment", "RequestPaymentConfiguration"),
        _put("PutBucketAccelerateConfiguration", "AccelerateConfiguration"),
        _put("PutBucketLogging", "BucketLoggingStatus"),
        _put("PutBucketPolicy", "Policy"),
        _put("PutPublicAccessBlock", "PublicAccessBlockConfiguration"),
        Step(
            operation="PutBucketIntelligentTieringConfiguration",
            each="IntelligentTieringConfigurations",
        ),
        Step(operation="PutBucketInventoryConfiguration", each="InventoryConfigurations"),
        Step(operation="PutBucketMetricsConfiguration", each="MetricsConfigurations"),
        Step(operation="PutBucketAnalyticsConfiguration", each="AnalyticsConfigurations"),
        Step(
            operation="PutBucketLifecycleConfiguration",
            takes=same("LifecycleConfiguration", "TransitionDefaultMinimumObjectSize"),
            late=True,
        ),
        _put("PutBucketReplication", "ReplicationConfiguration", late=True),
        _put("PutBucketNotificationConfiguration", "NotificationConfiguration", late=True),
    ),
    handles=(Handle(name="Bucket"),),
    waiter=Waiter(name="BucketExists", bind={"Bucket": "Bucket"}),
    sets=(
        "IntelligentTieringConfigurations",
        "InventoryConfigurations",
        "MetricsConfigurations",
        "AnalyticsConfigurations",
        "AccessControlPolicy.Grants",
        "NotificationConfiguration.*.*.Events",
    ),
    nuke="S3Bucket",
    notes="Objects are data. A deleted bucket's name may stay taken for hours.",
)
