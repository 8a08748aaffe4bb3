"""Listings of a bucket: pages of S3's XML into rows, rows into chunks whose borders stay put."""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from relab.pickling import by_position
from relab.resources.item import digest

PAGE = 1000
STANDARD = "STANDARD"
# Reading begins when the first chunk has ended, which a page should show.
_ONE_IN = 400
_LARGEST = PAGE
_FORMAT = 1
_PORTION, _PORTIONS, _PORTION_BYTES = 32, 16, 8 << 20
_ROWS = {"Contents", "Version", "DeleteMarker"}


@by_position
@dataclass(frozen=True, slots=True)
class Row:
    """An object as the listing tells of it.

    `size` is in bytes, `modified` in UTC as the server wrote it, `storage` the class, empty for the
    usual one. With versions, `version` is set and `newer` says how many states came after this.
    """

    key: str
    etag: str
    size: int
    modified: str
    storage: str
    version: str = ""
    newer: int = 0
    marker: bool = False

    @property
    def current(self) -> bool:
        """Tell whether this is what a plain read of the key gives."""
        return not self.newer and not self.marker


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows, and the question for the next; None when it is the last."""

    rows: tuple[Row, ...]
    after: Mapping[str, str] | None


def question(versions: bool) -> dict[str, str]:
    """Return the query of the first page: of current objects, or of all states of them."""
    kind = {"versions": ""} if versions else {"list-type": "2"}
    return {**kind, "encoding-type": "url", "max-keys": str(PAGE)}


def page(asked: Mapping[str, str], body: bytes) -> Page:
    """Return what the answer `body` to the query `asked` says; ValueError when it is no listing.

    Keys are decoded when the server says that it has encoded them: XML cannot hold them all.
    """
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - our own service; expat bounds expansion
    except ElementTree.ParseError as error:
        raise ValueError(f"the listing is no XML: {error}") from error
    said = {_name(one): one.text or "" for one in root if _name(one) not in _ROWS}
    encoded = said.get("EncodingType") == "url"
    rows = [_row(one, encoded) for one in root if _name(one) in _ROWS]
    return Page(tuple(rows), _after(asked, said, encoded))


def aged(rows: Iterable[Row], before: Row | None) -> list[Row]:
    """Return a page of versions with `newer` counted, on from the row `before` the page.

    S3 tells the newest first. Servers that tell delete markers apart from versions are put in that
    order by time, as far as times say.
    """
    found: list[Row] = []
    for key, group in groupby(sorted(rows, key=_bytes), lambda row: row.key):
        first = before.newer + 1 if before and before.key == key else 0
        by_age = sorted(sorted(group, key=_time, reverse=True), key=lambda row: row.newer)
        found += [replace(row, newer=number) for number, row in enumerate(by_age, first)]
    return found


def cut(rows: Sequence[Row]) -> tuple[tuple[Row, ...], ...]:
    """Return `rows` in chunks, of which the last may go on with the next page.

    A chunk ends where a key's checksum says so: a new key moves no border but its own. Only where
    none does for a whole page, it ends there. States of one key stay together.
    """
    found: list[tuple[Row, ...]] = []
    begun = 0
    for number in range(1, len(rows)):
        full = number - begun >= _LARGEST
        if rows[number].key != rows[number - 1].key and (full or _ends(rows[number - 1])):
            found.append(tuple(rows[begun:number]))
            begun = number
    found.append(tuple(rows[begun:]))
    return tuple(found)


def portions(rows: Sequence[Row]) -> Iterator[tuple[Row, ...]]:
    """Yield `rows` in parts that readers share evenly: few rows each, and few bytes."""
    most = min(_PORTION, -(-len(rows) // _PORTIONS))
    part: list[Row] = []
    size = 0
    for row in rows:
        if part and (len(part) >= most or size + row.size > _PORTION_BYTES):
            yield tuple(part)
            part, size = [], 0
        part.append(row)
        size += row.size
    if part:
        yield tuple(part)


def fingerprint(tenant: str, rows: Iterable[Row]) -> str:
    """Return a digest of all that the items of `rows` depend on."""
    return digest([_FORMAT, tenant, [_told(row) for row in rows]])


def _told(row: Row) -> list[str | int]:
    told = (row.key, row.etag, row.size, row.modified, row.storage)
    return [*told, row.version, row.newer, row.marker]


def _ends(row: Row) -> bool:
    return zlib.crc32(_bytes(row)) % _ONE_IN == 0


def _bytes(row: Row) -> bytes:
    return row.key.encode("utf-8", "surrogateescape")


def _time(row: Row) -> datetime:
    return datetime.fromisoformat(row.modified)


def _row(node: ElementTree.Element, encoded: bool) -> Row:
    said = {_name(one): one.text or "" for one in node}
    storage = said.get("StorageClass", "")
    return Row(
        key=_plain(said["Key"], encoded),
        etag=said.get("ETag", ""),
        size=int(said.get("Size") or 0),
        modified=said.get("LastModified", ""),
        storage="" if storage == STANDARD else storage,
        version=said.get("VersionId", ""),
        newer=int(said.get("IsLatest") == "false"),
        marker=_name(node) == "DeleteMarker",
    )


def _after(
    asked: Mapping[str, str], said: Mapping[str, str], encoded: bool
) -> dict[str, str] | None:
    if said.get("IsTruncated") != "true":
        return None
    if "versions" not in asked:
        return {**asked, "continuation-token": said["NextContinuationToken"]}
    key = _plain(said["NextKeyMarker"], encoded)
    return {**asked, "key-marker": key, "version-id-marker": said["NextVersionIdMarker"]}


def _name(node: ElementTree.Element) -> str:
    return node.tag.rpartition("}")[2]


def _plain(text: str, encoded: bool) -> str:
    return unquote_plus(text, errors="surrogateescape") if encoded else text
