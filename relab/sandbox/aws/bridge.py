"""moto's WSGI application behind aiohttp, in this process.

aiohttp keeps connections open, where moto's own server closes each; and one event loop then serves
AWS and Kubernetes alike.
"""

import asyncio
import io
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote_to_bytes

from aiohttp import web
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from relab.sandbox.aws.direct import Answer, Environ
from relab.sandbox.aws.stand_ins import install

_THREADS = 4  # more would only contend for the interpreter
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding"})
_LENGTHS = frozenset({"content-length", "transfer-encoding"})
_SERVER: Environ = {
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


class Dispatcher(DomainDispatcherApplication):
    """moto's dispatcher, which would look at the disk for every request to name its service."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._known: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """Return the service that answers `host`."""
        if host not in self._known:
            self._known[host] = super().get_backend_for_host(host)
        return self._known[host]


class Bridge:
    """A backend that answers through moto in a small pool of threads."""

    def __init__(self) -> None:
        install()
        self._app = Dispatcher()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="aws")

    async def answer(self, request: web.Request, body: bytes) -> web.Response:
        """Return moto's answer to `request` with `body`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._respond, environ(request, body))

    def direct(self, wsgi: Environ) -> Answer:
        """Return moto's status, headers and body for a request from this very process."""
        return _run(self._app, {"SCRIPT_NAME": "", **_SERVER, **wsgi})

    def _respond(self, wsgi: Environ) -> web.Response:
        status, headers, body = _run(self._app, wsgi)
        return web.Response(status=status, headers=headers, body=body)

    def close(self) -> None:
        """Stop taking work; running calls are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def environ(request: web.Request, body: bytes) -> Environ:
    """Return the WSGI environment of `request`, with S3 metadata names as they were sent."""
    path, _, query = request.raw_path.partition("?")
    host, _, port = request.host.rpartition(":")
    found: Environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": request.raw_path,
        "REQUEST_URI": request.raw_path,
        "SERVER_NAME": host or request.host,
        "SERVER_PORT": port or "80",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **_SERVER,
    }
    _add_headers(found, request)
    return found


def _add_headers(found: Environ, request: web.Request) -> None:
    kept: dict[str, str] = {}
    for name, value in request.headers.items():
        if name.lower() in _LENGTHS:
            continue
        if should_preserve_original_header_name(name):
            kept[environ_key_for_header(name)] = name
        elif "_" in name:
            continue
        found[environ_key_for_header(name)] = value.encode("utf-8", "surrogateescape").decode(
            "latin-1"
        )
    found[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = kept


def _run(app: Callable[..., Iterable[bytes]], wsgi: Environ) -> Answer:
    said: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
        said.update(status=int(status.split(maxsplit=1)[0]), headers=headers)

    chunks = app(wsgi, start)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close:
            close()
    headers = [(key, value) for key, value in said["headers"] if key.lower() not in _HOP_BY_HOP]
    return said["status"], headers, body
