"""The three classic patches: JSON (RFC 6902), merge (RFC 7386) and strategic merge."""

from typing import Any

import jsonpatch

from relab.sandbox.kube.model import Doc, clone
from relab.sandbox.kube.shapes import Shape
from relab.sandbox.kube.status import ApiError, bad_request

_ORDER, _PRIMITIVES = "$setElementOrder/", "$deleteFromPrimitiveList/"


def json_patch(doc: Doc, operations: Any) -> Doc:
    """Return `doc` after RFC 6902 operations; raises 400 or 422 where they cannot be applied."""
    if not isinstance(operations, list):
        raise bad_request("error decoding patch: a JSON patch is a list of operations")
    try:
        patched = jsonpatch.apply_patch(clone(doc), operations)
    except jsonpatch.JsonPatchTestFailed as error:
        raise ApiError(422, "Invalid", f"the server rejected our request: {error}") from error
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        message = f"the server rejected our request due to an error in our request: {error}"
        raise ApiError(422, "Invalid", message) from error
    return _object(patched)


def _object(value: Any) -> Doc:
    if not isinstance(value, dict):
        raise bad_request("the patched value is not an object")
    return value


def merge_patch(target: Any, patch: Any) -> Any:
    """Return `target` after an RFC 7386 merge."""
    if not isinstance(patch, dict):
        return clone(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def strategic(target: Any, patch: Any, shape: Shape) -> Any:
    """Return `target` after a strategic merge; lists merge by the keys their shape declares."""
    if not isinstance(patch, dict):
        return clone(patch)
    directive = patch.get("$patch")
    if directive == "delete":
        return {}
    plain = {key: value for key, value in patch.items() if not key.startswith("$")}
    if directive == "replace":
        return clone(plain)
    result = dict(target) if isinstance(target, dict) else {}
    _retain(result, patch.get("$retainKeys"))
    for key, value in plain.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _strategic_value(result.get(key), value, shape.child(key))
    _list_directives(result, patch, shape)
    return result


def _retain(result: Doc, kept: Any) -> None:
    if isinstance(kept, list):
        for key in [key for key in result if key not in kept]:
            del result[key]


def _strategic_value(current: Any, value: Any, shape: Shape) -> Any:
    if not isinstance(value, list):
        return strategic(current, value, shape)
    if shape.merge_key:
        return _merge_items(current or [], value, shape)
    if shape.unique:
        return [*(current or []), *(item for item in value if item not in (current or []))]
    return clone(value)


def _merge_items(current: list[Doc], items: list[Any], shape: Shape) -> list[Doc]:
    key = shape.merge_key
    if not all(isinstance(item, dict) for item in [*current, *items]):
        raise bad_request(f"error decoding patch: items with the merge key {key} are objects")
    if any(item.get("$patch") == "replace" for item in items):
        return [clone(item) for item in items if item.get("$patch") != "replace"]
    result = list(current)
    for item in items:
        if key not in item:
            raise bad_request(f"map: {item} does not contain declared merge key: {key}")
        places = [index for index, held in enumerate(result) if held.get(key) == item[key]]
        if item.get("$patch") == "delete":
            result = [held for held in result if held.get(key) != item[key]]
        elif places:
            result[places[0]] = strategic(result[places[0]], item, shape.element)
        else:
            result.append(strategic({}, item, shape.element))
    return result


def _list_directives(result: Doc, patch: Doc, shape: Shape) -> None:
    for key, value in patch.items():
        if key.startswith(_PRIMITIVES):
            name = key.removeprefix(_PRIMITIVES)
            result[name] = [item for item in result.get(name) or [] if item not in value]
        elif key.startswith(_ORDER):
            name = key.removeprefix(_ORDER)
            if isinstance(result.get(name), list):
                result[name] = _ordered(result[name], value, shape.child(name).merge_key)


def _ordered(items: list[Any], order: list[Any], key: str) -> list[Any]:
    """Return items in the wanted order; those it does not name keep their place after it."""

    def identity(item: Any) -> Any:
        return item.get(key) if key and isinstance(item, dict) else item

    rank = {identity(item): place for place, item in enumerate(order)}
    return sorted(items, key=lambda item: rank.get(identity(item), len(rank)))
