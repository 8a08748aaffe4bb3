"""SPDY/3.1 frames, as far as kubectl's port-forward speaks them."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

SYN_STREAM, SYN_REPLY, RST_STREAM, PING, GOAWAY = 1, 2, 3, 6, 7
FIN = 0x01
_VERSION = 0x8003
_HEAD = struct.Struct(">HHI")
_DATA_HEAD = struct.Struct(">II")
_WORDS = (
    "options head post put delete trace accept accept-charset accept-encoding accept-language"
    " accept-ranges age allow authorization cache-control connection content-base content-encoding"
    " content-language content-length content-location content-md5 content-range content-type date"
    " etag expect expires from host if-match if-modified-since if-none-match if-range"
    " if-unmodified-since last-modified location max-forwards pragma proxy-authenticate"
    " proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade"
    " user-agent vary via warning www-authenticate method get status"
)
_MORE_WORDS = (
    "200 OK",
    "version",
    "HTTP/1.1",
    "url",
    "public",
    "set-cookie",
    "keep-alive",
    "origin",
)
_TAIL = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request"
    "401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented"
    "503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00"
    " Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,"
    "application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age="
    "gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)


def _sized(word: str) -> bytes:
    return struct.pack(">I", len(word)) + word.encode()


# The compression dictionary that the SPDY/3 specification prescribes.
DICTIONARY = b"".join(map(_sized, (*_WORDS.split(), *_MORE_WORDS))) + _TAIL.encode()


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame read from the wire; data frames have `kind` 0."""

    kind: int
    stream: int
    flags: int = 0
    data: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Codec:
    """Reads and writes frames of one connection; header compression keeps state across frames."""

    def __init__(self) -> None:
        self._buffer = b""
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that are complete after `data`."""
        self._buffer += data
        while len(self._buffer) >= 8:
            size = int.from_bytes(self._buffer[5:8], "big")
            if len(self._buffer) < 8 + size:
                return
            head, body = self._buffer[:8], self._buffer[8 : 8 + size]
            self._buffer = self._buffer[8 + size :]
            yield self._frame(head, body)

    def _frame(self, head: bytes, body: bytes) -> Frame:
        flags = head[4]
        if not head[0] & 0x80:
            return Frame(0, int.from_bytes(head[:4], "big"), flags, body)
        kind = int.from_bytes(head[2:4], "big")
        stream = int.from_bytes(body[:4], "big") & 0x7FFFFFFF if len(body) >= 4 else 0
        if kind == SYN_STREAM:
            return Frame(kind, stream, flags, headers=self._headers(body[10:]))
        return Frame(kind, stream, flags, body)

    def _headers(self, block: bytes) -> dict[str, str]:
        plain = self._inflate.decompress(block)
        (count,) = struct.unpack_from(">I", plain)
        words, at = [], 4
        for _ in range(2 * count):
            (size,) = struct.unpack_from(">I", plain, at)
            words.append(plain[at + 4 : at + 4 + size].decode())
            at += 4 + size
        return dict(zip(words[::2], words[1::2], strict=True))

    def reply(self, stream: int) -> bytes:
        """Return the SYN_REPLY that accepts a stream, without headers."""
        block = self._deflate.compress(struct.pack(">I", 0)) + self._deflate.flush(
            zlib.Z_SYNC_FLUSH
        )
        return _control(SYN_REPLY, struct.pack(">I", stream) + block)


def _control(kind: int, body: bytes) -> bytes:
    return _HEAD.pack(_VERSION, kind, len(body)) + body


def data(stream: int, payload: bytes, *, end: bool = False) -> bytes:
    """Return a data frame; `end` closes the sender's half of the stream."""
    flags = FIN if end else 0
    return _DATA_HEAD.pack(stream, flags << 24 | len(payload)) + payload


def pong(frame: Frame) -> bytes:
    """Return the answer to a PING."""
    return _control(PING, frame.data)
