"""The options of a write, and how its body becomes an object that fits its kind."""

import re
import secrets
import uuid
from dataclasses import dataclass, field

from relab.sandbox.kube import structural
from relab.sandbox.kube.conform import Report, conform
from relab.sandbox.kube.defaults import FIRST_STATUS, IMMUTABLE
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, User, clone, dig, name_of, namespace_of, now
from relab.sandbox.kube.models import shape_of
from relab.sandbox.kube.particulars import particulars
from relab.sandbox.kube.shapes import Shape, typed
from relab.sandbox.kube.status import (
    Cause,
    bad_request,
    cause,
    invalid,
    nameless,
    qualified,
    required,
    stale,
)

_NAME = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_LABEL = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
_LABEL_VALUE = re.compile(r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")
_PATH_NAMES = frozenset({"rbac.authorization.k8s.io"})
_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_NAME_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.',"
    " and must start and end with an alphanumeric character"
)
_LABEL_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.',"
    " and must start and end with an alphanumeric character"
)
_OTHER_NAMESPACE = (
    "the namespace of the provided object does not match the namespace sent on the request"
)
# Built-in groups whose objects count changes of their spec.
_COUNTED = frozenset(
    {"apps", "batch", "policy", "networking.k8s.io", "autoscaling", "apiextensions.k8s.io"}
)


@dataclass(slots=True)
class Write:
    """How a write is to be done; `trusted` writes are the sandbox's own and may set status."""

    user: User | None = None
    manager: str = "relab-sandbox"
    dry_run: bool = False
    validation: str = "Strict"
    force: bool = False
    trusted: bool = False
    repeated: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)


def fitted(doc: Doc, kind: Kind, shape: Shape, write: Write) -> Doc:
    """Return a copy of `doc` that fits its kind; raises 400 or 422 as field validation asks."""
    given = typed(doc)
    if given != (kind.api_version, kind.kind):
        raise bad_request(
            f"{kind.kind} in version {kind.version!r} cannot be handled as a {kind.kind}:"
            f" the object provided is {given[1] or 'untyped'} in {given[0] or 'no version'}"
        )
    if kind.custom:
        return _custom(doc, kind, shape, write)
    report = Report()
    if "spec" in shape.fields and doc.get("spec") is None:
        doc = doc | {"spec": {}}
    result: Doc = conform(doc, shape, report)
    _report_unknown(report.unknown, kind, write)
    if report.mistyped:
        raise _undecodable(kind, report.mistyped[0])
    if report.missing:
        raise invalid(kind.group, kind.kind, name_of(doc), report.missing)
    return result


def _undecodable(kind: Kind, why: str) -> Exception:
    head = f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}'
    return bad_request(f"{head}: {why}")


def _report_unknown(unknown: list[str], kind: Kind, write: Write) -> None:
    faults = [f'unknown field "{path}"' for path in unknown]
    faults += [f'duplicate field "{path}"' for path in write.repeated]
    if not faults:
        return
    if write.validation == "Strict":
        raise _undecodable(kind, f"strict decoding error: {', '.join(faults)}")
    if write.validation == "Warn":
        write.warnings.extend(faults)


def _custom(doc: Doc, kind: Kind, shape: Shape, write: Write) -> Doc:
    unknown: list[str] = []
    report = Report()
    metadata = conform(doc["metadata"], shape_of("V1ObjectMeta"), report, "metadata")
    if report.mistyped:
        raise _undecodable(kind, report.mistyped[0])
    unknown += report.unknown
    body = {key: value for key, value in doc.items() if key not in ("metadata", "status")}
    result: Doc = structural.prune(body, shape, unknown)
    _report_unknown(unknown, kind, write)
    if "status" in doc:
        result["status"] = structural.prune(doc["status"], shape.child("status"), [])
    structural.default(result, shape)
    faults = structural.validate(result, shape)
    if faults:
        raise invalid(kind.group, kind.kind, name_of(doc), faults)
    head = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}
    return head | result


def named(doc: Doc, kind: Kind, namespace: str) -> None:
    """Settle name and namespace of a new object in place; raises 400 or 422."""
    metadata = doc["metadata"]
    if kind.namespaced:
        given = metadata.setdefault("namespace", namespace) or namespace
        if given != namespace:
            raise bad_request(_OTHER_NAMESPACE)
    else:
        metadata.pop("namespace", None)
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = metadata["generateName"] + "".join(
            secrets.choice(_SUFFIX) for _ in range(5)
        )
    faults = [*name_faults(kind, metadata.get("name") or ""), *_label_faults(metadata)]
    if faults:
        raise invalid(kind.group, kind.kind, metadata.get("name") or "", faults)


