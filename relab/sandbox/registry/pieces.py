"""Parts of answers: byte ranges, pages of tags, and bodies that are streamed."""

import re
from collections.abc import Iterable, Mapping

from aiohttp import web

from relab.sandbox.registry.blobs import Blob
from relab.sandbox.registry.refusals import refuse

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def span(header: str, size: int) -> tuple[int, int] | None:
    """Return first and last byte that a `Range` header asks of `size` bytes; None without one."""
    found = _RANGE.fullmatch(header)
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        return max(size - int(last), 0), size - 1
    if int(first) >= size:
        refuse("BLOB_UPLOAD_INVALID", f"the blob has {size} bytes")
    return int(first), min(int(last or size - 1), size - 1)


async def stream(
    request: web.Request, blob: Blob, headers: Mapping[str, str]
) -> web.StreamResponse:
    """Send `blob`, or the part that the request's `Range` names; only headers to HEAD."""
    wanted = span(request.headers.get("Range", ""), blob.size)
    first, last = wanted or (0, blob.size - 1)
    answer = web.StreamResponse(status=206 if wanted else 200, headers=headers)
    answer.content_length = last - first + 1
    answer.headers["Accept-Ranges"] = "bytes"
    if wanted:
        answer.headers["Content-Range"] = f"bytes {first}-{last}/{blob.size}"
    await answer.prepare(request)
    if request.method != "HEAD":
        for piece in blob.pieces(first, last):
            await answer.write(piece)
    await answer.write_eof()
    return answer


def page(tags: Iterable[str], query: Mapping[str, str]) -> list[str]:
    """Return the tags after `last` in the query, at most `n` of them, sorted."""
    found = sorted(tag for tag in tags if tag > query.get("last", ""))
    limit = query.get("n", "")
    return found[: int(limit)] if limit.isdecimal() else found
