"""What can be in a snapshot: types of resources and of data, and whether they can be put back."""

from collections.abc import Iterator
from dataclasses import dataclass

from relab.resources.kubernetes import left
from relab.resources.model import ResourceType
from relab.resources.registry import TYPES

# Types whose items are many and small: told of in sums, and written many to a file.
BULK = frozenset({"s3.object", "ecr.image"})


@dataclass(frozen=True, slots=True)
class Kind:
    """A type; `reason` says why its items cannot be put back, `note` what else there is to know."""

    provider: str
    type: str
    restorable: bool
    reason: str = ""
    note: str = ""


_DATA = (
    Kind("aws", "s3.object", True, note="data: put back into its bucket"),
    Kind("aws", "dynamodb.rows", True, note="data: put back into its table"),
    Kind("aws", "ecr.image", True, note="data: pushed again with the same digest"),
    Kind("kubernetes", "data/Volume", True, note="data: unpacked where a pod mounts the volume"),
    Kind("kubernetes", "data/Dump", True, note="data: loaded by the command the profile names"),
)


_OTHERS = "every other kind, found by discovery; what an owner makes comes back with its owner"
_ANY_OTHER = Kind("kubernetes", "*", True, note=_OTHERS)


def kinds() -> Iterator[Kind]:
    """Yield every type that relab knows, in the order of provider and name.

    Kinds of Kubernetes are found by discovery: named are those that are never captured.
    """
    found = [_declared(kind) for kind in TYPES]
    never = [Kind("kubernetes", name, False, why) for name, why in left.KINDS.items()]
    every = [*found, *_DATA, *never, _ANY_OTHER]
    yield from sorted(every, key=lambda kind: (kind.provider, kind.type))


def _declared(kind: ResourceType) -> Kind:
    return Kind(kind.provider, kind.type, kind.restorable, kind.reason, kind.notes)
