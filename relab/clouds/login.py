"""From a kubeconfig's context to somebody who may speak to its API server.

A context of a server and a token is read here, in a millisecond. Everything else (login programs
such as EKS', client certificates, passwords, proxies) is left to the Kubernetes SDK, which is
imported then and takes longer than all the questions of a check.
"""

import logging
from base64 import b64decode
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from ssl import CERT_REQUIRED
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

from relab.clouds.aws import LOOPBACK
from relab.clouds.kubeconfig import Kubeconfig, NoKubeconfig
from relab.clouds.outcome import shorten

if TYPE_CHECKING:
    from urllib3 import PoolManager

POOL = 16
_FILE, _DATA = "certificate-authority", "certificate-authority-data"
_CLUSTER = {"server", _FILE, _DATA, "extensions"}
_WIRES = ("host", "ssl_ca_cert", "cert_file", "key_file", "verify_ssl", "proxy", "tls_server_name")


@dataclass(frozen=True, slots=True)
class Login:
    """A way to the API server at `host`; `nobody` when the kubeconfig gave no login at all.

    `authorization` returns the header's value of the moment, empty without one. Callers with equal
    `wires` may share the connections that `connect` makes.
    """

    host: str
    authorization: Callable[[], str]
    nobody: bool
    wires: Hashable
    connect: Callable[[], "PoolManager"]


def login(config: Kubeconfig, context: str | None) -> Login:
    """Return the login of `context`, None for the current one; NoKubeconfig when there is none."""
    chosen = context or config.current
    return _plain(config, chosen) or _by_sdk(config, chosen)


def is_local(address: str | None) -> bool:
    """Tell whether `address` is on this machine, which no proxy stands before."""
    return address is not None and urlsplit(address).hostname in LOOPBACK


def _plain(config: Kubeconfig, context: str | None) -> Login | None:
    """Return the login of a context that names a server and a token and nothing else."""
    try:
        found = config.body("contexts", str(context), "context")
        cluster = config.body("clusters", str(found.get("cluster")), "cluster")
        user = config.body("users", str(found.get("user")), "user")
    except NoKubeconfig:
        return None
    token, host = user.get("token"), str(cluster.get("server") or "").rstrip("/")
    if not (token and host) or user.keys() != {"token"} or cluster.keys() - _CLUSTER:
        return None
    if getproxies_environment() and not is_local(host):
        return None
    file, data = cluster.get(_FILE), cluster.get(_DATA)
    return Login(
        host,
        authorization=lambda: f"Bearer {token}",
        nobody=False,
        wires=(host, file, data),
        connect=lambda: _connect(host, file, data),
    )


def _connect(host: str, file: str | None, data: str | None) -> "PoolManager":
    from urllib3 import PoolManager
    from urllib3.util.ssl_ import create_urllib3_context

    if not host.startswith("https"):
        return PoolManager(maxsize=POOL)
    trusted = create_urllib3_context(cert_reqs=CERT_REQUIRED)
    if data:
        trusted.load_verify_locations(cadata=b64decode(data).decode())
    elif file:
        trusted.load_verify_locations(file)
    else:
        trusted.load_default_certs()
    return PoolManager(maxsize=POOL, ssl_context=trusted)


def _by_sdk(config: Kubeconfig, context: str | None) -> Login:
    configuration = _configured(config, context)

    def connect() -> "PoolManager":
        from kubernetes.client.rest import RESTClientObject

        pool: PoolManager = RESTClientObject(configuration).pool_manager
        return pool

    def authorization() -> str:
        found = configuration.auth_settings().get("BearerToken")
        return str(found["value"] or "") if found else ""

    return Login(
        configuration.host,
        authorization,
        nobody=not configuration.api_key and not configuration.cert_file,
        wires=tuple(getattr(configuration, name) for name in _WIRES),
        connect=connect,
    )


def _configured(config: Kubeconfig, context: str | None) -> Any:
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException, load_kube_config_from_dict

    # The SDK logs a login program's failure to the root logger; the reply says it better.
    if not logging.getLogger().handlers:
        logging.getLogger().addHandler(logging.NullHandler())
    configuration = Configuration()
    load: Any = load_kube_config_from_dict
    try:
        load(config.data, context=context, client_configuration=configuration, persist_config=False)
    except (ConfigException, KeyError, TypeError, ValueError, OSError) as error:
        raise NoKubeconfig(shorten(error), where=config.path) from error
    configuration.retries = False
    configuration.connection_pool_maxsize = POOL
    if is_local(configuration.host):
        configuration.proxy = None
    return configuration
