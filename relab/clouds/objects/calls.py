"""What is asked of an object or a bucket, before it is signed and sent."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Which:
    """An object; with an `etag` only that state of it, with a `version` only that one.

    Half surrogates in `key` stand for bytes that are no UTF-8 (Python's `surrogateescape`).
    """

    bucket: str
    key: str
    etag: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes to send: how many, their SHA-256 in hexadecimal, and what gives them anew each try."""

    size: int
    sha256: str
    pieces: Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of an object, or of its bucket when it has no key; headers have small names.

    A call that must not happen twice is `once`: it is repeated only when it was surely not done.
    """

    which: Which
    query: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    once: bool = False
