"""How objects are called in a vault: `bucket/key`, and `bucket/key?versionId=ID` for older states.

A key may hold anything. What cannot stand as text (bytes that are no UTF-8), and what could be
taken for one of our own endings, is written percent-encoded with `?encoding=url` behind it, so that
no two objects ever have one name.
"""

from dataclasses import dataclass
from urllib.parse import quote, unquote

_VERSION = "?versionId="
_ENCODED = "?encoding=url"


@dataclass(frozen=True, slots=True)
class Name:
    """An object: `key` has a half surrogate for each byte that is no UTF-8; `version` may be empty.

    `version` names an older state; the current one has none.
    """

    bucket: str
    key: str
    version: str = ""


def written(name: Name) -> str:
    """Return what the item of this object is called."""
    key = name.key
    if _is_odd(key):
        key = quote(key, errors="surrogateescape") + _ENCODED
    return f"{name.bucket}/{key}" + (f"{_VERSION}{name.version}" if name.version else "")


def read(text: str) -> Name:
    """Return the object that is called `text`."""
    bucket, _, rest = text.partition("/")
    key, _, version = rest.partition(_VERSION)
    if key.endswith(_ENCODED):
        key = unquote(key.removesuffix(_ENCODED), errors="surrogateescape")
    return Name(bucket, key, version)


def _is_odd(key: str) -> bool:
    if _VERSION in key or _ENCODED in key:
        return True
    return not key.isascii() and any("\ud800" <= char <= "\udfff" for char in key)
