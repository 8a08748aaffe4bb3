"""Writing past the page cache: what is saved waits for the disk anyhow, and is not read soon.

The kernel does not copy what lies where a disk can fetch it (`O_DIRECT`). All else is copied into
the cache, and leaves it as soon as the disk has it (`RWF_DONTCACHE`, recent Linux): a save then
takes little memory from what others have there. Where a file system takes neither, bytes are
written as ever.
"""

import errno
import fcntl
import mmap
import os
from collections.abc import Iterator, Sequence

from snapshot.vault.store import Stream

_BLOCK = 1 << 20
_SECTOR = 4096
_DIRECT = getattr(os, "O_DIRECT", 0)
# Python does not name it; what it names tells whether flags can be given at all.
_PASSING = 0x80 if hasattr(os, "RWF_HIPRI") else 0
_NOT_TAKEN = frozenset({errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})
_HERE = -1
_AT_ONCE = 64


def blocks(source: Stream) -> Iterator[memoryview]:
    """Yield the bytes of `source` in blocks that lie where a disk can fetch them.

    A block is good until the next is asked for. Only the last may not be a multiple of a sector.
    """
    with mmap.mmap(-1, _BLOCK) as buffer, memoryview(buffer) as view:
        while (used := _filled(source, view)) == _BLOCK:
            yield view
        whole = used - used % _SECTOR
        for part in (view[:whole], view[whole:used]):
            with part:
                if part:
                    yield part


def _filled(source: Stream, view: memoryview) -> int:
    """Fill a block and return how many bytes it has got: fewer than it holds only at the end."""
    used = 0
    while used < len(view):
        with view[used:] as free:
            size = source.readinto(free)
        if not size:
            break
        used += size
    return used


def write(handle: int, piece: bytes | memoryview) -> None:
    """Write all of `piece` to a file; a block goes past the cache where that can be."""
    past = _past_cache(handle, isinstance(piece, memoryview) and not len(piece) % _SECTOR)
    left = memoryview(piece)
    while left:
        try:
            left = left[_written(handle, [left], passing=not past) :]
        except OSError as error:
            if error.errno != errno.EINVAL or not past:
                raise
            past = _past_cache(handle, False)


def write_together(handle: int, pieces: Sequence[bytes]) -> None:
    """Write all of `pieces`, which are small, to a new file: with one call and no copy."""
    few = pieces if 0 < len(pieces) <= _AT_ONCE else [b"".join(pieces)]
    done = _written(handle, few, passing=True)
    if done < sum(map(len, few)):
        write(handle, b"".join(few)[done:])


def _written(handle: int, some: Sequence[bytes | memoryview], *, passing: bool) -> int:
    """Write some bytes, as ones that only pass through the cache where that can be; tell how many.

    The kernel begins to bring them to the disk at once, and frees their memory by itself.
    """
    if passing and _PASSING:
        try:
            return os.pwritev(handle, some, _HERE, _PASSING)
        except OSError as error:
            if error.errno not in _NOT_TAKEN:
                raise
    return os.writev(handle, some)


def _past_cache(handle: int, wanted: bool) -> bool:
    """Let writes go past the cache, or not; tell whether they do."""
    if not _DIRECT:
        return False
    flags = fcntl.fcntl(handle, fcntl.F_GETFL)
    if bool(flags & _DIRECT) == wanted:
        return wanted
    try:
        fcntl.fcntl(handle, fcntl.F_SETFL, flags ^ _DIRECT)
    except OSError:
        return not wanted
    return wanted
