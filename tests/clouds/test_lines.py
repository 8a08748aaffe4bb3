"""Connections to servers that fall silent: the kernel counts the time, and says that it is over."""

from collections.abc import Iterator
from contextlib import ExitStack
from socket import create_server, socket

import pytest

from relab.clouds.objects.broken import Broken
from relab.clouds.objects.lines import Ask, Lines, Route
from relab.clouds.outcome import TIMEOUT

MIB = 1 << 20
GET = Ask("GET", "/b/k", {"host": "b"})


@pytest.fixture
def silent() -> Iterator[tuple[Lines, socket]]:
    """Yield connections to a server that takes them and says what the test lets it say."""
    with ExitStack() as stack:
        server = stack.enter_context(create_server(("127.0.0.1", 0)))
        server.settimeout(5)
        lines = Lines(Route(f"http://127.0.0.1:{server.getsockname()[1]}", timeout=0.25))
        stack.callback(lines.close)
        yield lines, server


def test_no_answer(silent: tuple[Lines, socket]) -> None:
    lines, _ = silent
    with pytest.raises(Broken) as told:
        lines.ask(GET)
    assert told.value.status == TIMEOUT


@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 10\r\n\r\nhalf", b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf"],
    ids=["told", "chunks"],
)
def test_half_a_body(silent: tuple[Lines, socket], head: bytes) -> None:
    lines, server = silent
    begun = lines.begin(GET)
    far, _ = server.accept()
    with far:
        far.sendall(b"HTTP/1.1 200 OK\r\n" + head)
        with lines.end(begun) as answer, pytest.raises(Broken) as told:
            list(answer.pieces(MIB))
    assert told.value.status == TIMEOUT


def test_nobody_takes_what_is_sent(silent: tuple[Lines, socket]) -> None:
    lines, _ = silent
    put = Ask(
        "PUT", "/b/k", {"host": "b", "content-length": str(64 * MIB)}, lambda: [b"x" * MIB] * 64
    )
    with pytest.raises(Broken) as told:
        lines.ask(put)
    assert told.value.status == TIMEOUT


def test_who_answers_in_time_is_asked_again_on_the_same_connection(
    silent: tuple[Lines, socket],
) -> None:
    lines, server = silent
    begun = lines.begin(GET)
    far, _ = server.accept()
    with far:
        for _ in range(2):
            far.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            with lines.end(begun) as answer:
                assert b"".join(answer.pieces(MIB)) == b"ok"
            begun = lines.begin(GET)
            assert begun.kept
        begun.line.close()
