"""The registry client against servers that misbehave as a real one cannot be told to."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from relab.clouds import AwsTarget, registry_http
from relab.clouds.aws import Aws
from relab.clouds.oci import Descriptor, digest_of
from relab.clouds.outcome import Outcome
from relab.clouds.registry import Registry
from relab.clouds.registry_http import Unanswered, basic_login, ecr_login

DATA = bytes(range(256)) * 64
BLOB = Descriptor("x", digest_of(DATA), len(DATA))
JSON = {"Content-Type": "application/json"}
REGISTRY = {"Docker-Distribution-Api-Version": "registry/2.0"}


@dataclass(frozen=True)
class Heard:
    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Says:
    """An answer; `length` is what it promises when that is not what it sends."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None


@contextmanager
def serving(answer: Callable[[Heard, int], Says]) -> Iterator[tuple[str, list[Heard]]]:
    """Answer each request by `answer(request, how many came before)`."""
    heard: list[Heard] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def speak(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Heard(self.command, self.path, dict(self.headers))
            heard.append(request)
            says = answer(request, len(heard) - 1)
            self.send_response(says.status)
            for key, value in says.headers.items():
                self.send_header(key, value)
            length = len(says.body) if says.length is None else says.length
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(says.body if self.command != "HEAD" else b"")
            self.close_connection = length != len(says.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = speak  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_http, "PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(registry_http, "READ_SECONDS", 2.0)


def client(address: str) -> Registry:
    return Registry(basic_login(address, "AWS", "secret-word"))


def error(status: int, code: str, message: str = "m", **more: str) -> Says:
    body = f'{{"errors": [{{"code": "{code}", "message": "{message}"}}]}}'.encode()
    return Says(status, body, {**JSON, **more})


def read(says: Callable[[Heard, int], Says]) -> tuple[bytes | Outcome, list[Heard]]:
    """Read the blob; return its bytes or what became of it, and what the server heard."""
    with serving(says) as (address, heard):
        try:
            return b"".join(client(address).blob("a/b", BLOB)), heard
        except Unanswered as unanswered:
            assert "secret-word" not in str(unanswered)
            return unanswered.outcome, heard


def test_a_redirect_to_another_host_gets_no_login() -> None:
    with ExitStack() as stack:
        layers, at_layers = stack.enter_context(serving(lambda *_: Says(body=DATA)))
        to = {"Location": f"{layers}/bucket/layer?X-Amz-Signature=s"}
        found, at_registry = read(lambda *_: Says(307, headers=to))
    assert found == DATA
    assert "Authorization" in at_registry[0].headers
    assert "Authorization" not in at_layers[0].headers
    assert at_layers[0].path == "/bucket/layer?X-Amz-Signature=s"


def test_a_redirect_on_the_same_host_keeps_the_login() -> None:
    def says(request: Heard, _: int) -> Says:
        there = request.path == "/elsewhere"
        return Says(body=DATA) if there else Says(307, headers={"Location": "/elsewhere"})

    found, heard = read(says)
    assert found == DATA
    assert all("Authorization" in request.headers for request in heard)


def test_redirects_in_a_circle_end() -> None:
    found, heard = read(lambda request, _: Says(307, headers={"Location": request.path}))
    assert found is Outcome.UNEXPECTED
    assert len(heard) < 50


@pytest.mark.parametrize("body", [b"not it" + DATA[6:], DATA + b"more", DATA[:-1], b""])
def test_other_bytes_are_never_taken(body: bytes) -> None:
    assert read(lambda *_: Says(body=body))[0] is Outcome.UNEXPECTED


def test_a_broken_stream_goes_on_where_it_stopped() -> None:
    def says(request: Heard, count: int) -> Says:
        if not count:
            return Says(body=DATA[:5000], length=len(DATA))
        assert request.headers["Range"] == "bytes=5000-"
        return Says(206, DATA[5000:])

    found, heard = read(says)
    assert (found, len(heard)) == (DATA, 2)


def test_a_server_without_ranges_is_read_again() -> None:
    found, heard = read(
        lambda _, count: Says(body=DATA) if count else Says(body=DATA[:5000], length=len(DATA))
    )
    assert (found, len(heard)) == (DATA, 2)


def test_a_stream_that_always_breaks_is_given_up() -> None:
    found, heard = read(lambda *_: Says(body=b"", length=len(DATA)))
    assert found is Outcome.UNREACHABLE
    assert len(heard) == registry_http.ATTEMPTS


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(status: int) -> None:
    busy = error(status, "TOOMANYREQUESTS", **{"Retry-After": "0"})
    found, heard = read(lambda _, count: Says(body=DATA) if count == 2 else busy)
    assert (found, len(heard)) == (DATA, 3)


@pytest.mark.parametrize(
    ("says", "outcome", "tries"),
    [
        (error(429, "TOOMANYREQUESTS"), Outcome.THROTTLED, registry_http.ATTEMPTS),
        (error(503, "UNAVAILABLE"), Outcome.UNAVAILABLE, registry_http.ATTEMPTS),
        (error(403, "DENIED"), Outcome.DENIED, 1),
        (error(404, "BLOB_UNKNOWN"), Outcome.MISSING, 1),
        (error(401, "UNAUTHORIZED"), Outcome.EXPIRED, 2),
        (
            error(403, "DENIED", "Your authorization token has expired. Reauthenticate."),
            Outcome.EXPIRED,
            2,
        ),
        (Says(404, b"<html>"), Outcome.UNEXPECTED, 1),
        (Says(403, b"<Error><Code>AccessDenied</Code></Error>"), Outcome.UNEXPECTED, 1),
        (Says(404, b'{"errors": "none"}'), Outcome.UNEXPECTED, 1),
        (Says(400, b"[]"), Outcome.UNEXPECTED, 1),
    ],
)
def test_every_refusal_has_its_word(says: Says, outcome: Outcome, tries: int) -> None:
    found, heard = read(lambda *_: says)
    assert (found, len(heard)) == (outcome, tries)


@pytest.mark.parametrize(
    ("headers", "found"), [(REGISTRY, None), ({}, Outcome.UNEXPECTED)], ids=["registry", "proxy"]
)
def test_only_the_registry_says_that_a_thing_is_not_there(
    headers: Mapping[str, str], found: Outcome | None
) -> None:
    with serving(lambda *_: Says(404, headers=headers)) as (address, _):
        try:
            assert client(address).find_manifest("a", "b") is found
        except Unanswered as unanswered:
            assert unanswered.outcome is found


@pytest.mark.parametrize("told", [digest_of(b"other"), "sha1:1", "nonsense"])
def test_a_manifest_must_have_the_digest_that_is_told(told: str) -> None:
    says = Says(body=b"{}", headers={"Docker-Content-Digest": told})
    with serving(lambda *_: says) as (address, _), pytest.raises(Unanswered):
        client(address).manifest("a", "tag")


def test_a_manifest_must_be_the_one_that_was_asked_for() -> None:
    says = Says(body=b"{}", headers={"Docker-Content-Digest": digest_of(b"{}")})
    with serving(lambda *_: says) as (address, _), pytest.raises(Unanswered, match="not those of"):
        client(address).manifest("a", digest_of(b"other"))


def test_an_upload_begins_anew_when_the_server_is_busy() -> None:
    sent: list[str] = []

    def says(request: Heard, _: int) -> Says:
        sent.append(request.method)
        if request.method == "HEAD":
            return Says(404, headers=REGISTRY)
        if request.method == "POST":
            return Says(202, headers={"Location": f"/upload/{len(sent)}?state=s"})
        return Says(201) if sent.count("PUT") == 2 else error(503, "UNAVAILABLE")

    with serving(says) as (address, heard):
        client(address).put_blob("a", BLOB, lambda: [DATA[:100], DATA[100:]])
    assert sent == ["HEAD", "POST", "PUT", "POST", "PUT"]
    assert heard[-1].path.startswith("/upload/4?state=s&digest=sha256%3A")
    assert heard[-1].headers["Content-Length"] == str(len(DATA))


def test_a_login_that_aws_refuses_says_so_and_is_asked_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE00")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    refused = Says(400, b'{"__type": "AccessDeniedException", "message": "no"}', JSON)
    with serving(lambda *_: refused) as (address, heard):
        registry = Registry(ecr_login(Aws(), AwsTarget("ap-northeast-2", address)))
        for _ in range(3):
            with pytest.raises(Unanswered, match="GetAuthorizationToken") as caught:
                registry.manifest("a", "b")
            assert caught.value.outcome is Outcome.DENIED
    assert len(heard) == 1


def test_a_login_is_not_shown() -> None:
    assert "secret" not in repr(basic_login("http://x", "AWS", "secret")())
