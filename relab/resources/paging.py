"""All pages of an answer, by botocore's own account of how each operation is paged."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from relab.clouds.outcome import UNEXPECTED, Reply
from relab.resources.expressions import search
from relab.resources.shapes import extra_model, operation_model

Ask = Callable[[str, Mapping[str, Any]], Reply]
_UNTOLD = (
    ("NextToken", "NextToken"),
    ("nextToken", "nextToken"),
    ("Marker", "Marker"),
    ("ContinuationToken", "NextContinuationToken"),
)


@cache
def tokens(service: str, operation: str) -> Mapping[str, str]:
    """Return input member -> expression over the answer, for the next page; empty for one page.

    Some operations page although botocore has no paginator for them: their members tell.
    """
    told = extra_model(service, "pagination").get(operation)
    if told:
        return dict(zip(_many(told["input_token"]), _many(told["output_token"]), strict=True))
    model = operation_model(service, operation)
    names = [shape.members if shape else {} for shape in (model.input_shape, model.output_shape)]
    return {a: b for a, b in _UNTOLD if a in names[0] and b in names[1]}


def pages(ask: Ask, service: str, operation: str, params: Mapping[str, Any]) -> Iterator[Reply]:
    """Yield the reply of each page, the last one perhaps a failure."""
    named, seen = tokens(service, operation), []
    while True:
        reply = ask(operation, params)
        yield reply
        token = _next(named, reply)
        if not token:
            return
        if token in seen:
            yield Reply(UNEXPECTED, detail=f"{operation}: the same page came twice")
            return
        seen.append(token)
        params = {**params, **token}


def gathered(ask: Ask, service: str, operation: str, params: Mapping[str, Any]) -> Reply:
    """Return one reply with the lists of all pages joined, or the first failure."""
    body: dict[str, Any] = {}
    for reply in pages(ask, service, operation, params):
        if not reply.ok:
            return reply
        for key, value in reply.body.items():
            body[key] = body.get(key, []) + value if isinstance(value, list) else value
    return Reply("200", body)


def _next(named: Mapping[str, str], reply: Reply) -> dict[str, Any]:
    if not reply.ok:
        return {}
    found = {member: search(expression, reply.body) for member, expression in named.items()}
    return {member: token for member, token in found.items() if token}


def _many(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
