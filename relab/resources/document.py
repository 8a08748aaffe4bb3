"""Facts about one resource, parted into what can be put back and what was only observed."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import partial
from typing import Any

from relab.resources.expressions import path_of, search
from relab.resources.model import ResourceType, Step
from relab.resources.shapes import NOTHING, Split, members, operation_model, projection
from relab.resources.tags import MEMBER, ours, tags_of
from relab.resources.walk import ordered, put, without

RESERVED_TAGS = "ReservedTags"
Document = dict[str, Any]


def split(kind: ResourceType, facts: Mapping[str, Any]) -> tuple[Document, Document]:
    """Return (document, observed) for the JSON-able `facts`; together they hold all of them.

    Only what the type calls volatile is in neither. What an expression computed from stays
    observed too.
    """
    document, observed = _tags(kind, facts)
    for member, source, (accepted, refused) in _projected(kind, facts):
        if accepted is NOTHING:
            continue
        document[member] = accepted
        path = path_of(source)
        if path:
            observed = without(observed, path)
            observed = observed if refused is NOTHING else put(observed, path, refused)
    for name in kind.volatile:
        observed = without(observed, tuple(name.split(".")))
    return arranged(kind, document), arranged(kind, observed)


def arranged(kind: ResourceType, node: Mapping[str, Any]) -> Document:
    """Return a document (or what was observed) with the lists whose order means nothing sorted.

    To be done again when identifiers in it were replaced, before it is compared.
    """
    sorted_node = deepcopy(dict(node)) if kind.sets else dict(node)
    for path in kind.sets:
        ordered(sorted_node, path)
    return sorted_node


def joined(
    kind: ResourceType, document: Mapping[str, Any], observed: Mapping[str, Any]
) -> Document:
    """Return the facts that `split` has parted, renamed members under both of their names."""
    facts = {**observed, **document}
    for member, source in kind.derive.items():
        path = path_of(source)
        if path and member in document:
            facts = put(facts, path, document[member])
    return facts


def all_tags(kind: ResourceType, facts: Mapping[str, Any]) -> dict[str, str]:
    """Return every tag that was read, those of AWS included."""
    return tags_of(search(kind.tags, facts)) if kind.tags else {}


def own_members(kind: ResourceType, step: Step) -> frozenset[str]:
    """Return the input members of `step` that stand in no document: handles and constants."""
    looked_up = (lookup.member for lookup in step.lookups)
    handles = (handle.name for handle in kind.handles)
    bound = (*handles, *step.bind) if step is not kind.create else ()
    return frozenset((*bound, *step.constants, *looked_up, *([step.tags] if step.tags else [])))


def taken(kind: ResourceType, step: Step) -> dict[str, str]:
    """Return the input members that `step` takes from the document, and what they are called there.

    Empty for a step that is made once for each element of a list.
    """
    if step is not kind.create:
        return dict(step.takes)
    known = members(kind.service, step.operation)
    left_out = own_members(kind, step) | set(step.omit)
    return {name: step.takes.get(name, name) for name in known if name not in left_out}


def _tags(kind: ResourceType, facts: Mapping[str, Any]) -> tuple[Document, Document]:
    tags = all_tags(kind, facts)
    if not kind.tags:
        return {}, dict(facts)
    observed = without(facts, path_of(kind.tags) or (kind.tags,))
    mine = ours(tags)
    reserved = {key: value for key, value in sorted(tags.items()) if key not in mine}
    if reserved:
        observed = {**observed, RESERVED_TAGS: reserved}
    return ({MEMBER: mine} if mine else {}), dict(observed)


def _projected(kind: ResourceType, facts: Mapping[str, Any]) -> Iterator[tuple[str, str, Split]]:
    for step in kind.steps:
        known = members(kind.service, step.operation)
        needed = operation_model(kind.service, step.operation).input_shape.required_members
        for member, name in taken(kind, step).items():
            source = kind.derive.get(name, name)
            found = _pruned(search(source, facts))
            if found in ("", [], {}) and member not in needed:
                continue
            if found is not None:
                yield name, source, projection(known[member], found)
        if step.each:
            source = kind.derive.get(step.each, step.each)
            rows = _pruned(search(source, facts))
            if rows:
                yield step.each, source, _rows(kind, step, rows)


def _rows(kind: ResourceType, step: Step, rows: Any) -> Split:
    """Return the split of the elements of which each is one call's own parameters."""
    known = members(kind.service, step.operation)
    free = {name: shape for name, shape in known.items() if name not in own_members(kind, step)}
    asked = {lookup.by: (lambda value: (value, NOTHING)) for lookup in step.lookups}
    accepts = asked | {name: partial(projection, shape) for name, shape in free.items()}
    accepted, refused = [], []
    for row in rows:
        parts = {k: accepts[k](v) if k in accepts else (NOTHING, v) for k, v in row.items()}
        good = {k: part[0] for k, part in parts.items() if part[0] is not NOTHING}
        bad = {k: part[1] for k, part in parts.items() if part[1] is not NOTHING}
        accepted += [good] if good or not row else []
        refused += [bad] if bad else []
    return accepted or NOTHING, refused or NOTHING


def _pruned(value: Any) -> Any:
    """Return a computed `value` without None, and without objects that hold nothing else."""
    if isinstance(value, Mapping):
        kept = {key: _pruned(item) for key, item in value.items()}
        found = {key: item for key, item in kept.items() if item is not None}
        return found if found or not value else None
    if isinstance(value, list):
        return [item for item in map(_pruned, value) if item is not None]
    return value
