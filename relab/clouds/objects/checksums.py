"""The body of an object against the checksum that the server gives with it."""

import base64
import hashlib
import zlib
from collections.abc import Callable, Mapping
from typing import Protocol

PREFIX = "x-amz-checksum-"
TYPE = f"{PREFIX}type"


class Sum(Protocol):
    """A running checksum; hashlib's are such."""

    def update(self, data: bytes, /) -> None:
        """Take in the next bytes."""

    def digest(self) -> bytes:
        """Return the checksum of all so far."""


class Crc32:
    """CRC-32 as S3 writes it: four bytes, the highest first."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        """Take in the next bytes."""
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        """Return the checksum of all so far."""
        return self._value.to_bytes(4, "big")


_KINDS: Mapping[str, Callable[[], Sum]] = {
    "crc32": Crc32,
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
}


def named(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the checksums in `headers` by the name of their algorithm, such as `crc64nvme`."""
    cut = len(PREFIX)
    return {
        name[cut:]: value
        for name, value in headers.items()
        if name.startswith(PREFIX) and name != TYPE
    }


class Check:
    """Compares bytes with what `headers` say of them.

    The standard library knows CRC32, SHA-1 and SHA-256. A checksum of another kind, or one of parts
    (`COMPOSITE`, or ending in `-N`), cannot be compared and is only kept.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._sums: list[tuple[str, Sum, bytes]] = []
        if headers.get(TYPE, "").upper() == "COMPOSITE":
            return
        for name, value in named(headers).items():
            if name in _KINDS and "-" not in value:
                self._sums.append((name, _KINDS[name](), value.encode()))

    def update(self, data: bytes) -> None:
        """Take in the next bytes."""
        for _, running, _ in self._sums:
            running.update(data)

    def wrong(self) -> str:
        """Return the name of a checksum that the bytes do not have; empty when all is well."""
        for name, running, told in self._sums:
            if base64.b64encode(running.digest()) != told:
                return name
        return ""
