"""The IAM actions that a type's calls need: those of its calls, and what AWS names otherwise."""

from relab.resources.model import ResourceType
from relab.resources.tagging import tagging

_S3 = {
    "ListBuckets": "ListAllMyBuckets",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
}


def action(service: str, operation: str) -> str:
    """Return the action that `operation` needs, such as `s3:ListAllMyBuckets`."""
    name = _S3.get(operation, operation) if service == "s3" else operation
    return f"{service}:{name}"


def read_actions(kind: ResourceType) -> tuple[str, ...]:
    """Return all that reading `kind` needs, sorted."""
    calls = [call.operation for call in kind.lists]
    calls += [call.operation for call in kind.reads]
    return _sorted(kind, calls, kind.reads_too)


def write_actions(kind: ResourceType) -> tuple[str, ...]:
    """Return all that making an item of `kind` needs, sorted."""
    calls = [step.operation for step in kind.steps]
    calls += [lookup.operation for step in kind.steps for lookup in step.lookups]
    calls += [step.operation for step in kind.updates]
    calls += [step.undo.operation for step in (*kind.steps, *kind.updates) if step.undo]
    how = tagging(kind)
    calls += [how.add, how.remove] if how and kind.restorable else []
    return _sorted(kind, calls, kind.writes_too)


def delete_actions(kind: ResourceType) -> tuple[str, ...]:
    """Return all that removing an item of `kind`, and what is in it, needs, sorted."""
    removals = (*kind.loosen, *kind.remove)
    calls = [one.operation for one in removals]
    calls += [asked.operation for one in removals for asked in one.asks]
    return _sorted(kind, calls, kind.removes_too)


def _sorted(kind: ResourceType, calls: list[str], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*(action(kind.service, call) for call in calls), *more}))
