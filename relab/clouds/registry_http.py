"""How a registry is spoken to: login, bounded retries, redirects, and refusals in our own words.

urllib3 is imported by the first request, not by this module.
"""

import base64
import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from relab import __version__
from relab.clouds import CONNECT_SECONDS, AwsTarget
from relab.clouds.aws import LOOPBACK, Aws
from relab.clouds.outcome import (
    TIMEOUT,
    UNEXPECTED,
    UNREACHABLE,
    Outcome,
    Reply,
    outcome_of,
    shorten,
)
from relab.errors import RelabError

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

READ_SECONDS = 60.0
ATTEMPTS = 5
PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 10.0
# Whoever may not log in is not asked about for every single image.
_REFUSED_SECONDS = 15.0
_REDIRECTS = 5
_POOL = 16
_AGAIN = frozenset({429, 500, 502, 503, 504})
_OLD_TOKEN = "authorization token has expired"  # noqa: S105 - a message, not a password
Body = bytes | Callable[[], Iterable[bytes]] | None


class Unanswered(RelabError):
    """A registry, or the login to it, did not give what was asked; `reply` says why.

    `source` is who said so: `aws` or `registry`.
    """

    def __init__(self, reply: Reply, *, where: str, source: str = "registry") -> None:
        super().__init__(
            f"{reply.status}: {reply.detail}" if reply.detail else reply.status, where=where
        )
        self.reply = reply
        self.source = source

    @property
    def outcome(self) -> Outcome:
        """What became of the question, as one of the closed set."""
        return outcome_of(self.source, self.reply.status)


@dataclass(frozen=True, slots=True)
class Login:
    """The registry's address and the `Authorization` header that it takes."""

    endpoint: str
    authorization: str = field(repr=False)


def ecr_login(aws: Aws, target: AwsTarget, endpoint: str | None = None) -> Callable[[], Login]:
    """Return a login as `target`; `endpoint` replaces the address that ECR tells."""

    def login() -> Login:
        reply = aws.call(target, "ecr", "GetAuthorizationToken", {})
        if not reply.ok:
            raise Unanswered(reply, where="ecr:GetAuthorizationToken", source="aws")
        found = reply.body["authorizationData"][0]
        address = endpoint or found["proxyEndpoint"]
        return Login(address.rstrip("/"), f"Basic {found['authorizationToken']}")

    return login


def basic_login(endpoint: str, user: str, password: str) -> Callable[[], Login]:
    """Return a login by a user and a password that never change."""
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return lambda: Login(endpoint.rstrip("/"), f"Basic {token}")


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `path` below `/v2/` or a whole address; a callable `body` is sent in pieces."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = None


class Http:
    """A registry behind `login`, which is asked when first needed and when a token gets old."""

    def __init__(self, login: Callable[[], Login]) -> None:
        self._ask_login = login
        self._lock = threading.Lock()
        self._login: Login | None = None
        self._refused: tuple[Unanswered, float] | None = None
        self._pool: PoolManager | None = None

    def send(self, request: Request, *, attempts: int | None = None) -> "BaseHTTPResponse":
        """Return the good answer to `request`, not read yet; Unanswered after `attempts` tries.

        Throttling, trouble of the server and of the way there are tried again.
        """
        left = attempts or ATTEMPTS
        fresh = False
        while True:
            left -= 1
            login = self._current()
            answer = self._try(login, request)
            if not isinstance(answer, Reply) and answer.status < 300:
                return answer
            wait = _pause(answer, (attempts or ATTEMPTS) - left)
            reply = answer if isinstance(answer, Reply) else refusal(answer)
            if reply.status == "401" and not fresh:
                fresh, left = True, left + 1
                self._forget(login)
            elif left <= 0 or wait is None:
                raise Unanswered(reply, where=f"{request.method} {_shown(request.path)}")
            else:
                time.sleep(wait)

    def absolute(self, path: str) -> str:
        """Return the address of `path` below `/v2/`, or `path` when it is one already."""
        return path if "://" in path else f"{self._current().endpoint}/v2/{path}"

    def _try(self, login: Login, request: Request) -> "BaseHTTPResponse | Reply":
        from urllib3 import exceptions

        url = self.absolute(request.path)
        headers = {"User-Agent": f"relab/{__version__}", "Accept-Encoding": "identity"}
        headers |= request.headers
        if _origin(url) == _origin(login.endpoint):
            headers["Authorization"] = login.authorization
        body = request.body() if callable(request.body) else request.body
        try:
            return self._pool_of(login).request(
                request.method,
                url,
                headers=headers,
                body=body,
                preload_content=False,
                decode_content=False,
                redirect=request.method in {"GET", "HEAD"},
                retries=_redirects(),
            )
        except (exceptions.HTTPError, OSError) as error:
            return trouble(error)

    def _pool_of(self, login: Login) -> "PoolManager":
        with self._lock:
            if self._pool is None:
                self._pool = _new_pool(login.endpoint)
            return self._pool

    def _current(self) -> Login:
        with self._lock:
            if self._login is None:
                self._login = self._log_in()
            return self._login

    def _log_in(self) -> Login:
        if self._refused is not None and time.monotonic() < self._refused[1]:
            error = self._refused[0]
            raise Unanswered(error.reply, where=error.where, source=error.source)
        try:
            return self._ask_login()
        except Unanswered as error:
            self._refused = (error, time.monotonic() + _REFUSED_SECONDS)
            raise

    def _forget(self, login: Login) -> None:
        with self._lock:
            if self._login is login:
                self._login = None


