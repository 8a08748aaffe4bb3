"""Dumps of databases are texts: what they name is said as it is called here."""

import hashlib
from collections.abc import Callable, Iterable, Iterator

from restore.trouble import NotDone
from snapshot.data.restrict import key_for, steady
from snapshot.vault.seal import Sealer


def said(
    chunks: Iterable[bytes], say: Callable[[str], str], sealer: Sealer, key: str
) -> Iterator[bytes]:
    """Yield the dump called `key` here with its lines as `say` says them.

    NotDone when it is no text: names in it cannot be changed without breaking it.
    """
    return steady(_lines(chunks, say), key_for(sealer.fingerprints, key))


def digest(chunks: Iterable[bytes]) -> str:
    """Return the SHA-256 of all bytes, in hexadecimal."""
    whole = hashlib.sha256()
    for piece in chunks:
        whole.update(piece)
    return whole.hexdigest()


def _lines(chunks: Iterable[bytes], say: Callable[[str], str]) -> Iterator[bytes]:
    held = b""
    for piece in chunks:
        if b"\0" in piece:
            raise NotDone("the dump is no text: the names in it cannot be said anew")
        whole, middle, held = (held + piece).rpartition(b"\n")
        if middle:
            yield _told(whole + middle, say)
    yield _told(held, say)


def _told(text: bytes, say: Callable[[str], str]) -> bytes:
    return say(text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
