"""One thing of the live world as it was read: the unit that is saved, compared and restored."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from relab.pickling import by_position

# Made once: making one costs as much as writing a small document.
_WRITER = json.JSONEncoder(
    ensure_ascii=False,
    sort_keys=True,
    separators=(",", ":"),
    allow_nan=False,
    check_circular=False,  # a document is a tree; to look takes as long as to write it
)


@by_position
@dataclass(frozen=True, slots=True)
class Item:
    """A resource and its configuration.

    `provider` is `aws` or `kubernetes`; `type` is the declared type, such as `s3.bucket` or
    `apps/v1/Deployment`; `region` is empty for what is global, and for Kubernetes the name of the
    cluster; `key` names it for ever within provider, type and region; `tenant` is a two-digit
    number or empty. `document` is what can be put back and `observed` all else that was read; both
    are JSON-able. `owner` is the identity of the item that restores this one, or empty.
    `identifiers` are the ids, ARNs and URIs that others may refer to it by.
    """

    provider: str
    type: str
    region: str
    key: str
    document: Mapping[str, Any]
    observed: Mapping[str, Any] = field(default_factory=dict)
    tenant: str = ""
    owner: str = ""
    identifiers: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """Return what names this item among all others of a snapshot."""
        return f"{self.provider}:{self.type}:{self.region}:{self.key}"


def canonical(node: Any) -> bytes:
    """Return the one way to write a JSON-able `node`: UTF-8, sorted keys, no spaces.

    TypeError for anything that JSON has no form for, so that nothing is dropped silently.
    """
    return _WRITER.encode(node).encode("utf-8", "surrogatepass")


def digest(node: Any) -> str:
    """Return the SHA-256 of the canonical form of `node`, in hexadecimal."""
    return hashlib.sha256(canonical(node)).hexdigest()
