"""One object from a source of bytes: at once, or in parts, in bounded memory."""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from relab.clouds.objects import checksums
from relab.clouds.objects.calls import Body, Call, Which
from relab.clouds.objects.reader import PIECE, Got, Objects
from relab.clouds.outcome import UNEXPECTED

AT_ONCE = 4
_IN_MEMORY = 8 << 20
_XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Parts:
    """How an object is cut: the `size` of each part but the last, in bytes.

    With an `algorithm` (such as `sha256`) each part is sent with its checksum; `ending` are the
    headers of the call that puts them together.
    """

    size: int
    algorithm: str = ""
    ending: Headers | None = None


def put(
    objects: Objects, which: Which, headers: Headers, body: Body, *, once: bool = False
) -> Got[bytes]:
    """Write an object at once; `once` not again when it may have been written."""
    return objects.send(Call(which, {}, "PUT", headers, body, once), b"".join)


def delete(objects: Objects, which: Which) -> Got[bytes]:
    """Delete an object, which leaves a marker where versions are kept; tried only once."""
    return objects.send(Call(which, {}, "DELETE", once=True), b"".join)


def put_tags(objects: Objects, which: Which, tags: Iterable[tuple[str, str]]) -> Got[bytes]:
    """Give an object these tags and no others."""
    root = ElementTree.Element("Tagging", xmlns=_XMLNS)
    listed = ElementTree.SubElement(root, "TagSet")
    for key, value in tags:
        one = ElementTree.SubElement(listed, "Tag")
        ElementTree.SubElement(one, "Key").text = key
        ElementTree.SubElement(one, "Value").text = value
    headers, body = _written(root)
    return objects.send(Call(which, {"tagging": ""}, "PUT", headers, body), b"".join)


def put_in_parts(
    objects: Objects, which: Which, headers: Headers, body: Body, parts: Parts
) -> Got[bytes]:
    """Write an object in parts; what was begun and not ended is taken away again."""
    begun = objects.send(Call(which, {"uploads": ""}, "POST", headers), b"".join)
    if begun.kept is None:
        return begun
    upload = {"uploadId": _said(begun.kept, "UploadId")}
    ended = False
    try:
        got, listed = _sent(objects, Call(which, upload, "PUT"), body, parts)
        if listed is not None:
            got = _together(objects, Call(which, upload, "POST", parts.ending or {}), listed)
            ended = got.kept is not None
    finally:
        if not ended:
            objects.send(Call(which, upload, "DELETE"), b"".join)
    return got


def begun_uploads(objects: Objects, which: Which) -> Iterator[str]:
    """Yield the ids of uploads in parts of this object that were begun and not ended."""
    query = {"uploads": "", "prefix": which.key, "encoding-type": "url"}
    got = objects.ask(Which(which.bucket, ""), query)
    for one in _nodes(got.kept or b"<none/>", "Upload"):
        said = {_name(part): part.text or "" for part in one}
        key = said.get("Key", "")
        if which.key in (key, unquote_plus(key, errors="surrogateescape")):
            yield said["UploadId"]


def all_uploads(objects: Objects, bucket: str) -> Iterator[tuple[Which, str]]:
    """Yield the uploads in parts that were begun in a bucket and not ended: at most 1,000."""
    got = objects.ask(Which(bucket, ""), {"uploads": "", "encoding-type": "url"})
    for one in _nodes(got.kept or b"<none/>", "Upload"):
        said = {_name(part): part.text or "" for part in one}
        key = unquote_plus(said.get("Key", ""), errors="surrogateescape")
        yield Which(bucket, key), said["UploadId"]


def give_up(objects: Objects, which: Which, upload: str) -> None:
    """Take away what was sent of an upload in parts."""
    objects.send(Call(which, {"uploadId": upload}, "DELETE"), b"".join)


