"""What goes into a vault and comes out of it, as frozen dataclasses."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from relab.errors import UsageError
from relab.pickling import by_position
from relab.resources.item import Item, digest
from relab.text import safe
from snapshot.vault.store import Blob

LIVE = "live"
_NAME = re.compile(r"\w[\w.+-]{0,99}")


class State(StrEnum):
    """How far a snapshot is: `saving` and `removing` are never listed."""

    SAVING = "saving"
    COMPLETE = "complete"
    PARTIAL = "partial"
    REMOVING = "removing"


class Covered(StrEnum):
    """What became of a question to the world; only the first two leave no gap.

    `failed` is any error that is neither a refusal nor throttling; its detail says which.
    """

    CAPTURED = "captured"
    EMPTY = "empty"
    DENIED = "denied"
    THROTTLED = "throttled"
    UNSUPPORTED = "unsupported"
    CHANGED = "changed-meanwhile"
    FAILED = "failed"


NO_GAP = frozenset({Covered.CAPTURED, Covered.EMPTY})
ASK_AGAIN = frozenset({Covered.DENIED, Covered.THROTTLED, Covered.FAILED})


@dataclass(frozen=True, slots=True)
class Coverage:
    """A line of the ledger: what was asked, what became of it, and how many things it is about."""

    service: str
    type: str
    region: str
    tenant: str
    state: Covered
    count: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A sealed value: its keyed fingerprint in hexadecimal, and age's bytes."""

    fingerprint: str
    data: bytes


@by_position
@dataclass(frozen=True, slots=True)
class Entry:
    """An item with its data: `blobs` by the name of the part, `sealed` by JSON pointer.

    A pointer starts with `/document` or `/observed`; a token stands there in place of the value.
    """

    item: Item
    blobs: Mapping[str, Blob] = field(default_factory=dict)
    sealed: Mapping[str, Box] = field(default_factory=dict)

    @property
    def content(self) -> str:
        """Return the SHA-256 of all that can be put back; `observed` does not count."""
        return content_of(self, digest(self.item.document))


def content_of(entry: Entry, document: str) -> str:
    """Return the `content` of `entry`, whose document has the digest `document`."""
    item = entry.item
    return digest(
        {
            "provider": item.provider,
            "type": item.type,
            "region": item.region,
            "key": item.key,
            "tenant": item.tenant,
            "owner": item.owner,
            "identifiers": sorted(item.identifiers),
            "document": document,
            "blobs": {name: blob.digest for name, blob in entry.blobs.items()},
            "sealed": {pointer: box.fingerprint for pointer, box in entry.sealed.items()},
        }
    )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot as the vault lists it; times are UTC in ISO 8601, `content` is its hash."""

    id: int
    name: str
    state: State
    scope: Mapping[str, Any]
    cohort: str
    started_at: str
    finished_at: str = ""
    items: int = 0
    content: str = ""
    pinned: bool = False
    verified_at: str = ""
    verified_deep: bool = False


def content_hash(contents: Iterable[str]) -> str:
    """Return the hash of a snapshot from its items' `content`, which must come sorted."""
    whole = hashlib.sha256()
    for content in contents:
        whole.update(f"{content}\n".encode())
    return whole.hexdigest()


def check_name(name: str) -> str:
    """Return `name`; UsageError when no snapshot can be called that."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"'{safe(name)}' cannot name a snapshot",
            fix="use letters, digits, . _ + - (at most 100, starting with a letter or a digit)",
        )
    return name
