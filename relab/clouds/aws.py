"""AWS clients, and every way a call can end mapped to one `Reply`.

    aws = Aws()
    aws.call(target, "s3", "ListObjectsV2", {"Bucket": "b"})  ->  Reply("200", {...})
    aws.call(target, "sts", "GetCallerIdentity", {})          ->  Reply("ExpiredToken", None, "...")

botocore is imported by the first call, not by this module.
"""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from relab import __version__
from relab.clouds import CONNECT_SECONDS, READ_SECONDS, AwsTarget
from relab.clouds.outcome import (
    NO_CREDENTIALS,
    TIMEOUT,
    UNEXPECTED,
    UNREACHABLE,
    Reply,
    shorten,
)

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.config import _RetryDict
    from botocore.credentials import Credentials
    from botocore.loaders import Loader
    from botocore.session import Session

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_POOL = 32
_PATIENT_SECONDS = 60.0
_QUICK: "_RetryDict" = {"total_max_attempts": 2, "mode": "standard"}
_ONCE: "_RetryDict" = {"total_max_attempts": 1, "mode": "adaptive"}
_PATIENT: "_RetryDict" = {"total_max_attempts": 6, "mode": "adaptive"}
_WORDS = {
    TIMEOUT: ("ReadTimeoutError",),
    UNREACHABLE: (
        "ConnectTimeoutError",
        "EndpointConnectionError",
        "ProxyConnectionError",
        "SSLError",
        "ConnectionClosedError",
        "ConnectionError",
        "HTTPClientError",
        "ResponseStreamingError",
    ),
    NO_CREDENTIALS: (
        "NoCredentialsError",
        "PartialCredentialsError",
        "ProfileNotFound",
        "CredentialRetrievalError",
        "UnknownCredentialError",
        "ConfigNotFound",
        "ConfigParseError",
    ),
    "ExpiredToken": (
        "NoAuthTokenError",
        "TokenRetrievalError",
        "SSOError",
        "SSOTokenLoadError",
        "UnauthorizedSSOTokenError",
        "LoginTokenLoadError",
    ),
}
_STATUS = {name: status for status, names in _WORDS.items() for name in names}


@dataclass(frozen=True, slots=True)
class Keys:
    """Credentials as they are now, which no one renews; picklable, and never shown."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)

    def get_frozen_credentials(self) -> "Keys":
        """Return these, as the SDK's own return what they are now."""
        return self


@dataclass(frozen=True, slots=True)
class Access:
    """An endpoint, the proxy and the file of certificates to reach it by, and who asks.

    `keys` is None without credentials; they are fresh when frozen for each request.
    """

    endpoint: str
    proxy: str | None
    trusted: str | None
    keys: "Credentials | Keys | None"


