"""A web server that answers as it is told, to see how clients take it."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Says:
    """What the server answers next, after `wait` seconds; `heard` is what it was asked."""

    status: int = 200
    body: bytes = b"{}"
    kind: str = "application/json"
    wait: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    heard: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)


@contextmanager
def serving(says: Says) -> Iterator[str]:
    """Serve `says` on a free loopback port and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            says.heard.append((self.command, self.path, dict(self.headers)))
            time.sleep(says.wait)
            with suppress(BrokenPipeError, ConnectionResetError):
                self.speak()

        def speak(self) -> None:
            self.send_response(says.status)
            for key, value in {"Content-Type": says.kind, **says.headers}.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(says.body)))
            self.end_headers()
            self.wfile.write(says.body)

        do_GET = do_POST = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
