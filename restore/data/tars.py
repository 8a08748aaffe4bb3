"""What is in a tar, for comparing two of them: no order of files, no times of folders."""

import hashlib
import io
import tarfile
from collections.abc import Iterable

from snapshot.vault.store import Stream

_PIECE = 1 << 20
_ROOT = "."


def contents(chunks: Iterable[bytes]) -> dict[str, bytes]:
    """Return a digest of each member of a tar by its name; ValueError when it is none.

    Some 200 bytes a file are in memory. The folder that holds all counts by nothing: it was there.
    """
    found: dict[str, bytes] = {}
    source = io.BufferedReader(Stream(chunks), _PIECE)
    try:
        with tarfile.open(fileobj=source, mode="r|", errorlevel=2) as tar:
            for info in tar:
                name = info.name.removeprefix("./") or _ROOT
                if name != _ROOT:
                    found[name] = _digest(tar, info)
    except (tarfile.TarError, EOFError) as error:
        raise ValueError(f"not a whole tar: {error}") from error
    while source.read(_PIECE):
        pass  # what pads it; a vault's blob is checked at its end
    return found


def _digest(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    """Return a digest of a member; the time of a folder is that of the last change inside it."""
    time = "" if info.isdir() else str(int(info.mtime))
    told = (info.type, info.mode, info.uid, info.gid, time, info.linkname)
    whole = hashlib.blake2b(repr(told).encode("utf-8", "surrogateescape"), digest_size=16)
    body = tar.extractfile(info) if info.isreg() else None
    while body and (piece := body.read(_PIECE)):
        whole.update(piece)
    return whole.digest()
