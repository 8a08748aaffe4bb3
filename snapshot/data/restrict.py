r"""The random key that newer `pg_dump`s write, made a steady one.

A plain dump begins with `\restrict KEY` and ends with `\unrestrict KEY`: between them `psql` obeys
no commands of its own, so that a hostile database cannot smuggle any into its dump. The key must be
one that the database cannot guess; but equal data should give equal bytes. So it is replaced by one
that is derived from the vault's own key.
"""

import hmac
import re
from collections.abc import Iterable, Iterator

_HEAD_BYTES = 4096
_FIRST = re.compile(rb"^\\restrict ([A-Za-z0-9]+)\r?$", re.MULTILINE)


def steady(chunks: Iterable[bytes], key: str) -> Iterator[bytes]:
    """Yield a dump with its random key replaced by `key`; any other bytes as they are."""
    source = iter(chunks)
    head = b""
    for data in source:
        head += data
        if len(head) >= _HEAD_BYTES:
            break
    found = _FIRST.search(head[:_HEAD_BYTES])
    if found is None:
        yield head
        yield from source
        return
    before, after = found.start(1), found.end(1)
    yield head[:before] + key.encode()
    yield from _last(
        head[after:], source, b"\\unrestrict " + found[1], b"\\unrestrict " + key.encode()
    )


def _last(held: bytes, source: Iterator[bytes], old: bytes, new: bytes) -> Iterator[bytes]:
    """Yield all, with a line `old` replaced by `new` wherever chunks may cut it."""
    for data in source:
        held += data
        whole = held.replace(b"\n" + old + b"\n", b"\n" + new + b"\n")
        keep = len(old) + 2
        yield whole[:-keep]
        held = whole[-keep:]
    yield held.replace(b"\n" + old + b"\n", b"\n" + new + b"\n")


def key_for(secret: bytes, name: str) -> str:
    """Return the steady key of the dump `name`: letters and digits only."""
    return hmac.digest(secret, f"restrict {name}".encode(), "sha256").hex()
