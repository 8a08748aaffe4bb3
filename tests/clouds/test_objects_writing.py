"""Writing objects: signatures, checksums, answers that come before the body's end."""

import base64
import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from relab.clouds import AwsTarget
from relab.clouds.aws import Aws
from relab.clouds.objects import Body, Call, Objects, Which, checksums, reader, writer
from relab.clouds.objects.signing import Caller, Request, path_of, query_of, signed

REGION = "us-east-1"


@pytest.mark.parametrize(
    ("algorithm", "number"),
    [
        ("crc32", 0xCBF43926),
        ("crc32c", 0xE3069283),
        ("crc64nvme", 0xAE8B14860A799888),
    ],
)
def test_checksums_of_the_catalogue_of_crcs(algorithm: str, number: int) -> None:
    width = 8 if algorithm == "crc64nvme" else 4
    told = base64.b64encode(number.to_bytes(width, "big")).decode()
    assert checksums.made(algorithm, [b"1234", b"", b"56789"]) == told


def test_an_algorithm_that_nobody_knows() -> None:
    with pytest.raises(KeyError):
        checksums.made("rot13", [b""])


def test_a_body_is_signed_as_the_sdk_signs_it() -> None:
    """The SDK's own signature of the very same headers is ours."""
    payload = hashlib.sha256(b"some bytes").hexdigest()
    path, query = path_of("bucket", "key/한글 +"), {"partNumber": "1", "uploadId": "a/b="}
    headers = {"x-amz-meta-note": "two   spaces", "content-type": "text/plain"}
    request = Request("PUT", "host:1", path, query, headers, payload)
    ours = signed(request, Caller("AKID", "secret", None, REGION), 1_700_000_000)
    signer = S3SigV4Auth(Credentials("AKID", "secret"), "s3", REGION)
    told = {name: value for name, value in ours.items() if name != "authorization"}
    theirs = AWSRequest("PUT", f"http://host:1{path}?{query_of(query)}", headers=told)
    theirs.context["timestamp"] = ours["x-amz-date"]
    canonical = signer.canonical_request(theirs)
    assert payload in canonical
    signature = signer.signature(signer.string_to_sign(theirs, canonical), theirs)
    assert ours["authorization"].endswith(f"Signature={signature}")


@contextmanager
def refusing_early() -> Iterator[str]:
    """Run a server that answers as soon as it has read a request's head, and then hangs up."""
    answer = (
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 76\r\nConnection: close\r\n\r\n"
        b"<Error><Code>AccessDenied</Code><Message>not here, not now</Message></Error>"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        stopped = threading.Event()

        def serve() -> None:
            while not stopped.is_set():
                line, _ = server.accept()
                with line:
                    line.recv(1 << 16)
                    line.sendall(answer)
                    line.shutdown(socket.SHUT_WR)
                    while not stopped.is_set() and line.recv(1 << 16):
                        pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        stopped.set()


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setattr(reader, "_FIRST_WAIT", 0.001)


@pytest.mark.usefixtures("keys")
def test_what_is_refused_before_its_end_says_why() -> None:
    size = 4 << 20
    with refusing_early() as endpoint:
        objects = Objects(Aws(), AwsTarget(REGION, endpoint=endpoint))
        body = Body(size, "0" * 64, lambda: iter([b"x" * 65536] * (size // 65536)))
        got = writer.put(objects, Which("b", "k"), {}, body)
    assert (got.status, got.kept) == ("AccessDenied", None)


@pytest.mark.usefixtures("keys")
def test_what_must_not_happen_twice_is_sent_once() -> None:
    sent: list[int] = []

    def pieces() -> Iterator[bytes]:
        sent.append(1)
        yield b"x"

    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                line.recv(1 << 16)
                line.close()

        threading.Thread(target=hang_up, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        objects = Objects(Aws(), AwsTarget(REGION, endpoint=endpoint))
        call = Call(Which("b", "k"), {}, "PUT", {}, Body(1, "0" * 64, pieces), once=True)
        assert objects.send(call, b"".join).status == "unreachable"
        assert len(sent) == 1
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.usefixtures("keys")
def test_things_flow_and_what_is_raised_comes_out() -> None:
    objects = Objects(Aws(), AwsTarget(REGION))
    done: list[int] = []
    objects.flow(done.append, range(5000))
    assert sorted(done) == list(range(5000))
    made: list[int] = []

    def things() -> Iterator[int]:
        for number in range(100_000):
            made.append(number)
            yield number

    def fail(number: int) -> None:
        if number == 10:
            raise LookupError(number)

    with pytest.raises(LookupError):
        objects.flow(fail, things())
    assert len(made) < 50_000
    with pytest.raises(ZeroDivisionError):
        objects.flow(done.append, (1 // (3 - number) for number in range(9)))
