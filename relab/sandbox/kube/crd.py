"""CustomResourceDefinitions: each one created is served at once, and gone at once when deleted."""

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, clone, dig, name_of, now
from relab.sandbox.kube.models import shape_of
from relab.sandbox.kube.shapes import ANY, Shape, from_schema, with_metadata
from relab.sandbox.kube.status import Cause, cause, invalid
from relab.sandbox.kube.writes import Write

CRDS = ("apiextensions.k8s.io", "customresourcedefinitions")


class Definitions:
    """Keeps the registry in step with the stored definitions."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.columns: dict[tuple[str, str], list[Doc]] = {}
        api.admission.append(_admit)
        api.reactions.append(self._react)

    def _react(self, kind: Kind, before: Doc | None, after: Doc | None) -> None:
        if kind.resource != CRDS:
            return
        if after is None and before is not None:
            self._withdraw(before)
        elif after is not None:
            if before is not None and before.get("spec") != after.get("spec"):
                self._unserve(before)
            self._serve(after)
            self._establish(kind, after)

    def _serve(self, doc: Doc) -> None:
        for kind, version in zip(kinds_of(doc), _served(doc), strict=True):
            self._api.registry.add(kind)
            key = (kind.api_version, kind.kind)
            self._api.shapes[key] = _shape(version)
            self.columns[key] = list(version.get("additionalPrinterColumns") or ())

    def _unserve(self, doc: Doc) -> None:
        for kind in kinds_of(doc):
            self._api.registry.remove(kind)
            self._api.shapes.pop((kind.api_version, kind.kind), None)
            self.columns.pop((kind.api_version, kind.kind), None)

    def _withdraw(self, doc: Doc) -> None:
        for kind in kinds_of(doc)[:1]:
            for entry in self._api.store.scan(kind.resource):
                self._api.forget(kind, entry.doc)
            self._api.store.forget_log(kind.resource)
        self._unserve(doc)

    def _establish(self, kind: Kind, doc: Doc) -> None:
        status = {
            "acceptedNames": clone(doc["spec"]["names"]),
            "conditions": _conditions(doc),
            "storedVersions": [
                version["name"] for version in doc["spec"]["versions"] if version.get("storage")
            ],
        }
        if doc.get("status") != status:
            self._api.put(kind, doc, doc | {"status": status})


def _conditions(doc: Doc) -> list[Doc]:
    held = {item.get("type"): item for item in dig(doc, "status", "conditions") or ()}
    wanted = {
        "NamesAccepted": ("NoConflicts", "no conflicts found"),
        "Established": ("InitialNamesAccepted", "the initial names have been accepted"),
    }
    return [
        held.get(kind)
        or {
            "type": kind,
            "status": "True",
            "lastTransitionTime": now(),
            "reason": reason,
            "message": message,
        }
        for kind, (reason, message) in wanted.items()
    ]


def _served(doc: Doc) -> list[Doc]:
    versions = [version for version in doc["spec"]["versions"] if version.get("served", True)]
    # The storage version comes first: it is the preferred one of its group here.
    return sorted(versions, key=lambda version: not version.get("storage"))


def kinds_of(doc: Doc) -> list[Kind]:
    """Return the served kinds of a definition, one a version."""
    spec, names = doc["spec"], doc["spec"]["names"]
    return [
        Kind(
            spec["group"],
            version["name"],
            names["kind"],
            names["plural"],
            namespaced=spec.get("scope") == "Namespaced",
            singular=names["singular"],
            short=tuple(names.get("shortNames") or ()),
            categories=tuple(names.get("categories") or ()),
            subresources=tuple((version.get("subresources") or {}).keys()),
            list_kind=names["listKind"],
        )
        for version in _served(doc)
    ]


def _shape(version: Doc) -> Shape:
    schema = dig(version, "schema", "openAPIV3Schema")
    if not schema:
        return ANY
    return with_metadata(from_schema(schema), shape_of("V1ObjectMeta"))


def _admit(kind: Kind, before: Doc | None, doc: Doc, write: Write) -> None:
    del before, write
    if kind.resource != CRDS:
        return
    spec = doc["spec"]
    faults: list[Cause] = []
    wanted = f"{dig(spec, 'names', 'plural')}.{spec.get('group')}"
    if name_of(doc) != wanted:
        message = f'Invalid value: "{name_of(doc)}": must be spec.names.plural+"."+spec.group'
        faults.append(cause("FieldValueInvalid", "metadata.name", message))
    stored = [version for version in spec.get("versions") or () if version.get("storage")]
    if len(stored) != 1:
        message = "Invalid value: must have exactly one version marked as storage version"
        faults.append(cause("FieldValueInvalid", "spec.versions", message))
    if spec.get("scope") not in ("Namespaced", "Cluster"):
        message = (
            f'Unsupported value: "{spec.get("scope")}": supported values: "Cluster", "Namespaced"'
        )
        faults.append(cause("FieldValueNotSupported", "spec.scope", message))
    if faults:
        raise invalid(kind.group, kind.kind, name_of(doc), faults)
