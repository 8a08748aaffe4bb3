"""JSON Schema of `lab.yaml`, derived from the model, for editors and other programs."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, get_args, get_origin

from relab.lab.model import Lab
from relab.lab.shape import AtLeast, Matches, hints, required

Schema = dict[str, Any]
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> Schema:
    """Return the JSON Schema (2020-12) of `lab.yaml`."""
    definitions: dict[str, Schema] = {}
    body = _of(Lab, definitions)
    return {"$schema": _DIALECT, "title": "relab lab", **body, "$defs": definitions}


def _of(kind: Any, definitions: dict[str, Schema]) -> Schema:
    origin = get_origin(kind)
    if origin is Annotated:
        base, *rules = get_args(kind)
        return _of(base, definitions) | {k: v for rule in rules for k, v in _rule(rule).items()}
    if is_dataclass(kind):
        return _object(kind, definitions)
    if origin is tuple:
        return {"type": "array", "items": _of(get_args(kind)[0], definitions)}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _of(get_args(kind)[1], definitions)}
    return {"type": {str: "string", int: "integer", bool: "boolean"}[kind]}


def _object(kind: Any, definitions: dict[str, Schema]) -> Schema:
    name = kind.__name__
    if name not in definitions:
        definitions[name] = {}
        types = hints(kind)
        definitions[name] |= {
            "type": "object",
            "description": kind.__doc__,
            "properties": {f.name: _of(types[f.name], definitions) for f in fields(kind)},
            "required": [field.name for field in fields(kind) if required(field)],
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}


def _rule(rule: object) -> Schema:
    return _RULES[type(rule)](rule)


_RULES: dict[type[Any], Callable[[Any], Schema]] = {
    Matches: lambda rule: {"pattern": f"^(?:{_portable(rule.regex)})$"},
    AtLeast: lambda rule: {"minimum": rule.least},
}


def _portable(regex: str) -> str:
    """Return `regex` without the inline flag that JSON Schema's dialect does not know."""
    return regex.replace("(?s).", r"[\s\S]").replace(r"\S.*", r"\S[\s\S]*")
