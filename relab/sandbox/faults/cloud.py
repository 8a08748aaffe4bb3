"""Faults of AWS, and of the way to AWS and Kubernetes."""

from relab.sandbox.faults.board import Undo
from relab.sandbox.faults.scene import Scene
from relab.sandbox.seed.aws import ARTIFACTS, repositories, tenant_words


def no_bucket(scene: Scene, tenant: str) -> Undo:
    """Take the bucket away with all it holds."""
    bucket = scene.account.take_bucket(scene.names(tenant).buckets[0])
    return lambda: scene.account.return_bucket(bucket) if bucket else None


def no_ecr(scene: Scene, tenant: str) -> Undo:
    """Take all of the tenant's repositories away with their images."""
    wanted = repositories(tenant_words(scene.profile, tenant))
    taken = scene.account.take_repositories(wanted)
    return lambda: scene.account.return_repositories(taken)


def no_artifacts(scene: Scene, tenant: str) -> Undo:
    """Take the objects of the two artifact folders away."""
    bucket = scene.names(tenant).buckets[0]
    taken = scene.account.take_objects(bucket, ARTIFACTS)
    return lambda: scene.account.return_objects(bucket, taken)


def access_denied(scene: Scene, tenant: str) -> Undo:
    """Make S3 and ECR refuse the tenant's key."""
    return _held(scene.restrictions.denied, scene.names(tenant).user)


def expired_credentials(scene: Scene, tenant: str) -> Undo:
    """Make AWS call the tenant's key expired."""
    return _held(scene.restrictions.expired, scene.names(tenant).user)


def kube_unauthorized(scene: Scene, tenant: str) -> Undo:
    """Make Kubernetes answer 401 to the tenant."""
    return _held(scene.restrictions.unauthorized, scene.names(tenant).user)


def throttled(scene: Scene, tenant: str) -> Undo:
    """Make AWS and Kubernetes throttle the tenant."""
    return _held(scene.restrictions.throttled, scene.names(tenant).user)


def slow(scene: Scene, tenant: str) -> Undo:
    """Make every answer to the tenant late."""
    return _held(scene.restrictions.slow, scene.names(tenant).user)


def _held(people: set[str], person: str) -> Undo:
    people.add(person)
    return lambda: people.discard(person)
