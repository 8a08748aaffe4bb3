"""The calls that make an item again, as plain data; making them is for others.

    made = payload(VPC, item)  ->  (Request("ec2", "CreateVpc", {...}), Request(...), ...)

The first answer names the new resource: `handles_of` finds that, `configuration` takes it, and
`key_of` is the key to read it by.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from relab.resources.document import joined, taken
from relab.resources.expressions import render, search
from relab.resources.item import Item
from relab.resources.model import Lookup, ResourceType, Step
from relab.resources.shapes import members, native, operation_model
from relab.resources.tags import MEMBER, written
from relab.resources.walk import Steps, paths


@dataclass(frozen=True, slots=True)
class Request:
    """One call with its parameters as botocore takes them.

    `lookups` must be answered first, each filling one more parameter by what `asked` tells. `late`
    requests wait until the resource's data is back.
    """

    service: str
    operation: str
    params: Mapping[str, Any]
    lookups: tuple[Lookup, ...] = ()
    asked: Mapping[str, Any] = field(default_factory=dict)
    late: bool = False


def payload(kind: ResourceType, item: Item) -> tuple[Request, ...]:
    """Return all requests for `item`, under the name that it had when it was read."""
    first = creation(kind, item)
    return (*([first] if first else []), *configuration(kind, item, known_handles(kind, item)))


def creation(kind: ResourceType, item: Item) -> Request | None:
    """Return the request that creates `item`; None for what exists by itself."""
    if kind.create is None:
        return None
    return _request(kind, kind.create, _whole(kind, kind.create, item.document), item)


def configuration(
    kind: ResourceType, item: Item, handles: Mapping[str, Any]
) -> tuple[Request, ...]:
    """Return the requests that configure `item`, named by `handles`, in order."""
    return tuple(
        _request(kind, step, params, item, handles)
        for step in kind.configure
        for params in _each(kind, step, item.document)
    )


def updating(
    kind: ResourceType, item: Item, handles: Mapping[str, Any], changed: Collection[str]
) -> tuple[Request, ...]:
    """Return the requests that set what creation had set, as far as it is among `changed`.

    These are names of members of the document.
    """
    return tuple(
        _request(kind, step, params, item, handles)
        for step in kind.updates
        if {*taken(kind, step).values(), *([MEMBER] if step.tags else [])} & {*changed}
        for params in _each(kind, step, item.document)
    )


def handles_of(kind: ResourceType, item: Item, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what names the resource that the create call's `answer` tells of."""
    known = known_handles(kind, item)
    found = {h.name: search(h.answer, answer) for h in kind.handles if h.answer}
    return known | found


def known_handles(kind: ResourceType, item: Item) -> dict[str, Any]:
    """Return what names `item` where it was read."""
    facts = joined(kind, item.document, item.observed)
    return {handle.name: search(handle.known or handle.name, facts) for handle in kind.handles}


def key_of(kind: ResourceType, item: Item, handles: Mapping[str, Any]) -> str:
    """Return the key under which what `handles` names is read, made from the document of `item`."""
    named = {handle.known or handle.name: handles[handle.name] for handle in kind.handles}
    return render(kind.key, joined(kind, item.document, item.observed) | named)


def lookup_params(lookup: Lookup, request: Request) -> dict[str, Any]:
    """Return the parameters of the call of `lookup`, which goes before `request`."""

    def filled(node: Any) -> Any:
        if isinstance(node, str):
            return render(node, {**request.params, **request.asked})
        if isinstance(node, Mapping):
            return {key: filled(value) for key, value in node.items()}
        return [filled(value) for value in node]

    return {name: filled(value) for name, value in lookup.args.items()}


def looked_up(lookup: Lookup, request: Request, answer: Mapping[str, Any]) -> Any:
    """Return what `answer` fills the member of `lookup` with; None when it does not tell."""
    return search(render(lookup.take, {**request.params, **request.asked}), answer)


def problems(request: Request) -> str:
    """Return what botocore finds wrong with `request`, empty for nothing.

    Members that wait for a lookup count as given.
    """
    from botocore.validate import ParamValidator

    shape = operation_model(request.service, request.operation).input_shape
    waiting = {lookup.member: "looked-up" for lookup in request.lookups}
    report = ParamValidator().validate({**request.params, **waiting}, shape)
    return str(report.generate_report())


def secret_paths(kind: ResourceType, document: Mapping[str, Any]) -> Iterator[Steps]:
    """Yield the steps to each place of `document` that must be sealed."""
    for secret in kind.secrets:
        if search(secret.when, document):
            yield from paths(document, secret.path)


def _each(kind: ResourceType, step: Step, document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if step.each:
        yield from (dict(row) for row in document.get(step.each, ()))
        return
    params = _whole(kind, step, document)
    if params or step.always or (step.tags and document.get(MEMBER)):
        yield params


def _whole(kind: ResourceType, step: Step, document: Mapping[str, Any]) -> dict[str, Any]:
    names = taken(kind, step)
    return {member: document[name] for member, name in names.items() if name in document}


def _request(
    kind: ResourceType,
    step: Step,
    params: Mapping[str, Any],
    item: Item,
    handles: Mapping[str, Any] | None = None,
) -> Request:
    known = members(kind.service, step.operation)
    named = {**(handles or {})}
    bound = {name: named[name] for name in named if name in known}
    bound |= {member: named[name] for member, name in step.bind.items()}
    full = {**step.constants, **bound, **params}
    asked = {lookup.by: full.pop(lookup.by) for lookup in step.lookups if lookup.by in full}
    sent = {name: native(known[name], value) for name, value in full.items()}
    tags = item.document.get(MEMBER)
    if step.tags and tags:
        sent[step.tags] = written(known[step.tags], tags, kind.tag_type)
    return Request(kind.service, step.operation, sent, step.lookups, asked, step.late)
