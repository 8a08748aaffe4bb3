"""AWS Signature Version 4, read and checked, in the header form and the presigned form.

Source: the "Create a signed AWS API request" chapter of the IAM user guide.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
_SKEW = timedelta(minutes=5)
_EMPTY_HASH = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Request:
    """What is signed: `target` is path and query as sent; `header` looks a header up."""

    method: str
    target: str
    header: Callable[[str], str | None]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path as sent, still encoded."""
        return self.target.partition("?")[0] or "/"

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's pairs, decoded, in the order sent."""
        raw = self.target.partition("?")[2]
        pairs = (item.partition("=") for item in raw.split("&") if item)
        return [(unquote(key), unquote(value)) for key, _, value in pairs]


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed, what and when; `lifetime` is None in the header form."""

    access_key: str
    date: str
    region: str
    service: str
    headers: tuple[str, ...]
    time: str
    value: str
    lifetime: timedelta | None

    def expired(self, now: datetime) -> bool:
        """Tell whether a presigned request's lifetime is over; the header form never is."""
        return self.lifetime is not None and self.older_than(self.lifetime, now)

    def older_than(self, age: timedelta, now: datetime) -> bool:
        """Tell whether it was made more than `age` ago, or in the future."""
        made = datetime.strptime(self.time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return not made - _SKEW <= now < made + age


def read(request: Request) -> Signature | None:
    """Return the signature that `request` carries; None when it is not signed this way."""
    try:
        authorization = request.header("authorization") or ""
        if authorization.startswith(ALGORITHM):
            return _from_header(authorization, request.header("x-amz-date") or "")
        query = dict(request.query)
        return _from_query(query) if query.get("X-Amz-Algorithm") == ALGORITHM else None
    except (KeyError, ValueError):
        return None


def valid(request: Request, signature: Signature, secret_key: str) -> bool:
    """Tell whether `signature` was made for `request` with `secret_key`."""
    scope = f"{signature.date}/{signature.region}/{signature.service}/aws4_request"
    digest = hashlib.sha256(_canonical(request, signature).encode()).hexdigest()
    text = f"{ALGORITHM}\n{signature.time}\n{scope}\n{digest}"
    key = f"AWS4{secret_key}".encode()
    for part in (signature.date, signature.region, signature.service, "aws4_request"):
        key = _hmac(key, part)
    return hmac.compare_digest(_hmac(key, text).hex(), signature.value)


def _from_header(authorization: str, time: str) -> Signature:
    fields = (item.strip().partition("=") for item in authorization[len(ALGORITHM) :].split(","))
    found = {key: value for key, _, value in fields}
    return _signature(
        found["Credential"], found["SignedHeaders"], time, found["Signature"], lifetime=None
    )


def _from_query(query: Mapping[str, str]) -> Signature:
    return _signature(
        query["X-Amz-Credential"],
        query["X-Amz-SignedHeaders"],
        query["X-Amz-Date"],
        query["X-Amz-Signature"],
        lifetime=timedelta(seconds=int(query["X-Amz-Expires"])),
    )


def _signature(
    credential: str, headers: str, time: str, value: str, *, lifetime: timedelta | None
) -> Signature:
    access_key, date, region, service, _ = credential.rsplit("/", 4)
    return Signature(
        access_key, date, region, service, tuple(headers.split(";")), time, value, lifetime
    )


def _canonical(request: Request, signature: Signature) -> str:
    lines = [
        f"{name}:{' '.join((request.header(name) or '').split())}\n" for name in signature.headers
    ]
    pairs = sorted(
        (quote(key, safe="-_.~"), quote(value, safe="-_.~"))
        for key, value in request.query
        if key != "X-Amz-Signature"
    )
    return "\n".join(
        (
            request.method,
            request.path if signature.service == "s3" else quote(request.path, safe="/-_.~"),
            "&".join(f"{key}={value}" for key, value in pairs),
            "".join(lines),
            ";".join(signature.headers),
            _payload_hash(request, signature),
        )
    )


def _payload_hash(request: Request, signature: Signature) -> str:
    declared = request.header("x-amz-content-sha256")
    if declared:
        return declared
    if signature.lifetime is not None and signature.service == "s3":
        return "UNSIGNED-PAYLOAD"
    return hashlib.sha256(request.body).hexdigest() if request.body else _EMPTY_HASH


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