def name_faults(kind: Kind, name: str) -> list[Cause]:
    """Return what is wrong with an object's name."""
    if not name:
        return [required("metadata.name", "name or generateName is required")]
    if kind.group in _PATH_NAMES:
        return _path_faults(name)
    strict = kind.resource in {("", "namespaces"), ("", "services")}
    if (_LABEL if strict else _NAME).match(name) and len(name) <= (63 if strict else 253):
        return []
    return [cause("FieldValueInvalid", "metadata.name", f'Invalid value: "{name}": {_NAME_RULE}')]


def _path_faults(name: str) -> list[Cause]:
    """Roles may have any name that is one segment of a path."""
    if name not in (".", "..") and not {"/", "%"} & set(name):
        return []
    message = f"Invalid value: {name!r}: may not be '.' or '..', nor contain '/' or '%'"
    return [cause("FieldValueInvalid", "metadata.name", message)]


def _label_faults(metadata: Doc) -> list[Cause]:
    bad = [
        value
        for value in (metadata.get("labels") or {}).values()
        if not _LABEL_VALUE.match(value) or len(value) > 63
    ]
    message = 'Invalid value: "{}": ' + _LABEL_RULE
    return [cause("FieldValueInvalid", "metadata.labels", message.format(value)) for value in bad]


def born(doc: Doc, kind: Kind, write: Write) -> None:
    """Give a new object what only the server sets, in place."""
    metadata = doc["metadata"]
    for key in ("resourceVersion", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"):
        metadata.pop(key, None)
    metadata["uid"] = str(uuid.uuid4())
    if not (write.trusted and metadata.get("creationTimestamp")):
        metadata["creationTimestamp"] = now()
    if kind.custom or kind.group in _COUNTED:
        metadata["generation"] = 1
    if kind.has_status and not write.trusted:
        doc.pop("status", None)
    first = FIRST_STATUS.get(kind.kind) if not kind.custom else None
    if first and "status" not in doc:
        doc["status"] = clone(first)
    particulars(kind.group, kind.kind, doc)


def carried(before: Doc, doc: Doc, kind: Kind, write: Write) -> Doc:
    """Return an update that keeps what only the server sets; raises 400, 409 or 422."""
    given, held = doc["metadata"], before["metadata"]
    _same_object(before, doc, kind)
    after = doc | {"metadata": given | _kept(held)}
    for key in ("deletionTimestamp", "deletionGracePeriodSeconds"):
        after["metadata"].pop(key, None)
        if key in held:
            after["metadata"][key] = held[key]
    if kind.has_status and not write.trusted:
        after.pop("status", None)
        if "status" in before:
            after["status"] = before["status"]
    particulars(kind.group, kind.kind, after)
    _immutable(before, after, kind)
    faults = _label_faults(after["metadata"])
    if faults:
        raise invalid(kind.group, kind.kind, name_of(doc), faults)
    if "generation" in held:
        changed = _spec_of(before) != _spec_of(after)
        after["metadata"]["generation"] = held["generation"] + int(changed)
    return after


def _kept(held: Doc) -> Doc:
    keys = ("uid", "creationTimestamp", "name", "namespace", "resourceVersion", "generation")
    return {key: held[key] for key in keys if key in held}


def _spec_of(doc: Doc) -> Doc:
    skipped = ("metadata", "status", "apiVersion", "kind")
    return {key: value for key, value in doc.items() if key not in skipped}


def _same_object(before: Doc, doc: Doc, kind: Kind) -> None:
    given, name = doc["metadata"], name_of(before)
    if not given.get("name"):
        raise nameless(name)
    if given["name"] != name:
        raise bad_request(
            f"the name of the object ({given['name']}) does not match the name on the URL ({name})"
        )
    if (given.get("namespace") or namespace_of(before)) != namespace_of(before):
        raise bad_request(_OTHER_NAMESPACE)
    version = given.get("resourceVersion")
    if version and version != before["metadata"]["resourceVersion"]:
        raise stale(kind.resource, name)
    if given.get("uid") and given["uid"] != before["metadata"]["uid"]:
        error = stale(kind.resource, name)
        error.message = (
            f'Operation cannot be fulfilled on {qualified(kind.resource)} "{name}": Precondition'
            f" failed: UID in precondition: {given['uid']},"
            f" UID in object meta: {before['metadata']['uid']}"
        )
        raise error


def _immutable(before: Doc, after: Doc, kind: Kind) -> None:
    frozen = IMMUTABLE.get(kind.resource, ())
    if kind.resource in {("", "secrets"), ("", "configmaps")} and before.get("immutable"):
        frozen = (*frozen, ("data",), ("binaryData",), ("immutable",))
    faults = [
        cause("FieldValueInvalid", ".".join(path), "Invalid value: field is immutable")
        for path in frozen
        if dig(before, *path) is not None and dig(before, *path) != dig(after, *path)
    ]
    if faults:
        raise invalid(kind.group, kind.kind, name_of(before), faults)
