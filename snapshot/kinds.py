"""What can be in a snapshot: types of resources and of data, and whether they can be put back."""

from collections.abc import Iterator
from dataclasses import dataclass

from relab.resources.registry import TYPES

# Types whose items are many and small: told of in sums, and written many to a file.
BULK = frozenset({"s3.object", "ecr.image"})


@dataclass(frozen=True, slots=True)
class Kind:
    """A type; `reason` says why its items cannot be put back, or what else there is to know."""

    provider: str
    type: str
    restorable: bool
    reason: str = ""


_DATA = (
    Kind("aws", "s3.object", True, "data: put back into its bucket"),
    Kind("aws", "ecr.image", True, "data: pushed again with the same digest"),
    Kind("kubernetes", "data/Volume", True, "data: unpacked where a pod mounts the volume"),
    Kind("kubernetes", "data/Dump", True, "data: loaded by the command the profile names"),
)


def kinds() -> Iterator[Kind]:
    """Yield every type that relab knows, in the order of provider and name."""
    found = [Kind(kind.provider, kind.type, kind.restorable, kind.reason) for kind in TYPES]
    yield from sorted([*found, *_DATA], key=lambda kind: (kind.provider, kind.type))
