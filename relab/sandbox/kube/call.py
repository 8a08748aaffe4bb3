"""One request as its handlers see it, and the answers they build."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from aiohttp import web

from relab.sandbox.kube import bodies
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import User
from relab.sandbox.kube.paths import Route
from relab.sandbox.kube.status import ApiError, bad_request, not_acceptable
from relab.sandbox.kube.store import dump
from relab.sandbox.kube.writes import Write

_VALIDATIONS = ("Ignore", "Warn", "Strict")
_JSON_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-cache, private",
}


@dataclass(slots=True)
class Call:
    """A request for a served kind, already authenticated and allowed."""

    request: web.BaseRequest
    route: Route
    kind: Kind
    user: User
    verb: str
    warnings: list[str] = field(default_factory=list)

    @property
    def query(self) -> Mapping[str, str]:
        """Return the query parameters."""
        return self.request.query

    @property
    def form(self) -> str:
        """Return how objects are to be shown: "", Table or PartialObjectMetadata(List)."""
        return accepted(self.request.headers.get("Accept", ""))

    async def body(self) -> tuple[Any, tuple[str, ...]]:
        """Return the decoded body and the paths of repeated keys."""
        return bodies.parse(await self.request.read(), self.media)

    @property
    def media(self) -> str:
        """Return the body's media type without parameters."""
        return self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def write(self, repeated: tuple[str, ...] = ()) -> Write:
        """Return the options of a write as the query gives them; raises 400."""
        query = self.query
        dry_run = query.get("dryRun", "")
        if dry_run not in ("", "All"):
            raise bad_request(f'dryRun: Unsupported value: "{dry_run}": supported values: "All"')
        validation = query.get("fieldValidation", "Warn")
        if validation not in _VALIDATIONS:
            raise bad_request(f'fieldValidation: Unsupported value: "{validation}"')
        agent = self.request.headers.get("User-Agent", "unknown").partition("/")[0]
        return Write(
            user=self.user,
            manager=query.get("fieldManager") or agent,
            dry_run=bool(dry_run),
            validation=validation,
            force=query.get("force") == "true",
            repeated=repeated,
            warnings=self.warnings,
        )


@lru_cache(maxsize=256)
def accepted(header: str) -> str:
    """Return the first form in an Accept header that this server writes; raises 406."""
    for part in header.split(","):
        media, _, rest = part.strip().partition(";")
        options = dict(item.strip().split("=", 1) for item in rest.split(";") if "=" in item)
        form = options.get("as", "")
        if media in ("", "*/*", "application/json", "application/*") and form in (
            "",
            "Table",
            "PartialObjectMetadata",
            "PartialObjectMetadataList",
        ):
            return form
    raise not_acceptable(("application/json", "application/yaml"))


def json_answer(body: bytes, code: int = 200, warnings: Iterable[str] = ()) -> web.Response:
    """Return a JSON response; each warning becomes a Warning header."""
    response = web.Response(body=body, status=code, headers=_JSON_HEADERS)
    for text in warnings:
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        response.headers.add("Warning", f'299 - "{quoted}"')
    return response


def document_answer(doc: Any, code: int = 200, warnings: Iterable[str] = ()) -> web.Response:
    """Return a JSON response from a document."""
    return json_answer(dump(doc), code, warnings)


def failure(error: ApiError) -> web.Response:
    """Return the response of a failure, with its Status body."""
    response = document_answer(error.body(), error.code)
    if error.code == 429:
        response.headers["Retry-After"] = "1"
    response.headers["Audit-Id"] = str(uuid.uuid4())
    return response
