"""All AWS types, in one tuple; a type that stands here and nowhere else does not exist."""

from functools import cache

from relab.resources.aws.dynamodb import TABLE
from relab.resources.aws.ecr import PULL_THROUGH, REGISTRY, REPOSITORY
from relab.resources.aws.eks import EKS
from relab.resources.aws.events import EVENTS
from relab.resources.aws.functions import FUNCTION
from relab.resources.aws.iam import IAM
from relab.resources.aws.kms import KMS
from relab.resources.aws.messaging import MESSAGING
from relab.resources.aws.s3 import BUCKET
from relab.resources.aws.secrets import PARAMETER, SECRET
from relab.resources.aws.traffic import TRAFFIC
from relab.resources.aws.vpc import NETWORK
from relab.resources.aws.watching import WATCHING
from relab.resources.model import ResourceType

TYPES: tuple[ResourceType, ...] = (
    BUCKET,
    REPOSITORY,
    REGISTRY,
    PULL_THROUGH,
    *IAM,
    *KMS,
    PARAMETER,
    SECRET,
    *MESSAGING,
    *EVENTS,
    *WATCHING,
    TABLE,
    *NETWORK,
    *TRAFFIC,
    *EKS,
    FUNCTION,
)


@cache
def by_name() -> dict[str, ResourceType]:
    """Return every type by its full name, such as `s3.bucket`."""
    return {kind.type: kind for kind in TYPES}
