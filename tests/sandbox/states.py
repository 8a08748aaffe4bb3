"""The whole state of a world as plain data, to be compared before and after."""

from typing import Any

from relab.sandbox.aws.account import Account
from relab.sandbox.kube import Cluster

State = dict[Any, Any]


def kubernetes(cluster: Cluster) -> State:
    """Return every stored object, uid and dates included, but no resourceVersion."""
    api = cluster.api
    return {
        (kind.resource, entry.doc["metadata"].get("namespace"), entry.doc["metadata"]["name"]): {
            **entry.doc,
            "metadata": {
                key: value
                for key, value in entry.doc["metadata"].items()
                if key != "resourceVersion"
            },
        }
        for kind in api.registry
        for entry in api.store.scan(kind.resource)
    }


def logs(cluster: Cluster) -> State:
    """Return what every pod's log says."""
    return dict(cluster.logs)


def aws(account: Account) -> State:
    """Return buckets with every version and body, and repositories with every manifest."""
    buckets = {
        name: {
            "made": bucket.creation_date,
            "versioning": bucket.versioning_status,
            "encryption": bucket.encryption,
            "open": vars(bucket.public_access_block or object),
            "objects": {
                key: [(one.version_id, one.etag, one.last_modified, one.value) for one in versions]
                for key, versions in sorted(dict.items(bucket.keys))
            },
        }
        for name, bucket in account.s3.buckets.items()
    }
    repositories = {
        name: {
            "made": repository.created_at,
            "policy": repository.lifecycle_policy,
            "scan": repository.image_scanning_configuration,
            "images": [
                (image.image_digest, image.image_tags, image.image_manifest, image.image_pushed_at)
                for image in repository.images
            ],
        }
        for name, repository in account.ecr.repositories.items()
    }
    return {"buckets": buckets, "repositories": repositories}
