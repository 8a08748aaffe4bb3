"""Writing past the page cache: what is saved waits for the disk anyhow, and is not read soon.

The kernel then neither copies the bytes nor holds what others have in the cache. Where a file
system does not take it, the same bytes go through the cache.
"""

import errno
import fcntl
import mmap
import os
from collections.abc import Iterable, Iterator

_BLOCK = 1 << 20
_SECTOR = 4096
_DIRECT = getattr(os, "O_DIRECT", 0)


def blocks(pieces: Iterable[bytes]) -> Iterator[memoryview]:
    """Yield the bytes of `pieces` in blocks that lie where a disk can fetch them.

    A block is good until the next is asked for. Only the last may not be a multiple of a sector.
    """
    used = 0
    with mmap.mmap(-1, _BLOCK) as buffer, memoryview(buffer) as view:
        for piece in pieces:
            done = 0
            while done < len(piece):
                size = min(len(piece) - done, _BLOCK - used)
                view[used : used + size] = piece[done : done + size]
                done, used = done + size, used + size
                if used == _BLOCK:
                    yield view
                    used = 0
        whole = used - used % _SECTOR
        for part in (view[:whole], view[whole:used]):
            with part:
                if part:
                    yield part


def write(handle: int, piece: bytes | memoryview) -> None:
    """Write all of `piece` to a file; a block goes past the cache where that can be."""
    past = _past_cache(handle, isinstance(piece, memoryview) and not len(piece) % _SECTOR)
    left = memoryview(piece)
    while left:
        try:
            left = left[os.write(handle, left) :]
        except OSError as error:
            if error.errno != errno.EINVAL or not past:
                raise
            past = _past_cache(handle, False)


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
