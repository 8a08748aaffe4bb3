"""What stands in a bucket, listed once and in step with what was saved."""

from collections import deque
from collections.abc import Iterator

from relab.clouds.objects import Objects, Which
from restore.data.objects_same import refusal
from snapshot.data.objects_listing import Page, Row, aged, page, question


class Standing:
    """The rows of a bucket up to a key, for keys that only rise; a page or two are in memory.

    S3 lists in the order of the keys' bytes, as a vault does. Of a server that does not, everything
    is kept in memory.
    """

    def __init__(self, objects: Objects, bucket: str) -> None:
        self._pages = _pages(objects, bucket)
        self._rows: deque[Row] = deque()
        self._all: dict[str, Row] | None = None
        self._ended = False

    def upto(self, last: bytes) -> dict[str, Row]:
        """Return by key what stands there up to the key `last`; Refused when it is not told."""
        while not self._ended and not (self._rows and _bytes(self._rows[-1]) > last):
            self._more()
        if self._all is not None:
            return self._all
        found = {}
        while self._rows and _bytes(self._rows[0]) <= last:
            row = self._rows.popleft()
            found[row.key] = row
        return found

    def _more(self) -> None:
        told = next(self._pages, None)
        if told is None:
            self._ended = True
            return
        for row in told.rows:
            if self._rows and _bytes(row) < _bytes(self._rows[-1]) and self._all is None:
                self._all = {}
            self._rows.append(row)
        if self._all is not None:
            self._all.update({row.key: row for row in self._rows})
            self._rows.clear()


def states(objects: Objects, bucket: str, key: str) -> list[Row]:
    """Return all states of `key`, the oldest first; Refused when they are not told."""
    rows: list[Row] = []
    for told in _pages(objects, bucket, key):
        rows += [row for row in told.rows if row.key == key]
        if told.rows and told.rows[-1].key > key:
            break  # the shortest key comes first
    return sorted(aged(rows, None), key=lambda row: -row.newer)


def everything(objects: Objects, bucket: str, *, versions: bool) -> Iterator[Page]:
    """Yield all pages of a bucket, of all states when `versions`; Refused when one is not told."""
    yield from _pages(objects, bucket, "" if versions else None)


def _pages(objects: Objects, bucket: str, key: str | None = None) -> Iterator[Page]:
    """Yield the pages of a listing; with a `key`, of all states of what begins with it."""
    asked = question(versions=key is not None) | ({} if key is None else {"prefix": key})
    while True:
        got = objects.ask(Which(bucket, ""), asked)
        if got.kept is None:
            raise refusal("ListObjects", got)
        told = page(asked, got.kept)
        yield told
        if told.after is None:
            return
        asked = dict(told.after)


def _bytes(row: Row) -> bytes:
    return row.key.encode("utf-8", "surrogateescape")
