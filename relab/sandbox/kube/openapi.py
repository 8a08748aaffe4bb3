"""OpenAPI v3: an index, and one document a group version made from the kinds' shapes."""

import hashlib
from collections.abc import Iterable
from typing import Any

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc
from relab.sandbox.kube.shapes import Shape
from relab.sandbox.kube.store import dump

_SCALARS = {"string": "string", "integer": "integer", "number": "number", "boolean": "boolean"}
_QUERY = ("dryRun", "fieldManager", "fieldValidation")


def _prefix(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


class OpenApi:
    """Makes documents when they are asked for and keeps them until the kinds change."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._made: dict[str, bytes] = {}
        self._generation = -1

    def index(self) -> bytes:
        """Return the index; each link carries a hash that changes with the kinds served."""
        self._refresh()
        mark = hashlib.sha256(str(self._generation).encode()).hexdigest()[:32].upper()
        return dump(
            {
                "paths": {
                    prefix: {"serverRelativeURL": f"/openapi/v3/{prefix}?hash={mark}"}
                    for group, versions in self._api.registry.group_versions().items()
                    for prefix in (_prefix(group, version) for version in versions)
                }
            }
        )

    def document(self, prefix: str) -> bytes | None:
        """Return the document of `api/v1` or `apis/GROUP/VERSION`, or None."""
        self._refresh()
        if prefix not in self._made:
            kinds = [
                kind for kind in self._api.registry if _prefix(kind.group, kind.version) == prefix
            ]
            if not kinds:
                return None
            self._made[prefix] = dump(self._document(kinds, prefix))
        return self._made[prefix]

    def _refresh(self) -> None:
        if self._generation != self._api.registry.generation:
            self._generation = self._api.registry.generation
            self._made.clear()

    def _document(self, kinds: Iterable[Kind], prefix: str) -> Doc:
        schemas: Doc = {}
        paths: Doc = {}
        for kind in kinds:
            name = _schema(self._api.shape(kind), kind, schemas)
            paths |= _paths(kind, prefix, name)
        info = {"title": "Kubernetes", "version": "v1.32.4"}
        components = {"schemas": schemas}
        return {"openapi": "3.0.0", "info": info, "paths": paths, "components": components}


def _gvk(kind: Kind) -> Doc:
    return {"group": kind.group, "version": kind.version, "kind": kind.kind}


def _paths(kind: Kind, prefix: str, schema: str) -> Doc:
    base = f"/{prefix}/namespaces/{{namespace}}" if kind.namespaced else f"/{prefix}"
    answer = {
        "200": {"description": "OK", "content": {"application/json": {"schema": _ref(schema)}}}
    }
    common: Doc = {"x-kubernetes-group-version-kind": _gvk(kind), "responses": answer}
    writing = common | {"parameters": [_parameter(name) for name in _QUERY]}
    patching = common | {"parameters": [_parameter(name) for name in (*_QUERY, "force")]}
    patching |= {
        "x-kubernetes-action": "patch",
        "requestBody": {"content": {"application/json": {}}},
    }
    one = {
        "get": common | {"x-kubernetes-action": "get"},
        "put": writing | {"x-kubernetes-action": "put"},
        "patch": patching,
    }
    many = {
        "get": common | {"x-kubernetes-action": "list"},
        "post": writing | {"x-kubernetes-action": "post"},
    }
    return {f"{base}/{kind.plural}": many, f"{base}/{kind.plural}/{{name}}": one}


def _parameter(name: str) -> Doc:
    kind = "boolean" if name == "force" else "string"
    return {"name": name, "in": "query", "schema": {"type": kind, "uniqueItems": True}}


def _ref(name: str) -> Doc:
    return {"$ref": f"#/components/schemas/{name}"}


def _schema(shape: Shape, kind: Kind, schemas: Doc) -> str:
    name = shape.name or f"{'.'.join(reversed(kind.group.split('.')))}.{kind.version}.{kind.kind}"
    if kind.custom:
        schemas[name] = _custom(shape, schemas)
    else:
        _named(shape, schemas)
    schemas[name]["x-kubernetes-group-version-kind"] = [_gvk(kind)]
    return name


def _custom(shape: Shape, schemas: Doc) -> Doc:
    own = dict(shape.schema) or {"type": "object"}
    metadata = shape.fields.get("metadata")
    if metadata is not None:
        _named(metadata, schemas)
        own["properties"] = dict(own.get("properties") or {}) | {"metadata": _ref(metadata.name)}
    return own


def _named(shape: Shape, schemas: Doc) -> None:
    if shape.name in schemas:
        return
    made: Doc = {"type": "object", "description": shape.description}
    schemas[shape.name] = made
    made["properties"] = {key: _of(child, schemas) for key, child in shape.fields.items()}
    if shape.required:
        made["required"] = list(shape.required)


def _of(shape: Shape, schemas: Doc) -> Doc:
    made: Doc = {"description": shape.description} if shape.description else {}
    if shape.name:
        _named(shape, schemas)
        return {"allOf": [_ref(shape.name)]} | made
    item: Any = shape.item
    match shape.type:
        case "map":
            return made | {"type": "object", "additionalProperties": _of(item, schemas)}
        case "list":
            return made | {"type": "array", "items": _of(item, schemas)}
        case "any" | "quantity":
            return made | ({"type": "string"} if shape.type == "quantity" else {})
        case _:
            return made | {"type": _SCALARS[shape.type]}
