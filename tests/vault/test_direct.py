"""Bytes that go past the page cache come to rest as they are."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapshot.vault.direct import blocks, write

MIB = 1 << 20


def cut(data: bytes, chance: random.Random) -> Iterator[bytes]:
    """Yield `data` in pieces of any size, some empty, some larger than a block."""
    while data:
        size = chance.choice((0, 1, 511, 4096, 70_001, 2 * MIB + 3))
        yield data[:size]
        data = data[size:]


def written(path: Path, pieces: Iterator[bytes] | Iterator[memoryview]) -> bytes:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        for piece in pieces:
            write(handle, piece)
    finally:
        os.close(handle)
    return path.read_bytes()


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, MIB - 1, MIB, MIB + 1, 3 * MIB + 4096 + 5])
def test_any_size_in_any_pieces(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    assert written(tmp_path / "blob", blocks(cut(data, random.Random(size)))) == data


def test_what_the_disk_cannot_fetch_goes_through_the_cache(tmp_path: Path) -> None:
    data = os.urandom(3 * 4096 + 1)
    crooked = memoryview(data)[1:]
    assert written(tmp_path / "blob", iter([crooked])) == data[1:]


def test_after_a_last_odd_piece_more_can_follow(tmp_path: Path) -> None:
    pieces = [b"x" * 4096, b"odd", b"y" * 4096]
    aligned = (block for piece in pieces for block in blocks([piece]))
    assert written(tmp_path / "blob", aligned) == b"".join(pieces)


def test_an_error_of_the_source_is_told_as_it_is() -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise ConnectionError("it broke off")

    with pytest.raises(ConnectionError):
        list(blocks(broken()))