def _sent(
    objects: Objects, call: Call, body: Body, parts: Parts
) -> tuple[Got[bytes], list[ElementTree.Element] | None]:
    """Send all parts, `AT_ONCE` at a time; the list for the end is None when one was refused."""
    listed: list[ElementTree.Element] = []
    waiting: deque[Future[tuple[Got[bytes], ElementTree.Element]]] = deque()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="parts") as pool:
        for number, part in enumerate(_cut(body.pieces(), parts.size), 1):
            one = replace(call, query={**call.query, "partNumber": str(number)})
            waiting.append(pool.submit(_send_part, objects, one, part, parts.algorithm))
            if len(waiting) < AT_ONCE:
                continue
            got, row = waiting.popleft().result()
            if got.kept is None:
                return got, None
            listed.append(row)
        for got, row in (future.result() for future in waiting):
            if got.kept is None:
                return got, None
            listed.append(row)
    return Got("200"), listed


def _send_part(
    objects: Objects, call: Call, part: "_Part", algorithm: str
) -> tuple[Got[bytes], ElementTree.Element]:
    row = ElementTree.Element("Part")
    with part.file:
        headers = {}
        if algorithm:
            value = checksums.made(algorithm, part.pieces())
            headers = {f"{checksums.PREFIX}{algorithm}": value}
            ElementTree.SubElement(row, f"Checksum{algorithm.upper()}").text = value
        body = Body(part.size, part.sha256, part.pieces)
        got = objects.send(replace(call, headers=headers, body=body), b"".join)
    ElementTree.SubElement(row, "ETag").text = got.headers.get("etag", "")
    ElementTree.SubElement(row, "PartNumber").text = call.query["partNumber"]
    return got, row


def _together(objects: Objects, call: Call, listed: list[ElementTree.Element]) -> Got[bytes]:
    """End an upload; S3 may answer 200 and tell of an error after all."""
    root = ElementTree.Element("CompleteMultipartUpload", xmlns=_XMLNS)
    root.extend(listed)
    headers, body = _written(root)
    got = objects.send(replace(call, headers={**call.headers, **headers}, body=body), b"".join)
    if got.kept and b"<Error>" in got.kept[:1000]:
        code = _said(got.kept, "Code") or UNEXPECTED
        return Got(code, got.headers, detail=_said(got.kept, "Message"))
    return got


@dataclass(frozen=True, slots=True)
class _Part:
    """A part that lies in memory, or on disk when it is large."""

    file: IO[bytes]
    size: int
    sha256: str

    def pieces(self) -> Iterator[bytes]:
        self.file.seek(0)
        return iter(partial(self.file.read, PIECE), b"")


def _cut(pieces: Iterable[bytes], size: int) -> Iterator[_Part]:
    """Yield all bytes in parts of `size`; one that is empty when there are none."""
    source, rest, number = iter(pieces), b"", 0
    while True:
        file: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed when it is sent
        whole, left = hashlib.sha256(), size
        while left and (rest := rest or next(source, b"")):
            piece, rest = rest[:left], rest[left:]
            whole.update(piece)
            file.write(piece)
            left -= len(piece)
        if left == size and number:
            file.close()
            return
        number += 1
        yield _Part(file, size - left, whole.hexdigest())


def _written(root: ElementTree.Element) -> tuple[dict[str, str], Body]:
    """Return `root` as a body, with the headers that S3 wants for one of its own documents."""
    raw: bytes = ElementTree.tostring(root, encoding="utf-8")
    headers = {"content-type": "application/xml"}
    md5 = checksums.md5(raw)
    return headers | {"content-md5": md5}, Body(
        len(raw), hashlib.sha256(raw).hexdigest(), lambda: [raw]
    )


def _said(raw: bytes, name: str) -> str:
    return next((one.text or "" for one in _nodes(raw, name)), "")


def _nodes(raw: bytes, name: str) -> Iterator[ElementTree.Element]:
    try:
        root = ElementTree.fromstring(raw)  # noqa: S314 - our own service; expat bounds expansion
    except ElementTree.ParseError:
        return
    yield from (one for one in root.iter() if _name(one) == name)


def _name(node: ElementTree.Element) -> str:
    return node.tag.rpartition("}")[2]
