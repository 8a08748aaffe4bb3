"""AWS Signature Version 4 for requests to S3.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html. A tenth of
the SDK's work for a request; a test holds it against the SDK's signer.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

EMPTY = hashlib.sha256(b"").hexdigest()
_ALGORITHM = "AWS4-HMAC-SHA256"
_UNRESERVED = "-_.~"
_SPACES = re.compile(" {2,}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signs, and for which region."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(repr=False)
    region: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request to sign: `path` is written as `path_of` does; `headers` have small names.

    `payload` is the SHA-256 of the body in hexadecimal.
    """

    method: str
    host: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    payload: str = EMPTY


def path_of(*parts: str) -> str:
    """Return the path of a bucket or of a key in it; half surrogates stand for single bytes."""
    return "".join(f"/{quote(part, '/' + _UNRESERVED, errors='surrogateescape')}" for part in parts)


def query_of(query: Mapping[str, str]) -> str:
    """Return the query as it is signed and sent; empty without one."""
    if not query:
        return ""
    return "&".join([f"{_quoted(k)}={_quoted(query[k])}" for k in sorted(query)])


def signed(request: Request, caller: Caller, now: float | None = None) -> dict[str, str]:
    """Return the headers of `request` with its signature; `now` is in seconds since the epoch."""
    stamp = _stamp(int(time.time() if now is None else now))
    headers = {
        **request.headers,
        "host": request.host,
        "x-amz-content-sha256": request.payload,
        "x-amz-date": stamp,
    }
    if caller.token:
        headers["x-amz-security-token"] = caller.token
    day = stamp[:8]
    scope = f"{day}/{caller.region}/s3/aws4_request"
    names = sorted(headers)
    listed = ";".join(names)
    text = _canonical(request, [f"{name}:{_trimmed(headers[name])}" for name in names], listed)
    seal = _seal(caller.secret_key, day, caller.region).copy()
    seal.update(f"{_ALGORITHM}\n{stamp}\n{scope}\n{_digest(text)}".encode())
    headers["authorization"] = (
        f"{_ALGORITHM} Credential={caller.access_key}/{scope},"
        f" SignedHeaders={listed}, Signature={seal.hexdigest()}"
    )
    return headers


@lru_cache(maxsize=4)
def _stamp(second: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))


def _canonical(request: Request, fields: list[str], names: str) -> str:
    query = query_of(request.query)
    parts = (request.method, request.path, query, *fields, "", names, request.payload)
    return "\n".join(parts)


def _trimmed(value: str) -> str:
    value = value.strip()
    return _SPACES.sub(" ", value) if "  " in value else value


def _quoted(text: str) -> str:
    return quote(text, _UNRESERVED, errors="surrogateescape")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=64)
def _seal(secret: str, day: str, region: str) -> hmac.HMAC:
    """Return what signs a day's requests: made once, since making one costs more than using it."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, digestmod="sha256")
