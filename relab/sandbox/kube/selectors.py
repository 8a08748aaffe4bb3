"""Label and field selectors: text in, a predicate over documents out."""

import re
from collections.abc import Callable

from relab.sandbox.kube.model import Doc, ResourceId, dig
from relab.sandbox.kube.status import bad_request

Predicate = Callable[[Doc], bool]

_SET = re.compile(r"^\s*(\S+)\s+(in|notin)\s*\(([^)]*)\)\s*$")
_TERM = re.compile(r"^\s*([^\s=!<>]+)\s*(==|=|!=)\s*([^\s=]*)\s*$")
_NAME = re.compile(r"^([a-z0-9A-Z.-]+/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$")
_COMMA = re.compile(r",(?![^(]*\))")

# Which fields can be selected besides metadata.name and metadata.namespace.
FIELDS: dict[ResourceId, tuple[str, ...]] = {
    ("", "pods"): (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    ("", "events"): (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    ("", "namespaces"): ("status.phase",),
    ("", "nodes"): ("spec.unschedulable",),
    ("", "secrets"): ("type",),
    ("", "services"): ("spec.clusterIP", "spec.type"),
    ("", "replicationcontrollers"): ("status.replicas",),
    ("apps", "replicasets"): ("status.replicas",),
    ("batch", "jobs"): ("status.successful",),
    ("certificates.k8s.io", "certificatesigningrequests"): ("spec.signerName",),
}


def labels(text: str) -> Predicate:
    """Return a predicate for a label selector; raises 400 for text that is none."""
    terms = [_label_term(part) for part in _COMMA.split(text) if part.strip()]
    return lambda doc: _all(terms, dig(doc, "metadata", "labels") or {})


def _all(terms: list[Callable[[dict[str, str]], bool]], held: dict[str, str]) -> bool:
    return all(term(held) for term in terms)


def _label_term(text: str) -> Callable[[dict[str, str]], bool]:
    if found := _SET.match(text):
        key, operator, listed = found.groups()
        values = frozenset(value.strip() for value in listed.split(","))
        inside = operator == "in"
        return lambda held: (
            (key in held and held[key] in values) if inside else held.get(key) not in values
        )
    if found := _TERM.match(text):
        key, operator, value = found.groups()
        return lambda held: (held.get(key) == value) is (operator != "!=")
    key = text.strip()
    wanted = not key.startswith("!")
    key = key.lstrip("!")
    if not _NAME.match(key):
        raise bad_request(f"unable to parse requirement: found '{key}', expected: identifier")
    return lambda held: (key in held) is wanted


def fields(text: str, resource: ResourceId) -> Predicate:
    """Return a predicate for a field selector; raises 400 for a field that cannot be selected."""
    known = ("metadata.name", "metadata.namespace", *FIELDS.get(resource, ()))
    terms = []
    for part in filter(None, text.split(",")):
        found = _TERM.match(part)
        if not found:
            raise bad_request(f"invalid field selector {text}: invalid selector: '{part}'")
        path, operator, value = found.groups()
        if path not in known:
            raise bad_request(f"field label not supported: {path}")
        terms.append((tuple(path.split(".")), value, operator != "!="))
    return lambda doc: all((_text(doc, path) == value) is equal for path, value, equal in terms)


def _text(doc: Doc, path: tuple[str, ...]) -> str:
    value = dig(doc, *path)
    if isinstance(value, bool):
        return "true" if value else "false"
    if path == ("source",):
        value = dig(doc, "source", "component")
    return "false" if value is None and path[-1] == "unschedulable" else str(value or "")


def matches(selector: Doc | None, held: dict[str, str]) -> bool:
    """Return whether a LabelSelector object selects `held`; an absent selector selects nothing."""
    if selector is None:
        return False
    if any(held.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_expression(item, held) for item in selector.get("matchExpressions") or ())


def _expression(item: Doc, held: dict[str, str]) -> bool:
    key, values = item.get("key", ""), item.get("values") or ()
    match item.get("operator"):
        case "In":
            return held.get(key) in values
        case "NotIn":
            return held.get(key) not in values
        case "Exists":
            return key in held
        case _:
            return key not in held


def selection(label_text: str, field_text: str, resource: ResourceId) -> Predicate | None:
    """Return both selectors as one predicate, or None when neither is given."""
    parts = [labels(label_text)] if label_text else []
    parts += [fields(field_text, resource)] if field_text else []
    if not parts:
        return None
    return lambda doc: all(part(doc) for part in parts)
