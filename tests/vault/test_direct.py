"""Bytes that go past the page cache come to rest as they are."""

import errno
import os
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from snapshot.vault import direct
from snapshot.vault.direct import blocks, write, write_together
from snapshot.vault.store import Stream
from tests.waiting import eventually

MIB = 1 << 20


def cut(data: bytes, chance: random.Random) -> Iterator[bytes]:
    """Yield `data` in pieces of any size, some empty, some larger than a block."""
    while data:
        size = chance.choice((0, 1, 511, 4096, 70_001, 2 * MIB + 3))
        yield data[:size]
        data = data[size:]


class Pouring:
    """Gives `data` as pieces, and fills buffers with as much as chance says."""

    def __init__(self, data: bytes, chance: random.Random) -> None:
        self._left = data
        self._chance = chance

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        some = bytearray(70_001)
        size = self.readinto(memoryview(some))
        if not size:
            raise StopIteration
        return bytes(some[:size])

    def readinto(self, buffer: memoryview) -> int:
        size = min(len(buffer), len(self._left), self._chance.choice((1, 511, 4096, 2 * MIB)))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def in_blocks(pieces: Iterable[bytes]) -> Iterator[memoryview]:
    return blocks(Stream((), iter(pieces)))


def written(path: Path, pieces: Iterator[bytes] | Iterator[memoryview]) -> bytes:
    written_only(path, pieces)
    return path.read_bytes()


def written_only(path: Path, pieces: Iterable[bytes] | Iterable[memoryview]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        for piece in pieces:
            write(handle, piece)
    finally:
        os.close(handle)


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, MIB - 1, MIB, MIB + 1, 3 * MIB + 4096 + 5])
def test_any_size_in_any_pieces(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    assert written(tmp_path / "blob", in_blocks(cut(data, random.Random(size)))) == data


@pytest.mark.parametrize("count", [0, 1, 3, 64, 65, 3000])
def test_small_pieces_are_written_together(tmp_path: Path, count: int) -> None:
    pieces = [bytes([number % 251]) * (number % 7) for number in range(count)]
    assert together(tmp_path / "blob", pieces) == b"".join(pieces)


@pytest.mark.parametrize("taken", [1, 9, 5000])
def test_what_the_system_took_only_a_part_of_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    def some(handle: int, pieces: list[bytes], *_: int) -> int:
        return os.write(handle, b"".join(pieces)[:taken])

    monkeypatch.setattr(direct, "_PASSING", 1)
    monkeypatch.setattr(os, "pwritev", some)
    pieces = [b"head", b"x" * 6000, b"tail"]
    assert together(tmp_path / "blob", pieces) == b"".join(pieces)


def together(path: Path, pieces: list[bytes]) -> bytes:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        write_together(handle, pieces)
    finally:
        os.close(handle)
    return path.read_bytes()


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, MIB, 3 * MIB + 4096 + 5])
@pytest.mark.parametrize("before", [0, 1, 3])
def test_a_source_may_fill_the_blocks_itself(tmp_path: Path, size: int, before: int) -> None:
    data, chance = os.urandom(size), random.Random(size)
    source = Pouring(data, chance)
    first = [piece for _, piece in zip(range(before), source, strict=False)]
    assert written(tmp_path / "blob", blocks(Stream(first, source))) == data


def test_what_the_disk_cannot_fetch_goes_through_the_cache(tmp_path: Path) -> None:
    data = os.urandom(3 * 4096 + 1)
    crooked = memoryview(data)[1:]
    assert written(tmp_path / "blob", iter([crooked])) == data[1:]


def test_after_a_last_odd_piece_more_can_follow(tmp_path: Path) -> None:
    pieces = [b"x" * 4096, b"odd", b"y" * 4096]
    aligned = (block for piece in pieces for block in in_blocks([piece]))
    assert written(tmp_path / "blob", aligned) == b"".join(pieces)


def test_an_error_of_the_source_is_told_as_it_is() -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise ConnectionError("it broke off")

    with pytest.raises(ConnectionError):
        list(in_blocks(broken()))


def passes_through(folder: Path) -> bool:
    """Tell whether the file system of `folder` frees what it has brought to the disk."""
    with (folder / "probe").open("wb") as file:
        try:
            os.pwritev(file.fileno(), [b"x"], 0, direct._PASSING)
        except (NotImplementedError, OSError):
            return False
    return bool(direct._PASSING)


def cached(path: Path) -> bool:
    """Tell whether the first bytes of a file can be read without waiting for the disk."""
    with path.open("rb") as file:
        try:
            os.preadv(file.fileno(), [bytearray(1)], 0, os.RWF_NOWAIT)
        except BlockingIOError:
            return False
    return True


def test_what_is_on_the_disk_takes_no_memory(tmp_path: Path) -> None:
    if not passes_through(tmp_path):
        pytest.skip("not every kernel and file system takes it")
    paths = [tmp_path / f"{number}" for number in range(8)]
    for path in paths:
        written_only(path, [b"x" * 65_536])
    os.sync()
    assert eventually(lambda: not any(map(cached, paths)))
    assert all(path.read_bytes() == b"x" * 65_536 for path in paths)


@pytest.mark.parametrize("code", [errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS])
def test_where_it_is_not_taken_bytes_are_written_as_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(code, "not here")

    monkeypatch.setattr(os, "pwritev", refuse)
    assert written(tmp_path / "blob", iter([b"some", b"more"])) == b"somemore"


def test_a_full_disk_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(direct, "_PASSING", 1)
    monkeypatch.setattr(os, "pwritev", full)
    with pytest.raises(OSError, match="no space"):
        written(tmp_path / "blob", iter([b"some"]))
