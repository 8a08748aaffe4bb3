"""Bodies of answers, in pieces or into buffers: whole and as the server says, or Broken."""

import base64
import random
import socket
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Thread

import pytest

from relab.clouds.objects.answer import Answer, Body
from relab.clouds.objects.broken import Broken
from relab.clouds.outcome import UNREACHABLE

MIB = 1 << 20
DATA = random.Random(7).randbytes(2 * MIB + 12_345)
CRC = base64.b64encode(zlib.crc32(DATA).to_bytes(4, "big")).decode()


def by_pieces(body: Body) -> bytes:
    return b"".join(body)


def by_buffers(body: Body) -> bytes:
    found, buffer = b"", bytearray(MIB - 7)
    while size := body.readinto(memoryview(buffer)):
        found += buffer[:size]
    return found


def by_turns(body: Body) -> bytes:
    found, buffer = b"", bytearray(300)
    while some := next(body, b""):
        size = body.readinto(memoryview(buffer))
        found += some + buffer[:size]
    return found


READERS = pytest.mark.parametrize("read", [by_pieces, by_buffers, by_turns])


@pytest.fixture
def answering() -> Iterator[Callable[..., Answer]]:
    """Give what makes an answer of a head and some bytes, after which the server is gone."""
    near, far = socket.socketpair()

    def answer(head: str, sent: bytes) -> Answer:
        def serve() -> None:
            with closing(far):
                far.sendall(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + sent)

        Thread(target=serve, daemon=True).start()
        return Answer(near, "GET")

    with closing(near):
        yield answer


@READERS
@pytest.mark.parametrize(
    ("head", "sent"),
    [
        (f"Content-Length: {len(DATA)}", DATA),
        (f"Content-Length: {len(DATA)}\r\nx-amz-checksum-crc32: {CRC}", DATA),
        ("Transfer-Encoding: chunked", f"{len(DATA):x}\r\n".encode() + DATA + b"\r\n0\r\n\r\n"),
        ("Connection: close", DATA),
    ],
    ids=["plain", "checked", "chunks", "until-closed"],
)
def test_a_body_is_whole(
    answering: Callable[..., Answer], read: Callable[[Body], bytes], head: str, sent: bytes
) -> None:
    answer = answering(head, sent)
    assert read(Body(answer, 70_000)) == DATA
    assert answer.reusable == head.startswith("Content-Length")


@READERS
@pytest.mark.parametrize("size", [0, 1, 100, 5000])
def test_a_small_body_is_whole(
    answering: Callable[..., Answer], read: Callable[[Body], bytes], size: int
) -> None:
    answer = answering(f"Content-Length: {size}", DATA[:size])
    assert read(Body(answer, MIB)) == DATA[:size]
    assert answer.reusable


@READERS
@pytest.mark.parametrize("sent", [0, 10, 4000, MIB, len(DATA) - 1])
def test_a_body_that_breaks_off_is_broken(
    answering: Callable[..., Answer], read: Callable[[Body], bytes], sent: int
) -> None:
    answer = answering(f"Content-Length: {len(DATA)}", DATA[:sent])
    with pytest.raises(Broken) as told:
        read(Body(answer, MIB))
    assert told.value.status == UNREACHABLE
    assert not answer.reusable


@READERS
def test_a_body_of_another_checksum_is_broken(
    answering: Callable[..., Answer], read: Callable[[Body], bytes]
) -> None:
    head = f"Content-Length: {len(DATA)}\r\nx-amz-checksum-crc32: {CRC}"
    with pytest.raises(Broken, match="crc32"):
        read(Body(answering(head, DATA[:-1] + b"?"), MIB))