class Aws:
    """Sessions and clients, made once for each target and service; safe to share by threads."""

    def __init__(self, *, patient: bool = False, once: bool = False) -> None:
        """Make nothing yet; a `patient` one waits longer, and slows down when it is throttled.

        With `once` no call is ever repeated: for calls that must not happen twice.
        """
        self._patient = patient or once
        self._retries = _ONCE if once else _PATIENT if patient else _QUICK
        self._lock = threading.Lock()
        self._sessions: dict[AwsTarget, Session] = {}
        self._clients: dict[tuple[AwsTarget, str], BaseClient] = {}
        self._told: dict[tuple[AwsTarget, str], Access] = {}
        self._loader: Loader | None = None

    @staticmethod
    def warm() -> None:
        """Load the SDK, so that the first call need not."""
        import_module("botocore.session")

    def client(self, target: AwsTarget, service: str) -> "BaseClient":
        """Return the client of `service` as `target`; botocore's errors when it cannot be made."""
        key = (target, service)
        found = self._clients.get(key)
        if found is None:
            with self._lock:
                found = self._clients.get(key) or self._create(target, service)
                self._clients[key] = found
        return found

    def call(
        self, target: AwsTarget, service: str, operation: str, params: Mapping[str, Any]
    ) -> Reply:
        """Call `operation` (its API name) once and return how it ended; never raises."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            client = self.client(target, service)
            answer = getattr(client, _method(operation))(**params)
        except ClientError as error:
            return _refusal(error.response)
        except (BotoCoreError, ResponseParserError) as error:
            return Reply(status_of(error), detail=shorten(error))
        except OSError as error:
            return Reply(UNREACHABLE, detail=shorten(error))
        return Reply("200", {key: answer[key] for key in answer if key != "ResponseMetadata"})

    def access(self, target: AwsTarget, service: str) -> "Access":
        """Return how to reach `service` as `target` without its client; botocore's errors."""
        if (target, service) in self._told:
            return self._told[target, service]
        from botocore.utils import get_environ_proxies

        # A client costs more than all else here, and knows no better where the target says it.
        endpoint = target.endpoint or str(self.client(target, service).meta.endpoint_url)
        proxies = {} if _is_local(target.endpoint) else get_environ_proxies(endpoint)
        with self._lock:
            session = self._session(target)
            trusted = session.get_config_variable("ca_bundle")
            keys = _plain(session.get_credentials())
        return Access(endpoint, proxies.get(urlsplit(endpoint).scheme), trusted, keys)

    def tell(self, target: AwsTarget, service: str, access: "Access") -> None:
        """Let `access` be what another process found: it is not looked for again."""
        self._told[target, service] = access

    def _create(self, target: AwsTarget, service: str) -> "BaseClient":
        from botocore.config import Config

        proxies: dict[str, str] | None = {} if _is_local(target.endpoint) else None
        return self._session(target).create_client(
            service,
            region_name=target.region,
            endpoint_url=target.endpoint,
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                max_pool_connections=_POOL,
                user_agent_extra=f"relab/{__version__}",
                proxies=proxies,
                s3={"addressing_style": "path"} if target.endpoint else None,
                read_timeout=_PATIENT_SECONDS if self._patient else READ_SECONDS,
                retries=self._retries,
            ),
        )

    def _session(self, target: AwsTarget) -> "Session":
        if target not in self._sessions:
            self._sessions[target] = self._new_session(target)
        return self._sessions[target]

    def _new_session(self, target: AwsTarget) -> "Session":
        from botocore.session import Session

        from relab.clouds.descriptions import Descriptions

        session = Session(profile=target.profile_name)
        if target.credentials_file:
            session.set_config_variable("credentials_file", target.credentials_file)
            session.set_config_variable("config_file", os.devnull)
        session.set_config_variable("ignore_configured_endpoint_urls", True)
        parsers = session.get_component("response_parser_factory")
        parsers.set_parser_defaults(timestamp_parser=_time)
        if self._loader is None:
            self._loader = Descriptions(session.get_component("data_loader"))
        session.register_component("data_loader", self._loader)
        # A laptop has no instance metadata service: asking for it only costs the student a wait.
        session.get_component("credential_provider").remove("iam-role")
        return session


def keys_now(held: "Credentials | Keys") -> Keys:
    """Return what `held` is now; botocore's errors when it cannot be renewed."""
    now = held.get_frozen_credentials()
    return Keys(now.access_key or "", now.secret_key or "", now.token)


def _plain(held: "Credentials | None") -> "Credentials | Keys | None":
    """Return what the SDK found: itself only where it would be renewed."""
    from botocore.credentials import Credentials

    return keys_now(held) if type(held) is Credentials else held


def _is_local(endpoint: str | None) -> bool:
    return endpoint is not None and urlsplit(endpoint).hostname in LOOPBACK


def _time(value: Any) -> datetime:
    """Return an answer's time: ISO and seconds at once, others by the SDK's much slower parser."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value).astimezone()
        if "T" in value:
            return datetime.fromisoformat(value)
    except (ValueError, OverflowError, OSError):
        pass  # such as an RFC 822 date on a Tuesday
    from botocore.utils import parse_timestamp

    found: datetime = parse_timestamp(value)
    return found


def _method(operation: str) -> str:
    from botocore import xform_name

    return str(xform_name(operation))


def status_of(error: Exception) -> str:
    """Return the word for a botocore error that is no answer of the service."""
    names = (kind.__name__ for kind in type(error).__mro__)
    return next((_STATUS[name] for name in names if name in _STATUS), UNEXPECTED)


def _refusal(response: Any) -> Reply:
    error = response.get("Error", {})
    code = str(error.get("Code") or UNEXPECTED)
    return Reply(code, detail=shorten(error.get("Message") or code))
