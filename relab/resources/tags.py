"""Tags in one form, whatever a service calls them: a mapping from key to value."""

from collections.abc import Mapping
from typing import Any

MEMBER = "Tags"
RESERVED = "aws:"
_KEYS = ("Key", "key", "TagKey")
_VALUES = ("Value", "value", "TagValue")


def tags_of(raw: Any) -> dict[str, str]:
    """Return the mapping for `raw`: a mapping, or a list of objects with a key and a value."""
    if isinstance(raw, Mapping):
        return {str(key): str(value) for key, value in raw.items()}
    return {_pick(row, _KEYS): _pick(row, _VALUES) for row in raw or ()}


def ours(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that a caller may set, sorted; AWS keeps keys of `aws:` to itself."""
    return {key: tags[key] for key in sorted(tags) if not key.lower().startswith(RESERVED)}


def written(shape: Any, tags: Mapping[str, str], tag_type: str = "") -> Any:
    """Return `tags` as the input member of `shape` takes them; `tag_type` is EC2's `vpc` etc."""
    if shape.type_name == "map":
        return dict(tags)
    if shape.type_name == "structure":
        return {name: written(inner, tags) for name, inner in shape.members.items()}
    names = shape.member.members
    if "ResourceType" in names:
        return [{"ResourceType": tag_type, MEMBER: written(names[MEMBER], tags)}]
    key = next(name for name in _KEYS if name in names)
    value = next(name for name in _VALUES if name in names)
    return [{key: k, value: v} for k, v in tags.items()]


def _pick(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(row[name]) for name in names if name in row), "")
