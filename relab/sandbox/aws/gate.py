"""The door of the embedded AWS: who calls, and whether this call is let through."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs

from aiohttp import web

from relab.sandbox.aws import sigv4
from relab.sandbox.aws.wire import Reason, Reply, Wire, refusal
from relab.sandbox.restrictions import SLOW_SECONDS, Restrictions

_DENIED_SERVICES = frozenset({"s3", "ecr"})
_XML_SERVICES = frozenset({"route53", "cloudfront"})
_MOTO_PAGES = "/moto-api"  # would show every secret key, or wipe the account
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Key:
    """A secret and whose it is; `person` is None for keys that callers made themselves."""

    secret: str
    arn: str
    person: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """One request as AWS sees it; `action` is such as `ecr:ListImages`."""

    request: sigv4.Request
    signature: sigv4.Signature | None
    service: str
    action: str
    wire: Wire


Find = Callable[[str], Key | None]
Backend = Callable[[web.Request, bytes], Awaitable[web.Response]]
After = Callable[[Call], None]


class Gate:
    """Lets signed, unrestricted requests through to `backend`, then tells `after`."""

    def __init__(
        self, find: Find, restrictions: Restrictions, backend: Backend, after: After
    ) -> None:
        self._find = find
        self._restrictions = restrictions
        self._backend = backend
        self._after = after

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one HTTP request."""
        body = await request.read()
        call = read_call(request, body)
        key = self._find(call.signature.access_key) if call.signature else None
        if key and key.person in self._restrictions.slow:
            await asyncio.sleep(SLOW_SECONDS)
        reason = self._reason(call, key)
        if reason is not None:
            return _response(
                refusal(call.wire, reason, action=call.action, arn=key.arn if key else "")
            )
        response = await self._backend(request, body)
        self._after(call)
        return response

    def _reason(self, call: Call, key: Key | None) -> Reason | None:
        if call.signature is None or call.request.path.startswith(_MOTO_PAGES):
            return Reason.UNSIGNED
        if key is None:
            return Reason.UNKNOWN_KEY
        if not sigv4.valid(call.request, call.signature, key.secret):
            return Reason.WRONG_SECRET
        if call.signature.expired(datetime.now(UTC)):
            return Reason.EXPIRED_LINK
        return self._restricted(call, key.person)

    def _restricted(self, call: Call, person: str | None) -> Reason | None:
        held = self._restrictions
        if person in held.expired:
            return Reason.EXPIRED
        if person in held.throttled:
            return Reason.THROTTLED
        if person in held.denied and call.service in _DENIED_SERVICES:
            return Reason.DENIED
        return None


def read_call(request: web.Request, body: bytes) -> Call:
    """Return what `request` asks of AWS."""
    signed = sigv4.Request(request.method, request.raw_path, request.headers.get, body)
    signature = sigv4.read(signed)
    service = signature.service if signature else ""
    operation, wire = _operation(request, body, service)
    return Call(signed, signature, service, f"{service}:{operation}", wire)


def _operation(request: web.Request, body: bytes, service: str) -> tuple[str, Wire]:
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.rpartition(".")[2], Wire.JSON
    form = body.decode("latin-1") if request.content_type == _FORM else request.query_string
    action = parse_qs(form).get("Action")
    if action and service != "s3":
        return action[0], Wire.EC2 if service == "ec2" else Wire.QUERY
    if service in _XML_SERVICES:
        return request.method.title(), Wire.QUERY
    return request.method.title(), Wire.S3 if service in {"s3", ""} else Wire.REST_JSON


def _response(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, headers=reply.headers, body=reply.body)
