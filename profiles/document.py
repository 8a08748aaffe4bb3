"""YAML read with the file and line of every key, and merged along `extends`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from relab.errors import ProfileError
from relab.text import safe

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data, and where each key path of it was written (`file:line`)."""

    source: str
    data: dict[str, Any]
    places: Mapping[KeyPath, str]

    def place(self, path: KeyPath) -> str:
        """Return where `path`, or its nearest written parent, stands."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return self.source


def read(path: Path) -> Document:
    """Return the YAML mapping in `path`.

    ProfileError names the line when it is not UTF-8 YAML, repeats a key or is no mapping, and the
    file when it is nested too deep.
    """
    try:
        return _read(path, safe(path))
    except RecursionError:
        raise ProfileError(
            "nested too deep", where=safe(path), fix="write it flat, with no alias of itself"
        ) from None


def _read(path: Path, source: str) -> Document:
    try:
        # Not libyaml's parser: it ends the whole program where a file is nested too deep.
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ProfileError(
            safe(error.problem or "not YAML"), where=f"{source}:{line}", fix="correct the YAML here"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProfileError(
            "not YAML text in UTF-8", where=source, fix="save it as UTF-8 YAML"
        ) from error
    if not isinstance(node, yaml.MappingNode):
        raise ProfileError("a mapping is expected at the top", where=f"{source}:1", fix=_START)
    places: dict[KeyPath, str] = {}
    data = _convert(node, (), source, places)
    return Document(source, data, places)


_START = "begin with 'format: relab/profile/v1'"


def _line(source: str, node: yaml.Node) -> str:
    return f"{source}:{node.start_mark.line + 1}"


def _convert(node: yaml.Node, path: KeyPath, source: str, places: dict[KeyPath, str]) -> Any:
    places.setdefault(path, _line(source, node))
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, source, places)
    if isinstance(node, yaml.SequenceNode):
        return [_convert(n, (*path, i), source, places) for i, n in enumerate(node.value)]
    return _scalar(node, source)


def _mapping(
    node: yaml.MappingNode, path: KeyPath, source: str, places: dict[KeyPath, str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(_scalar(key_node, source))
        if key in found:
            raise ProfileError(
                f"key '{safe(key)}' stands twice", where=_line(source, key_node), fix="keep one"
            )
        places[(*path, key)] = _line(source, key_node)
        found[key] = _convert(value_node, (*path, key), source, places)
    return found


def _scalar(node: yaml.Node, source: str) -> Any:
    if not isinstance(node, yaml.ScalarNode):
        raise ProfileError(
            "a key must be plain text", where=_line(source, node), fix="write it on one line"
        )
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        raise ProfileError(
            f"'{safe(node.value)}' cannot be read", where=_line(source, node), fix="quote it"
        ) from error


def merge(base: Document, over: Document) -> Document:
    """Return `over` laid on `base`: mappings join key by key, lists and values replace."""
    kept = {path: place for path, place in base.places.items() if not _replaced(path, over)}
    return Document(over.source, _merge(base.data, over.data), {**kept, **over.places})


def _replaced(path: KeyPath, over: Document) -> bool:
    """Tell whether `path` leads into a list that `over` has written anew."""
    lists = (path[:at] for at, step in enumerate(path) if isinstance(step, int))
    return any(one in over.places for one in lists)


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    joined = dict(base)
    for key, value in over.items():
        old = joined.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            joined[key] = _merge(old, value)
        else:
            joined[key] = value
    return joined
