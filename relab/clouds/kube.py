"""A thin Kubernetes client: raw JSON, as whom and over what `relab.clouds.login` says.

    kube = Kube()
    kube.request(target, "/api/v1/namespaces/x")  ->  Reply("200", {...}) or Reply("404", ...)

Callers of one cluster share one connection pool; only their tokens differ. No SDK is imported by
this module.
"""

import json
import os
import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from relab import __version__
from relab.clouds import CONNECT_SECONDS, READ_SECONDS, KubeTarget
from relab.clouds.kubeconfig import Kubeconfig, NoKubeconfig, location, read
from relab.clouds.login import Login, login
from relab.clouds.outcome import (
    NO_CREDENTIALS,
    NO_IDENTITY,
    TIMEOUT,
    UNEXPECTED,
    UNREACHABLE,
    Reply,
    shorten,
)

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager, Timeout

JSON = "application/json"
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"


class Kube:
    """Kubeconfigs, logins and connection pools, each made once; safe to share by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._configs: dict[str, Kubeconfig] = {}
        self._logins: dict[KubeTarget, Login] = {}
        self._pools: dict[Hashable, PoolManager] = {}
        self._sends: dict[Hashable, Wires] = {}

    @staticmethod
    def warm() -> None:
        """Load what every request needs, so that the first one need not."""
        import_module("urllib3")

    def config(self, path: str | None) -> Kubeconfig:
        """Return the kubeconfig at `path` (None for kubectl's default); NoKubeconfig without."""
        where = location(path, os.environ)
        if where not in self._configs:
            self._configs[where] = read(where)
        return self._configs[where]

    def request(
        self,
        target: KubeTarget,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        accept: str = JSON,
        method: str = "",
        media: str = JSON,
    ) -> Reply:
        """GET `path` (POST when there is a `body`) as `target`; return how it ended, never raise.

        `method` is any other, `media` the type of the body. An answer that is JSON is returned
        parsed, any other as text.
        """
        try:
            caller, pool = self.reach(target)
        except NoKubeconfig as error:
            return Reply(NO_CREDENTIALS, detail=shorten(error))
        wires = self._wires(caller, pool)
        headers = {"Accept": accept, "User-Agent": f"relab/{__version__}"}
        if said := caller.authorization():
            headers["authorization"] = said
        if target.impersonate:
            headers["Impersonate-User"] = target.impersonate
        if body is not None:
            headers["Content-Type"] = media
        how = method or ("GET" if body is None else "POST")
        reply = _send(wires, how, path, headers, body)
        if reply.status == "403" and caller.nobody:
            return Reply("401", detail=f"no login in the kubeconfig was accepted; {reply.detail}")
        return reply

    def reach(self, target: KubeTarget) -> "tuple[Login, PoolManager]":
        """Return as whom and over which connections `target` asks; NoKubeconfig when it cannot."""
        caller = self._login(target)
        return caller, self._pool(caller)

    def forget_nobody(self) -> None:
        """Forget callers for whom the kubeconfig gave no login: there may be one by now."""
        with self._lock:
            for target, caller in list(self._logins.items()):
                if caller.nobody:
                    del self._logins[target]

    def _login(self, target: KubeTarget) -> Login:
        key = replace(target, impersonate=None)
        found = self._logins.get(key)
        if found is None:
            with self._lock:
                found = self._logins.get(key) or login(self.config(key.kubeconfig), key.context)
                self._logins[key] = found
        return found

    def _pool(self, caller: Login) -> "PoolManager":
        found = self._pools.get(caller.wires)
        if found is None:
            with self._lock:
                found = self._pools.get(caller.wires) or _connected(caller)
                self._pools[caller.wires] = found
        return found

    def _wires(self, caller: Login, pool: "PoolManager") -> "Wires":
        """Return how to send to the caller's host; a proxy's manager has its own way with each."""
        found = self._sends.get(caller.wires)
        if found is None:
            if pool.proxy:
                found = Wires(pool.urlopen, caller.host)
            else:
                near = pool.connection_from_url(caller.host)
                found = Wires(near.urlopen, urlsplit(caller.host).path)
            self._sends[caller.wires] = found
        return found


@dataclass(frozen=True, slots=True)
class Wires:
    """Sends a request (as urllib3's `urlopen`) to `before` + path."""

    send: Callable[..., "BaseHTTPResponse"]
    before: str


def _connected(caller: Login) -> "PoolManager":
    try:
        return caller.connect()
    except (OSError, ValueError) as error:
        raise NoKubeconfig(shorten(error), where=caller.host) from error


def _send(
    wires: Wires,
    method: str,
    path: str,
    headers: dict[str, str],
    body: Mapping[str, Any] | None,
) -> Reply:
    from urllib3 import exceptions

    raw = None if body is None else json.dumps(body)
    try:
        url = wires.before + path
        answer = wires.send(
            method,
            url,
            body=raw,
            headers=headers,
            timeout=_timeout(CONNECT_SECONDS, READ_SECONDS),
            retries=False,
        )
        return reply_of(answer.status, answer.data)
    except exceptions.ReadTimeoutError as error:
        return Reply(TIMEOUT, detail=shorten(error))
    except (exceptions.HTTPError, OSError) as error:
        return Reply(UNREACHABLE, detail=shorten(error))


@cache
def _timeout(connect: float, read: float) -> "Timeout":
    from urllib3 import Timeout

    return Timeout(connect=connect, read=read)


def reply_of(status: int, raw: bytes) -> Reply:
    """Return what an answer of HTTP `status` means."""
    body = _parsed(raw)
    if status < 300:
        return Reply(str(status), body)
    message = body.get("message") if isinstance(body, Mapping) else body
    return Reply(_said(status, body), detail=shorten(message))


def _said(status: int, body: Any) -> str:
    """Return the status, unless something other than the API said 403 or 404.

    A proxy's page, or an API group that the cluster does not have, answers 404 without a Status
    object: that is no proof that the thing is missing. Neither is a refused impersonation one that
    the impersonated may not read.
    """
    if status in (403, 404) and not _is_status(status, body):
        return f"{UNEXPECTED} {status}"
    if status == 403 and "cannot impersonate" in str(body.get("message")):
        return NO_IDENTITY
    return str(status)


def _is_status(status: int, body: Any) -> bool:
    return isinstance(body, Mapping) and body.get("kind") == "Status" and body.get("code") == status


def _parsed(raw: bytes) -> Any:
    text = raw.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
