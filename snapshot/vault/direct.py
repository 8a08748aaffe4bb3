"""Writing past the page cache: what is saved waits for the disk anyhow, and is not read soon.

The kernel then neither copies the bytes nor holds what others have in the cache. Where a file
system does not take it, the same bytes go through the cache.
"""

import errno
import fcntl
import mmap
import os
import threading
from collections.abc import Iterable, Iterator

BLOCK = 1 << 20
_SECTOR = 4096
# The kernel puts smaller neighbours together, which a disk with few operations a second needs.
_WORTH = 32 << 10
_DIRECT = getattr(os, "O_DIRECT", 0)


def blocks(pieces: Iterable[bytes]) -> Iterator[memoryview | bytes]:
    """Yield the bytes of `pieces` in blocks that lie where a disk can fetch them.

    A block is good until the next is asked for. What ends in no sector comes last, as `bytes`.
    """
    used = 0
    with mmap.mmap(-1, BLOCK) as buffer, memoryview(buffer) as view:
        for piece in pieces:
            done = 0
            while done < len(piece):
                size = min(len(piece) - done, BLOCK - used)
                view[used : used + size] = piece[done : done + size]
                done, used = done + size, used + size
                if used == BLOCK:
                    yield view
                    used = 0
        with view[:used] as rest:
            yield from parts(rest)


def parts(view: memoryview) -> Iterator[memoryview | bytes]:
    """Yield the bytes of `view`: whole sectors for the disk to fetch, then what is left.

    What is not worth a write of its own is all left.
    """
    whole = len(view) - len(view) % _SECTOR if len(view) >= _WORTH else 0
    if whole:
        with view[:whole] as sectors:
            yield sectors
    if whole < len(view):
        yield bytes(view[whole:])


class _Own(threading.local):
    """A block of each thread's own."""

    def __init__(self) -> None:
        self.view = memoryview(mmap.mmap(-1, BLOCK))


_own = _Own()


def gathered(pieces: Iterable[bytes]) -> memoryview:
    """Return the bytes of `pieces`, at most `BLOCK`, where a disk can fetch them.

    They are good until this thread calls it again.
    """
    view, used = _own.view, 0
    for piece in pieces:
        view[used : used + len(piece)] = piece
        used += len(piece)
    return view[:used]


def write(handle: int, piece: bytes | memoryview) -> None:
    """Write all of `piece` to a file; a `memoryview` goes past the cache where that can be."""
    past = _past_cache(handle, isinstance(piece, memoryview))
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
