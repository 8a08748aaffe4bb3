"""Server-side apply: merge a configuration, find conflicts, drop what is no longer said."""

import json
from typing import Any

from relab.sandbox.kube import managed
from relab.sandbox.kube.fields import Path, Values, dotted, flatten
from relab.sandbox.kube.managed import Claim, Claims, Owner
from relab.sandbox.kube.model import Doc, clone, dig, now
from relab.sandbox.kube.shapes import Shape, item_key
from relab.sandbox.kube.status import Cause, apply_conflict, cause

_ABSENT = object()
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def server_side(live: Doc | None, applied: Doc, shape: Shape, owner: Owner, *, force: bool) -> Doc:
    """Return the object after `owner` applies `applied`; raises 409 unless `force`."""
    claims = managed.read(live)
    said = _owned(flatten(applied, shape))
    held = flatten(live, shape) if live else {}
    excused = _last_applied(live, shape, held) if owner.manager == "kubectl" else set()
    _settle_conflicts(claims, said, held, owner, None if force else excused)
    merged: Doc = merge(live or {}, applied, shape)
    mine = claims.get(owner)
    dropped = (mine.paths if mine else set()) - said.keys()
    others = {path for other, claim in claims.items() if other != owner for path in claim.paths}
    _drop(merged, dropped - others, others)
    unchanged = mine is not None and mine.paths == set(said)
    claims[owner] = Claim(set(said), mine.time if mine and unchanged else now())
    managed.write(merged, claims)
    return merged


def _settle_conflicts(
    claims: Claims, said: Values, held: Values, owner: Owner, excused: set[Path] | None
) -> None:
    """Raise 409 for fields of others that would change; `excused` None takes them all."""
    causes: list[Cause] = []
    for other, claim in claims.items():
        if other == owner:
            continue
        clash = {
            path
            for path in claim.paths & said.keys()
            if path[-1] != "." and held.get(path, _ABSENT) != said[path]
        }
        causes += [
            _conflict(other, path)
            for path in sorted(clash - (clash if excused is None else excused))
        ]
        claim.paths -= clash
    if causes:
        raise apply_conflict(causes)


def _last_applied(live: Doc | None, shape: Shape, held: Values) -> set[Path]:
    """Return what kubectl applied from its own side and nobody changed since."""
    text = dig(live, "metadata", "annotations", _LAST_APPLIED)
    try:
        doc = json.loads(text or "{}")
    except ValueError:
        return set()
    said = flatten(doc, shape) if isinstance(doc, dict) else {}
    return {path for path, value in said.items() if held.get(path, _ABSENT) == value}


def _conflict(other: Owner, path: Path) -> Cause:
    who = f'"{other.manager}"' + (
        f' with subresource "{other.subresource}"' if other.subresource else ""
    )
    using = f" using {other.api_version}" if other.operation == "Update" else ""
    return cause("FieldManagerConflict", dotted(path), f"conflict with {who}{using}")


def merge(live: Any, applied: Any, shape: Shape) -> Any:
    """Return `live` with `applied` laid over it: maps by key, keyed lists by item."""
    if isinstance(applied, dict) and isinstance(live, dict) and not shape.atomic:
        merged = {key: clone(value) for key, value in live.items() if key not in applied}
        known = {
            key: merge(live[key], value, shape.child(key)) if key in live else clone(value)
            for key, value in applied.items()
        }
        return merged | known
    if isinstance(applied, list) and isinstance(live, list) and (shape.keys or shape.unique):
        return _merge_list(live, applied, shape)
    return clone(applied)


def _merge_list(live: list[Any], applied: list[Any], shape: Shape) -> list[Any]:
    wanted = {item_key(item, shape): item for item in applied}
    result = []
    for item in live:
        over = wanted.pop(item_key(item, shape), _ABSENT)
        result.append(clone(item) if over is _ABSENT else merge(item, over, shape.element))
    return result + [clone(item) for item in wanted.values()]


def _owned(values: Values) -> Values:
    """Leave out the containers themselves: an applier owns what it says inside, and whole items."""
    return {path: value for path, value in values.items() if path[-1] != "." or _is_item(path)}


def _is_item(path: Path) -> bool:
    return path[-1] == "." and path[-2].startswith("k:")


def _drop(doc: Doc, dropped: set[Path], others: set[Path]) -> None:
    """Remove fields nobody says any more; an item goes whole when no one else owns a part."""
    items = {path[:-1] for path in dropped if _is_item(path)}
    held = {path[:size] for path in others for size in range(1, len(path))}
    gone = items - held
    for path in sorted(dropped, key=len, reverse=True):
        if path[-1] != "." and not any(path[: len(item)] == item for item in items):
            _remove(doc, path)
    for item in sorted(gone, key=len, reverse=True):
        _remove(doc, item)
    for path in dropped:
        shared = [item for item in items & held if path[: len(item)] == item]
        if path[-1] != "." and shared and path[-1][2:] not in json.loads(shared[0][-1][2:]):
            _remove(doc, path)


def _remove(doc: Any, path: Path) -> None:
    *way, last = path
    node = doc
    for part in way:
        position = _position(node, part)
        if position is None:
            return
        node = node[position]
    position = _position(node, last)
    if position is not None:
        del node[position]


def _position(node: Any, part: str) -> Any:
    """Return the key or index of `part` inside `node`, or None."""
    if part.startswith("f:"):
        return part[2:] if isinstance(node, dict) and part[2:] in node else None
    if not isinstance(node, list):
        return None
    wanted = json.loads(part[2:])
    if part.startswith("v:"):
        return node.index(wanted) if wanted in node else None
    for index, item in enumerate(node):
        if isinstance(item, dict) and all(
            item.get(key, "TCP" if key == "protocol" else None) == value
            for key, value in wanted.items()
        ):
            return index
    return None
