"""Which saved items are data, and inside of what they come back."""

from collections.abc import Callable, Iterator, Mapping

from relab.resources.item import Item
from restore.aws_needs import Directory

# Type of the data -> type of what holds it, and its key from the data's key.
_HELD: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "s3.object": ("s3.bucket", lambda key: key.partition("/")[0]),
    "ecr.image": ("ecr.repository", lambda key: key.rpartition("@")[0]),
    "dynamodb.rows": ("dynamodb.table", lambda key: key),
    "data/Volume": ("v1/PersistentVolumeClaim", lambda key: key),
    "data/Dump": ("v1/Namespace", lambda key: key.partition("/")[0]),
}


def data_types() -> Iterator[str]:
    """Yield the types whose items are data."""
    yield from _HELD


def is_data(kind: str) -> bool:
    """Tell whether items of type `kind` are data."""
    return kind in _HELD


def held_by(kind: str) -> str:
    """Return the type of the data that things of type `kind` hold; empty when they hold none."""
    return next((data for data, (holder_, _) in _HELD.items() if holder_ == kind), "")


def holding(kind: str) -> str:
    """Return the type of what holds data of type `kind`."""
    return _HELD[kind][0]


def holder_of(item: Item) -> tuple[str, str]:
    """Return the type and the key of what holds the data `item`."""
    kind, key_of = _HELD[item.type]
    return kind, key_of(item.key)


def holder(item: Item, directory: Directory) -> str:
    """Return the identity of what holds the data `item`; empty when the snapshot has no such."""
    return directory.keys.get(holder_of(item), "")
