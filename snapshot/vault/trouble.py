"""Errors of the system and of SQLite as one line that says what to do."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from relab.errors import RelabError

_FULL = (
    "no space left; nothing that was saved is lost",
    "make room, then run it again (a save goes on with --resume)",
)
_CLOSED = (
    "the vault cannot be written",
    "check the permissions of the folder, or name another vault",
)
_ERRNO = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _FULL),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _CLOSED),
}
_SQLITE = {
    "disk is full": _FULL,
    "readonly": _CLOSED,
    "unable to open": ("the catalogue cannot be opened", "check the permissions of the vault"),
    "locked": ("another program holds the catalogue", "close it, then run it again"),
    "malformed": ("the catalogue is damaged", "put back a copy of the vault"),
    "not a database": ("the catalogue is damaged", "put back a copy of the vault"),
}


class System:
    """Turns an OSError of a `with` block into a RelabError at `where`.

    A class, since each blob enters it twice and a generator costs thrice as much.
    """

    __slots__ = ("_where",)

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, _: object, error: BaseException | None, *__: object) -> None:
        """Raise RelabError for an OSError."""
        if isinstance(error, OSError):
            what, fix = _ERRNO.get(error.errno or 0, (error.strerror or str(error), ""))
            raise RelabError(what, where=self._where, fix=fix) from error


@contextmanager
def sqlite(path: Path) -> Iterator[None]:
    """Turn an error of SQLite, or of the system, into a RelabError about the catalogue `path`."""
    try:
        with System(str(path.parent)):
            yield
    except sqlite3.Error as error:
        what, fix = _told(error)
        raise RelabError(what, where=str(path), fix=fix) from error


def _told(error: sqlite3.Error) -> tuple[str, str]:
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_IOERR_SHMSIZE:
        return _FULL
    unknown = (f"the catalogue: {error}", "run `relab vault check`")
    return next((text for sign, text in _SQLITE.items() if sign in str(error)), unknown)
