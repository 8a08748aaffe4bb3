"""Frozen dataclasses as a schema: plain data in, checked objects out.

Handles what a lab needs (text, whole numbers, yes/no, lists, text-to-text maps, nested classes, and
the rules below) in a few milliseconds, where a general library would delay the first frame.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

Path = tuple[str | int, ...]


class ShapeError(Exception):
    """Data that does not follow its class: where it stands, what is wrong, what to write."""

    def __init__(self, path: Path, what: str, fix: str) -> None:
        super().__init__(f"{dotted(path)}: {what} ({fix})")
        self.path = path
        self.what = what
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Matches:
    """Text must match `regex` from end to end."""

    regex: str

    def check(self, value: Any, path: Path) -> None:
        """Raise ShapeError unless `value` follows the rule."""
        if not re.fullmatch(self.regex, value):
            raise ShapeError(path, f"'{value}' has the wrong form", f"write {self.regex}")


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A number must not be below `least`."""

    least: int

    def check(self, value: Any, path: Path) -> None:
        """Raise ShapeError unless `value` follows the rule."""
        if value < self.least:
            raise ShapeError(path, f"{value} is too small", f"write {self.least} or more")


def dotted(path: Path) -> str:
    """Return `path` as people write it, such as `sections[0].title.ko`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


@cache
def hints(kind: type[Any]) -> dict[str, Any]:
    """Return the field types of dataclass `kind`, rules included."""
    return get_type_hints(kind, include_extras=True)


def required(field: "Field[Any]") -> bool:
    """Tell whether `field` must be given."""
    return field.default is MISSING and field.default_factory is MISSING


def build(kind: Any, raw: object, path: Path = ()) -> Any:
    """Return `raw` as a `kind`; ShapeError names the first place that does not fit."""
    origin = get_origin(kind)
    if origin is Annotated:
        base, *rules = get_args(kind)
        value = build(base, raw, path)
        for rule in rules:
            rule.check(value, path)
        return value
    if is_dataclass(kind):
        return _object(kind, raw, path)
    return _BUILDERS[origin or kind](kind, raw, path)


def _expect(kind: type[Any], raw: object, path: Path, words: str) -> Any:
    if type(raw) is not kind:
        raise ShapeError(path, f"expected {words}, found {type(raw).__name__}", f"write {words}")
    return raw


def _object(kind: Any, raw: object, path: Path) -> Any:
    given = _expect(dict, raw, path, "a mapping")
    names = {field.name: field for field in fields(kind)}
    for key in given:
        if key not in names:
            raise ShapeError((*path, key), f"unknown key '{key}'", f"keys: {', '.join(names)}")
    for name, field in names.items():
        if required(field) and name not in given:
            raise ShapeError(path, f"key '{name}' is missing", f"add '{name}'")
    return kind(**{key: build(hints(kind)[key], given[key], (*path, key)) for key in given})


def _list(kind: Any, raw: object, path: Path) -> tuple[Any, ...]:
    item = get_args(kind)[0]
    rows = _expect(list, raw, path, "a list")
    return tuple(build(item, row, (*path, index)) for index, row in enumerate(rows))


def _map(kind: Any, raw: object, path: Path) -> dict[str, Any]:
    key, item = get_args(kind)
    given = _expect(dict, raw, path, "a mapping")
    return {build(key, k, (*path, k)): build(item, v, (*path, k)) for k, v in given.items()}


def _scalar(words: str) -> Callable[[Any, object, Path], Any]:
    return lambda kind, raw, path: _expect(kind, raw, path, words)


_BUILDERS: dict[Any, Callable[[Any, object, Path], Any]] = {
    str: _scalar("text in quotes"),
    int: _scalar("a whole number"),
    bool: _scalar("true or false"),
    tuple: _list,
    Mapping: _map,
}
