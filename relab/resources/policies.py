"""Policies are kept as they were written, and compared by what they say."""

import json
from collections.abc import Mapping
from typing import Any

from relab.resources.item import canonical

_SETS = frozenset({"Action", "NotAction", "Resource", "NotResource"})


def same_policy(one: str, other: str) -> bool:
    """Tell whether two policies say the same, whatever their spaces, order and one-element lists.

    Texts that are not JSON are the same only when they are equal.
    """
    if one == other:
        return True
    try:
        return canonical(_policy(json.loads(one))) == canonical(_policy(json.loads(other)))
    except ValueError:
        return False


def _policy(document: Any) -> Any:
    if not isinstance(document, Mapping):
        return document
    statements = _many(document.get("Statement", []))
    told = [_statement(item) for item in statements]
    return {**document, "Statement": sorted(told, key=canonical)}


def _statement(statement: Any) -> Any:
    if not isinstance(statement, Mapping):
        return statement
    return {key: _part(key, value) for key, value in statement.items()}


def _part(key: str, value: Any) -> Any:
    if key in _SETS:
        return _set(value)
    if key in ("Principal", "NotPrincipal") and isinstance(value, Mapping):
        return {kind: _set(names) for kind, names in value.items()}
    if key == "Condition" and isinstance(value, Mapping):
        return {test: {k: _set(v) for k, v in of.items()} for test, of in value.items()}
    return value


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _set(value: Any) -> list[Any]:
    return sorted(_many(value), key=canonical)
