"""Where in an item secrets stand, as JSON pointers to the values to seal.

In a Secret that is every value. In anything else: variables, arguments, settings and annotations
whose name or value looks secret (`looks`), JSON inside strings included. Whatever repeats a value
that was found, and `last-applied-configuration` beside any secret, is sealed too.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from relab.resources.item import Item
from relab.resources.kubernetes import looks
from relab.resources.kubernetes.moves import LAST_APPLIED
from relab.resources.pointers import written

Steps = tuple[str, ...]
_SHORTEST = 8
_ARGUMENTS = frozenset({"args", "command"})
# Random by nature and no secret.
_OPEN = frozenset({"caBundle", "uid", "resourceVersion", "ca.crt", "certificate-authority-data"})
_SETTINGS = frozenset({"ConfigMap"})


def pointers(item: Item) -> tuple[str, ...]:
    """Return the JSON pointers (`/document/...`, `/observed/...`) of all secrets in `item`."""
    parts = {"document": item.document, "observed": item.observed}
    kind = str(item.document.get("kind"))
    found = {(part, *steps): None for part, doc in parts.items() for steps in _in(doc, kind)}
    if found:
        values = _spoken(_at(parts, steps) for steps in found)
        found |= dict.fromkeys(_repeated(parts, (), values))
        if LAST_APPLIED in (item.document["metadata"].get("annotations") or {}):
            found["document", "metadata", "annotations", LAST_APPLIED] = None
    return tuple(written(steps) for steps in found)


def _in(doc: Mapping[str, Any], kind: str) -> Iterator[Steps]:
    rest = doc
    if kind == "Secret":
        rest = {key: part for key, part in doc.items() if key not in ("data", "stringData")}
        for member in ("data", "stringData"):
            yield from ((member, key) for key in doc.get(member) or ())
    if kind in _SETTINGS:
        rest = {key: part for key, part in doc.items() if key not in ("data", "binaryData")}
        yield from _in_settings(doc)
    yield from _found(rest, (), "")


def _in_settings(doc: Mapping[str, Any]) -> Iterator[Steps]:
    for key, text in (doc.get("data") or {}).items():
        if _is_named_secret(key, text, env=True) or (key not in _OPEN and _is_secret(text)):
            yield "data", key
    for key, coded in (doc.get("binaryData") or {}).items():
        if looks.name(key) or _is_secret(_decoded(coded)):
            yield "binaryData", key


def _found(node: Any, steps: Steps, key: str) -> Iterator[Steps]:
    if isinstance(node, str):
        if key not in _OPEN and (_is_named_secret(key, node, env=False) or _is_secret(node)):
            yield steps
    elif isinstance(node, Mapping):
        yield from _in_mapping(node, steps)
    elif isinstance(node, list | tuple):
        if key in _ARGUMENTS:
            yield from _after_flags(node, steps)
        for at, one in enumerate(node):
            yield from _found(one, (*steps, str(at)), "")


def _in_mapping(node: Mapping[str, Any], steps: Steps) -> Iterator[Steps]:
    called, said = node.get("name"), node.get("value")
    if isinstance(called, str) and _is_named_secret(called, said, env=True):
        yield (*steps, "value")
    for key, one in node.items():
        yield from _found(one, (*steps, str(key)), str(key))


def _after_flags(node: list[Any] | tuple[Any, ...], steps: Steps) -> Iterator[Steps]:
    """Yield the argument after a bare `--password`."""
    for at, (flag, said) in enumerate(pairwise(node)):
        bare = isinstance(flag, str) and flag.startswith("-") and "=" not in flag
        if bare and _is_named_secret(flag, said, env=True) and not said.startswith("-"):
            yield (*steps, str(at + 1))


def _is_named_secret(name: str, said: Any, *, env: bool) -> bool:
    return isinstance(said, str) and looks.name(name, env=env) and looks.says(said)


def _is_secret(text: Any) -> bool:
    if not isinstance(text, str) or len(text) < _SHORTEST:
        return False
    return looks.value(text) or _is_secret_json(text)


def _is_secret_json(text: str) -> bool:
    if text[0] not in "[{":
        return False
    try:
        node = json.loads(text)
    except (ValueError, RecursionError):
        return False
    kind = str(node.get("kind")) if isinstance(node, Mapping) else ""
    return any(True for _ in (_in(node, kind) if kind else _found(node, (), "")))


def _decoded(coded: Any) -> str:
    try:
        return base64.b64decode(coded, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, TypeError, ValueError):
        return ""


def _spoken(values: Iterator[Any]) -> tuple[str, ...]:
    """Return the forms in which `values` may be repeated: as they are, decoded, inside JSON."""
    found = {value for value in values if isinstance(value, str)}
    found |= {_decoded(value) for value in found}
    found |= {json.dumps(value)[1:-1] for value in found}
    return tuple(value for value in found if len(value) >= _SHORTEST)


def _repeated(node: Any, steps: Steps, values: tuple[str, ...]) -> Iterator[Steps]:
    if isinstance(node, str):
        if any(value in node for value in values):
            yield steps
    elif isinstance(node, Mapping):
        for key, one in node.items():
            yield from _repeated(one, (*steps, str(key)), values)
    elif isinstance(node, list | tuple):
        for at, one in enumerate(node):
            yield from _repeated(one, (*steps, str(at)), values)


def _at(node: Any, steps: Steps) -> Any:
    for step in steps:
        node = node[int(step)] if isinstance(node, list | tuple) else node[step]
    return node
