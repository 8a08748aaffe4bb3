"""Calls into the embedded AWS from inside its process: as boto3 makes them, without a socket."""

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes, urlsplit

import botocore.session
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.client import BaseClient
from botocore.config import Config
from moto.core.request import environ_key_for_header

_ENDPOINT = "http://127.0.0.1"
_CONFIG = Config(
    retries={"total_max_attempts": 1},
    s3={"addressing_style": "path"},
    parameter_validation=False,
)
Environ = dict[str, Any]
Answer = tuple[int, list[tuple[str, str]], bytes]


class Caller(Protocol):
    """Whoever makes AWS calls: this process by `Direct`, a measurement by boto3."""

    def call(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Make one call and return its answer; botocore's ClientError when it is refused."""


class Direct:
    """Calls that `answer` (a WSGI environment -> status, headers, body) answers at once."""

    def __init__(
        self,
        answer: Callable[[Environ], Answer],
        region: str,
        access_key: str,
        secret_key: str,
    ) -> None:
        self._answer = answer
        self._region = region
        self._session = botocore.session.Session()
        self._session.set_credentials(access_key, secret_key)
        self._clients: dict[str, BaseClient] = {}

    def call(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Make one call and return its answer; ClientError when it is refused."""
        method = getattr(self._client(service), xform_name(operation))
        found: dict[str, Any] = method(**params)
        return found

    def _client(self, service: str) -> BaseClient:
        if service not in self._clients:
            client = self._session.create_client(
                service, region_name=self._region, endpoint_url=_ENDPOINT, config=_CONFIG
            )
            client.meta.events.register("before-send", self._send)  # type: ignore[arg-type] # may answer
            self._clients[service] = client
        return self._clients[service]

    def _send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        status, headers, body = self._answer(environ(request))
        kept: Any = HeadersDict(headers)
        return AWSResponse(request.url, status, kept, _Body(body))


class _Body:
    """What botocore reads an answer from."""

    def __init__(self, body: bytes) -> None:
        self._body = io.BytesIO(body)

    def stream(self, **_: object) -> Iterator[bytes]:
        yield from self._body

    def read(self, size: int = -1) -> bytes:
        return self._body.read(size)


def environ(request: AWSPreparedRequest) -> Environ:
    """Return the WSGI environment of a signed request of botocore, its own part of it only."""
    url, body = urlsplit(request.url), _bytes(request.body)
    found: Environ = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": unquote_to_bytes(url.path).decode("latin-1"),
        "QUERY_STRING": url.query,
        "RAW_URI": url.path,
        "REQUEST_URI": url.path,
        "SERVER_NAME": str(url.hostname),
        "SERVER_PORT": str(url.port or 80),
        "HTTP_HOST": url.netloc,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    for name, value in request.headers.items():
        if name.lower() != "content-length":
            found[environ_key_for_header(name)] = (
                value.decode("latin-1") if isinstance(value, bytes) else value
            )
    return found


def _bytes(body: Any) -> bytes:
    read = body.read() if hasattr(body, "read") else body or b""
    return read.encode() if isinstance(read, str) else bytes(read)