def trouble(error: Exception) -> Reply:
    """Return what an error on the way means."""
    from urllib3 import exceptions

    reason = getattr(error, "reason", None) or error
    if isinstance(reason, exceptions.ReadTimeoutError):
        return Reply(TIMEOUT, detail=shorten(reason))
    if isinstance(reason, exceptions.ResponseError):
        return Reply(UNEXPECTED, detail=shorten(reason))
    return Reply(UNREACHABLE, detail=shorten(reason))


def refusal(answer: "BaseHTTPResponse") -> Reply:
    """Return a refusal with the registry's own words.

    Only the registry itself can say that a thing is not there, or forbidden: a proxy's page can
    not.
    """
    errors = _errors(answer)
    detail = "; ".join(f"{item.get('code')}: {item.get('message')}" for item in errors)
    status = str(answer.status)
    spoke = bool(errors) or "Docker-Distribution-Api-Version" in answer.headers
    if _OLD_TOKEN in detail:
        status = "401"
    elif status in {"403", "404"} and not spoke:
        status = f"{UNEXPECTED} {status}"
    return Reply(status, detail=shorten(detail or answer.reason or ""))


def _errors(answer: "BaseHTTPResponse") -> list[Mapping[str, Any]]:
    from urllib3 import exceptions

    try:
        found = json.loads(answer.read(64 * 1024)).get("errors") or []
    except (ValueError, AttributeError, exceptions.HTTPError, OSError):
        return []
    finally:
        answer.close()
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _pause(answer: "BaseHTTPResponse | Reply", tried: int) -> float | None:
    """Return how long to wait before the next try; None when another would help nothing."""
    if isinstance(answer, Reply):
        return None if answer.status == UNEXPECTED else _backoff(tried)
    if answer.status not in _AGAIN:
        return None
    asked = answer.headers.get("Retry-After", "")
    least = float(asked) if asked.isdecimal() else 0.0
    return min(max(least, _backoff(tried)), _LONGEST_PAUSE_SECONDS)


def _backoff(tried: int) -> float:
    return PAUSE_SECONDS * (1 << (tried - 1)) * random.uniform(0.5, 1.5)  # noqa: S311 - spreads calls


def _redirects() -> Any:
    from urllib3 import Retry

    # urllib3 takes the Authorization header off a request that goes on to another host.
    return Retry(
        total=_REDIRECTS, connect=0, read=0, status=0, other=0, respect_retry_after_header=False
    )


def _new_pool(endpoint: str) -> "PoolManager":
    from urllib3 import PoolManager, ProxyManager, Timeout

    scheme, host = urlsplit(endpoint).scheme, urlsplit(endpoint).hostname or ""
    proxy = getproxies().get(scheme)
    options: dict[str, Any] = {
        "maxsize": _POOL,
        "timeout": Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        "ca_certs": os.environ.get("AWS_CA_BUNDLE"),
    }
    if proxy and host not in LOOPBACK and not proxy_bypass(host):
        return ProxyManager(proxy, **options)
    return PoolManager(**options)


def _origin(url: str) -> tuple[str, str]:
    return urlsplit(url).scheme, urlsplit(url).netloc


def _shown(path: str) -> str:
    """Return `path` without its query, which may hold a signature."""
    return path.partition("?")[0]
