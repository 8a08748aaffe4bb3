"""The reader of objects against servers that falter, lie or refuse."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from socket import create_server, socket
from typing import Protocol, TypeVar

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from relab.clouds import AwsTarget
from relab.clouds.aws import Aws
from relab.clouds.objects import Got, Objects, Which, reader
from relab.clouds.objects.checksums import Check, Crc32
from relab.clouds.objects.reader import AHEAD, TRIES, Keep
from relab.clouds.objects.signing import Caller, Request, path_of, query_of, signed
from tests.clouds.servers import Says, serving

T = TypeVar("T")
KEYS = ("plain", "a b+c/é~", "../up", "//", "%2F?&=#", "\x01\x7f", "\U0001f600", "raw\udcff")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_FIRST_WAIT", 0.0)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")


def objects(endpoint: str) -> Objects:
    return Objects(Aws(), AwsTarget("us-east-1", endpoint))


def whole(pieces: Iterator[bytes]) -> bytes:
    return b"".join(pieces)


def read_one(endpoint: str, which: Which, keep: Keep[T]) -> Got[T]:
    return objects(endpoint).read(which, keep)


def read_many(endpoint: str, which: Which, keep: Keep[T]) -> Got[T]:
    (got,) = objects(endpoint).read_many([which], keep)
    return got


class Read(Protocol):
    """Either way to read an object."""

    def __call__(self, endpoint: str, which: Which, keep: Keep[T], /) -> Got[T]: ...


either = pytest.mark.parametrize("read", [read_one, read_many])


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("token", [None, "session-token"])
def test_signs_as_the_sdk_does(
    key: str, token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = path_of("bucket", key)
    query = {"versionId": "a+b/c=", "tagging": ""}
    request = Request("GET", "127.0.0.1:9", path, query, {"x-amz-meta-none": "a  b"})
    own = signed(request, Caller("AKIDEXAMPLE", "made-up", token, "us-east-1"), now=1.7e9)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: _at(1.7e9))
    theirs = AWSRequest(
        "GET", f"http://127.0.0.1:9{path}?{query_of(query)}", {"x-amz-meta-none": "a  b"}
    )
    theirs.context["payload_signing_enabled"] = True
    credentials = Credentials("AKIDEXAMPLE", "made-up", token)
    S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(theirs)
    assert own["authorization"] == theirs.headers["Authorization"]


def _at(seconds: float) -> object:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC)


@either
@pytest.mark.parametrize(
    ("status", "body", "word", "tries"),
    [
        (503, b"<Error><Code>SlowDown</Code></Error>", "SlowDown", TRIES),
        (500, b"<Error><Code>InternalError</Code></Error>", "InternalError", TRIES),
        (503, b"", "SlowDown", TRIES),
        (403, b"<Error><Code>AccessDenied</Code></Error>", "AccessDenied", 1),
        (404, b"<Error><Code>NoSuchKey</Code></Error>", "NoSuchKey", 1),
        (412, b"", reader.CHANGED, 1),
    ],
)
def test_only_what_may_pass_is_tried_again(
    read: Read, status: int, body: bytes, word: str, tries: int
) -> None:
    says = Says(status, body)
    with serving(says) as endpoint:
        got = read(endpoint, Which("b", "k", '"tag"'), whole)
    assert (got.status, got.kept, len(says.heard)) == (word, None, tries)
    assert says.heard[0][2]["if-match"] == '"tag"'


@either
def test_nobody_there_is_unreachable(read: Read) -> None:
    with create_server(("127.0.0.1", 0)) as taken:
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
    assert read(endpoint, Which("b", "k"), whole).status == "unreachable"


@either
def test_without_credentials_nothing_is_asked(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    says = Says()
    with serving(says) as endpoint:
        got = read(endpoint, Which("b", "k"), whole)
    assert (got.status, says.heard) == ("no-credentials", [])


@either
def test_a_wrong_checksum_is_no_success(read: Read) -> None:
    says = Says(body=b"bytes", headers={"x-amz-checksum-crc32": "AAAAAA=="})
    with serving(says) as endpoint:
        got = read(endpoint, Which("b", "k"), whole)
    assert (got.status, len(says.heard)) == ("unreachable", TRIES)
    assert "crc32" in got.detail


@either
def test_a_torn_body_is_read_anew_and_never_kept(read: Read) -> None:
    kept: list[bytes] = []

    def keep(pieces: Iterator[bytes]) -> int:
        kept.append(b"".join(pieces))
        return len(kept[-1])

    torn = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
    fine = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Amz-Meta-N: 1\r\n\r\ngood"
    with _speaking([torn, b"", fine]) as endpoint:
        got = read(endpoint, Which("b", "k"), keep)
    assert (got.status, got.kept, kept) == ("200", 4, [b"good"])
    assert got.headers["x-amz-meta-n"] == "1"


@either
def test_what_the_sink_raises_is_its_own(read: Read) -> None:
    def full(pieces: Iterator[bytes]) -> None:
        raise OSError(f"no room for {len(next(pieces))} bytes")

    says = Says(body=b"bytes")
    with serving(says) as endpoint, pytest.raises(OSError, match="no room for 5 bytes"):
        read(endpoint, Which("b", "k"), full)
    assert len(says.heard) == 1


def test_a_connection_serves_many_reads() -> None:
    seen: list[int] = []
    fine = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    with _speaking([fine * 3], seen) as endpoint:
        one = objects(endpoint)
        assert [one.read(Which("b", str(n)), whole).kept for n in range(3)] == [b"ok"] * 3
        one.close()
    assert seen == [1]


def test_many_are_asked_for_ahead_and_told_in_their_order() -> None:
    says = Says(body=b"bytes")
    with serving(says) as endpoint:
        reading = objects(endpoint).read_many((Which("b", str(n)) for n in range(9)), whole)
        assert next(reading).kept == b"bytes"
        asked = [path for _, path, _ in says.heard]
        rest = list(reading)
    # Each is asked for on a connection of its own, so that any may be heard first.
    assert {"/b/0"} <= set(asked) <= {f"/b/{n}" for n in range(AHEAD + 1)}
    assert [got.kept for got in rest] == [b"bytes"] * 8
    assert sorted(path for _, path, _ in says.heard) == [f"/b/{n}" for n in range(9)]


def test_what_was_signed_long_ago_is_signed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_GOOD_SECONDS", -1.0)
    says = Says(body=b"bytes")
    with serving(says) as endpoint:
        reading = objects(endpoint).read_many((Which("b", str(n)) for n in range(9)), whole)
        assert next(reading).kept == b"bytes"
        assert [path for _, path, _ in says.heard] == ["/b/0"]
        assert [got.kept for got in reading] == [b"bytes"] * 8
    assert [path for _, path, _ in says.heard] == [f"/b/{n}" for n in range(9)]


def test_each_of_many_is_tried_again_by_itself() -> None:
    fine = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"
    torn = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
    with _speaking([fine + b"0", torn, fine + b"2", fine + b"1"]) as endpoint:
        whiches = [Which("b", str(n)) for n in range(3)]
        got = [one.kept for one in objects(endpoint).read_many(whiches, whole)]
    assert got == [b"0", b"1", b"2"]


def test_a_connection_that_was_closed_meanwhile_is_opened_anew() -> None:
    fine = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    seen: list[int] = []
    with _speaking([fine, fine], seen) as endpoint:
        one = objects(endpoint)
        for _ in range(2):
            assert [got.status for got in one.read_many([Which("b", "k")], whole)] == ["200"]
    assert seen == [1, 1]


def test_what_was_asked_for_and_is_not_wanted_leaves_no_connection() -> None:
    with create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        with closing(objects(endpoint).read_many([Which("b", "k")] * 9, whole)) as reading:
            first = pool.submit(next, reading)
            lines = [server.accept()[0] for _ in range(AHEAD + 1)]
            _answer(lines[0], b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            assert first.result().kept == b"ok"
        for line in lines[1:]:
            with line:
                assert line.recv(65536).startswith(b"GET /b/k ")
                assert line.recv(1) == b""
        lines[0].close()


@pytest.mark.parametrize(
    ("name", "digest"),
    [("crc32", Crc32), ("sha1", hashlib.sha1), ("sha256", hashlib.sha256)],
)
def test_checksums_of_whole_bodies_are_compared(name: str, digest: type) -> None:
    import base64

    running = digest()
    running.update(b"some bytes")
    told = {f"x-amz-checksum-{name}": base64.b64encode(running.digest()).decode()}
    assert _wrong(told, b"some bytes") == ""
    assert _wrong(told, b"some byteS") == name
    assert _wrong({**told, "x-amz-checksum-type": "COMPOSITE"}, b"other") == ""


def _wrong(told: dict[str, str], body: bytes) -> str:
    check = Check(told)
    check.update(body)
    return check.wrong()


@contextmanager
def _speaking(answers: list[bytes], seen: list[int] | None = None) -> Iterator[str]:
    """Serve raw answers, one a connection; then close it. `seen` counts the connections."""
    server = create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answer in answers:
            try:
                line, _ = server.accept()
            except OSError:
                return
            if seen is not None:
                seen.append(1)
            with line:
                _answer(line, answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.close()
        thread.join(5)


def _answer(line: socket, answer: bytes) -> None:
    """Say `answer` in as many parts as there are requests in it, one after each request."""
    parts = [part for part in answer.split(b"HTTP/1.1") if part] or [b""]
    for part in parts:
        line.recv(65536)
        line.sendall(b"HTTP/1.1" + part if part else b"")
