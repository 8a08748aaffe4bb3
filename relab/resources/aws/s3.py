"""S3 buckets with all their sub-configurations; the objects are data and stand elsewhere."""

from typing import Any

from relab.resources.model import (
    Handle,
    Listing,
    Reading,
    Removal,
    ResourceType,
    Scope,
    Step,
    Waiter,
    same,
)

_BUCKET = {"Bucket": "Name"}


def _get(operation: str, into: str, *missing: str, take: str = "@") -> Reading:
    return Reading(operation=operation, args=_BUCKET, take=take, into=into, missing=missing)


def _put(operation: str, member: str, undo: Removal | None = None, *, late: bool = False) -> Step:
    return Step(operation=operation, takes=same(member), late=late, undo=undo)


def _put_each(name: str) -> Step:
    undo = Removal(operation=f"DeleteBucket{name}", args=same("Bucket", "Id"))
    return Step(operation=f"PutBucket{name}", each=f"{name}s", undo=undo)


def _delete(operation: str) -> Removal:
    return Removal(operation=operation, args=same("Bucket"))


def _clear(operation: str, **empty: Any) -> Removal:
    """Return the undoing of what has no call to delete it: it is set to nothing."""
    return Removal(operation=operation, args=same("Bucket"), constants=empty)


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
        _put(
            "PutBucketOwnershipControls",
            "OwnershipControls",
            _delete("DeleteBucketOwnershipControls"),
        ),
        _put("PutBucketAcl", "AccessControlPolicy", _clear("PutBucketAcl", ACL="private")),
        _put("PutBucketVersioning", "VersioningConfiguration"),
        _put("PutObjectLockConfiguration", "ObjectLockConfiguration"),
        _put(
            "PutBucketEncryption",
            "ServerSideEncryptionConfiguration",
            _delete("DeleteBucketEncryption"),
        ),
        Step(operation="PutBucketTagging", tags="Tagging", undo=_delete("DeleteBucketTagging")),
        _put("PutBucketCors", "CORSConfiguration", _delete("DeleteBucketCors")),
        _put("PutBucketWebsite", "WebsiteConfiguration", _delete("DeleteBucketWebsite")),
        _put("PutBucketRequestPayment", "RequestPaymentConfiguration"),
        _put("PutBucketAccelerateConfiguration", "AccelerateConfiguration"),
        _put(
            "PutBucketLogging",
            "BucketLoggingStatus",
            _clear("PutBucketLogging", BucketLoggingStatus={}),
        ),
        _put("PutBucketPolicy", "Policy", _delete("DeleteBucketPolicy")),
        _put("PutPublicAccessBlock", "PublicAccessBlockConfiguration"),
        _put_each("IntelligentTieringConfiguration"),
        _put_each("InventoryConfiguration"),
        _put_each("MetricsConfiguration"),
        _put_each("AnalyticsConfiguration"),
        Step(
            operation="PutBucketLifecycleConfiguration",
            takes=same("LifecycleConfiguration", "TransitionDefaultMinimumObjectSize"),
            late=True,
            undo=_delete("DeleteBucketLifecycle"),
        ),
        _put(
            "PutBucketReplication",
            "ReplicationConfiguration",
            _delete("DeleteBucketReplication"),
            late=True,
        ),
        _put(
            "PutBucketNotificationConfiguration",
            "NotificationConfiguration",
            _clear("PutBucketNotificationConfiguration", NotificationConfiguration={}),
            late=True,
        ),
    ),
    handles=(Handle(name="Bucket"),),
    waiter=Waiter(name="BucketExists", bind={"Bucket": "Bucket"}),
    # Of an empty bucket: who removes one takes its objects away first, with all their versions.
    remove=(_delete("DeleteBucket"),),
    sets=(
        "IntelligentTieringConfigurations",
        "InventoryConfigurations",
        "MetricsConfigurations",
        "AnalyticsConfigurations",
        "AccessControlPolicy.Grants",
        "NotificationConfiguration.*.*.Events",
    ),
    nuke="S3Bucket",
    removes_too=(
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:ListBucketMultipartUploads",
        "s3:ListBucketVersions",
    ),
    notes="Objects are data. A deleted bucket's name may stay taken for hours.",
)
