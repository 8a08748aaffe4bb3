"""The body of an object against the checksum that the server gives with it."""

import base64
import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Protocol

PREFIX = "x-amz-checksum-"
TYPE = f"{PREFIX}type"


class Sum(Protocol):
    """A running checksum; hashlib's are such."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take in the next bytes."""

    def digest(self) -> bytes:
        """Return the checksum of all so far."""


class Crc32:
    """CRC-32 as S3 writes it: four bytes, the highest first."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes | memoryview, /) -> None:
        """Take in the next bytes."""
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        """Return the checksum of all so far."""
        return self._value.to_bytes(4, "big")


class SlowCrc:
    """Any reflected CRC of `width` bits by its reversed polynomial: some 5 MB/s, in plain Python.

    For the kinds that the standard library does not know, where a checksum must be sent.
    """

    def __init__(self, width: int, polynomial: int) -> None:
        self._width = width
        self._table = _table(polynomial)
        self._mask = (1 << width) - 1
        self._value = self._mask

    def update(self, data: bytes | memoryview, /) -> None:
        """Take in the next bytes."""
        value, table = self._value, self._table
        for byte in data:
            value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
        self._value = value

    def digest(self) -> bytes:
        """Return the checksum of all so far."""
        return (self._value ^ self._mask).to_bytes(self._width // 8, "big")


@cache
def _table(polynomial: int) -> tuple[int, ...]:
    found = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)  # noqa: PLW2901 - a running sum
        found.append(value)
    return tuple(found)


_KINDS: Mapping[str, Callable[[], Sum]] = {
    "crc32": Crc32,
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
}
_SLOW: Mapping[str, Callable[[], Sum]] = {
    "crc32c": lambda: SlowCrc(32, 0x82F63B78),
    "crc64nvme": lambda: SlowCrc(64, 0x9A6C9329AC4BC9B5),
}


def made(algorithm: str, pieces: Iterable[bytes]) -> str:
    """Return the checksum of `pieces` as S3 writes it; KeyError for an algorithm that S3 lacks."""
    running = {**_KINDS, **_SLOW}[algorithm]()
    for piece in pieces:
        running.update(piece)
    return base64.b64encode(running.digest()).decode()


def named(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the checksums in `headers` by the name of their algorithm, such as `crc64nvme`."""
    return {
        name[len(PREFIX) :]: value
        for name, value in headers.items()
        if name.startswith(PREFIX) and name != TYPE
    }


def md5(data: bytes) -> str:
    """Return the value of a `Content-MD5` header."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


class Check:
    """Compares bytes with what `headers` say of them.

    The standard library knows CRC32, SHA-1 and SHA-256. A checksum of another kind, or one of parts
    (`COMPOSITE`, or ending in `-N`), cannot be compared and is only kept.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._sums: list[tuple[str, Sum, bytes]] = []
        if headers.get(TYPE, "").upper() == "COMPOSITE":
            return
        for name, kind in _KINDS.items():
            value = headers.get(PREFIX + name, "-")
            if "-" not in value:
                self._sums.append((name, kind(), value.encode()))

    def update(self, data: bytes | memoryview) -> None:
        """Take in the next bytes."""
        for _, running, _ in self._sums:
            running.update(data)

    def wrong(self) -> str:
        """Return the name of a checksum that the bytes do not have; empty when all is well."""
        for name, running, told in self._sums:
            if base64.b64encode(running.digest()) != told:
                return name
        return ""
