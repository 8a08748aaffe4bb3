"""A proxy in front of an AWS endpoint that answers some calls itself or lets things happen first.

The `Host` header is passed on as it came, so that signatures stay valid.
"""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: `text` holds the method, the path, `X-Amz-Target` and the body."""

    method: str
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    media: str = "text/xml"


@dataclass(slots=True)
class Rule:
    """What to do with a request whose text holds `word`: call `first`, then maybe `answer`.

    With `lost` it is done, and this is answered in place of what came of it. `after` is called when
    it is done and not yet answered; raising Drop there or in `first` resets the connection.
    """

    word: str
    answer: Answer | None = None
    first: Callable[[Asked], None] = lambda _: None
    lost: Answer | None = None
    met: int = 0
    after: Callable[[Asked], None] = lambda _: None


class Drop(Exception):
    """The connection is to end without an answer."""


@dataclass(slots=True)
class Meddler:
    """The proxy's address, its rules and what it has seen; `choose` goes before the rules."""

    url: str
    rules: list[Rule] = field(default_factory=list)
    seen: list[Asked] = field(default_factory=list)
    choose: Callable[[Asked], Rule | None] = lambda _: None

    def rule(self, asked: Asked) -> Rule | None:
        chosen = self.choose(asked)
        if chosen:
            return chosen
        for rule in self.rules:
            if rule.word in asked.text:
                rule.met += 1
                return rule
        return None


def xml_error(code: str, status: int) -> Answer:
    """Return an error as the query protocol writes it."""
    body = f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
    return Answer(status, body.encode())


def json_error(code: str, status: int = 400) -> Answer:
    body = f'{{"__type": "{code}", "message": "no"}}'
    return Answer(status, body.encode(), "application/x-amz-json-1.1")


class Proxy(ThreadingHTTPServer):
    """Hands what it is asked to a meddler's rules, or on to `target` (host and port)."""

    daemon_threads = True

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.target = target
        self.meddler = Meddler(f"http://127.0.0.1:{self.server_address[1]}")


class Handler(BaseHTTPRequestHandler):
    """One connection; whatever the method is."""

    protocol_version = "HTTP/1.1"
    server: Proxy

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = self.headers.get("X-Amz-Target", "")
        text = f"{self.command} {self.path} {target} {body[:4096].decode('latin-1')}"
        try:
            self._answer(Asked(self.command, self.path, text), body)
        except Drop:
            self.close_connection = True

    def _answer(self, asked: Asked, body: bytes) -> None:
        self.server.meddler.seen.append(asked)
        rule = self.server.meddler.rule(asked) or Rule("")
        rule.first(asked)
        if rule.answer:
            self._send(rule.answer.status, {"Content-Type": rule.answer.media}, rule.answer.body)
        else:
            self._forward(asked, body, rule)

    def _forward(self, asked: Asked, body: bytes, rule: Rule) -> None:
        connection = http.client.HTTPConnection(*self.server.target, timeout=60)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        reply = connection.getresponse()
        kept = {k: v for k, v in reply.getheaders() if k.lower() not in _HOP}
        if self.command == "HEAD":
            kept["Content-Length"] = reply.getheader("Content-Length") or "0"
        data = reply.read()
        connection.close()
        rule.after(asked)
        if rule.lost:
            self._send(rule.lost.status, {"Content-Type": rule.lost.media}, rule.lost.body)
        else:
            self._send(reply.status, kept, data)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()


@contextmanager
def meddling(endpoint: str) -> Iterator[Meddler]:
    """Run a proxy before `endpoint` on a free loopback port."""
    parts = urlsplit(endpoint)
    with Proxy((str(parts.hostname), int(parts.port or 80))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.meddler
        finally:
            server.shutdown()
            thread.join()
