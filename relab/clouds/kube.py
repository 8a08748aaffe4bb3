"""A thin Kubernetes client: raw JSON over the official library's configuration and transport.

    kube = Kube()
    kube.request(target, "/api/v1/namespaces/x")  ->  Reply("200", {...}) or Reply("404", ...)

Callers of one cluster share one connection pool; only their tokens differ. The Kubernetes SDK is
imported by the first request, not by this module.
"""

import json
import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from relab import __version__
from relab.clouds import CONNECT_SECONDS, READ_SECONDS, KubeTarget
from relab.clouds.aws import LOOPBACK
from relab.clouds.kubeconfig import Kubeconfig, NoKubeconfig, location, read
from relab.clouds.outcome import (
    NO_CREDENTIALS,
    NO_IDENTITY,
    TIMEOUT,
    UNEXPECTED,
    UNREACHABLE,
    Reply,
    shorten,
)

JSON = "application/json"
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
_POOL = 16


class Kube:
    """Kubeconfigs, callers and connection pools, each made once; safe to share by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._configs: dict[str, Kubeconfig] = {}
        self._callers: dict[KubeTarget, Any] = {}
        self._transports: dict[tuple[Any, ...], Any] = {}

    @staticmethod
    def warm() -> None:
        """Load the SDK, so that the first request need not."""
        import_module("kubernetes.config")
        import_module("kubernetes.client")

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
    ) -> Reply:
        """GET `path` (POST when there is a `body`) as `target`; return how it ended, never raise.

        A body that is JSON is returned parsed, any other as text.
        """
        try:
            configuration, transport = self._caller(target)
        except NoKubeconfig as error:
            return Reply(NO_CREDENTIALS, detail=shorten(error))
        headers = {"Accept": accept, "User-Agent": f"relab/{__version__}"}
        headers |= _authorization(configuration)
        if target.impersonate:
            headers["Impersonate-User"] = target.impersonate
        reply = _send(transport, configuration.host + path, headers, body)
        if reply.status == "403" and _is_nobody(configuration):
            return Reply("401", detail=f"no login in the kubeconfig was accepted; {reply.detail}")
        return reply

    def forget_nobody(self) -> None:
        """Forget callers for whom the kubeconfig gave no login: there may be one by now."""
        with self._lock:
            for target, configuration in list(self._callers.items()):
                if _is_nobody(configuration):
                    del self._callers[target]

    def _caller(self, target: KubeTarget) -> tuple[Any, Any]:
        key = replace(target, impersonate=None)
        if key not in self._callers:
            with self._lock:
                if key not in self._callers:
                    self._callers[key] = self._configure(key)
        configuration = self._callers[key]
        return configuration, self._transport(configuration)

    def _configure(self, target: KubeTarget) -> Any:
        config = self.config(target.kubeconfig)
        from kubernetes.client import Configuration
        from kubernetes.config import ConfigException, load_kube_config_from_dict

        # The SDK logs a login program's failure to the root logger; the reply says it better.
        if not logging.getLogger().handlers:
            logging.getLogger().addHandler(logging.NullHandler())
        configuration = Configuration()
        load: Any = load_kube_config_from_dict
        try:
            load(
                config.data,
                context=target.context or config.current,
                client_configuration=configuration,
                persist_config=False,
            )
        except (ConfigException, KeyError, TypeError, ValueError, OSError) as error:
            raise NoKubeconfig(shorten(error), where=config.path) from error
        configuration.retries = False
        configuration.connection_pool_maxsize = _POOL
        if urlsplit(configuration.host).hostname in LOOPBACK:
            configuration.proxy = None
        return configuration

    def _transport(self, configuration: Any) -> Any:
        names = ("host", "ssl_ca_cert", "cert_file", "key_file", "verify_ssl", "proxy")
        key = tuple(getattr(configuration, name) for name in names)
        if key not in self._transports:
            from kubernetes.client.rest import RESTClientObject

            with self._lock:
                self._transports.setdefault(key, RESTClientObject(configuration))
        return self._transports[key]


def _is_nobody(configuration: Any) -> bool:
    return not configuration.api_key and not configuration.cert_file


def _authorization(configuration: Any) -> dict[str, str]:
    found = configuration.auth_settings().get("BearerToken")
    return {found["key"]: found["value"]} if found and found["value"] else {}


def _send(
    transport: Any, url: str, headers: dict[str, str], body: Mapping[str, Any] | None
) -> Reply:
    from kubernetes.client.exceptions import ApiException
    from urllib3 import exceptions

    method = "GET" if body is None else "POST"
    if body is not None:
        headers = {**headers, "Content-Type": JSON}
    timeout = (CONNECT_SECONDS, READ_SECONDS)
    try:
        answer = transport.request(
            method, url, headers=headers, body=body, _request_timeout=timeout
        )
        return _reply(answer.status, answer.read())
    except exceptions.ReadTimeoutError as error:
        return Reply(TIMEOUT, detail=shorten(error))
    except (exceptions.HTTPError, OSError) as error:
        return Reply(UNREACHABLE, detail=shorten(error))
    except ApiException as error:
        return Reply(UNREACHABLE, detail=shorten(error.reason))


def _reply(status: int, raw: bytes) -> Reply:
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
    except ValueError:
        return text
