"""Plain data to frozen dataclasses, where it fits at once: no words for what is wrong.

A profile is nearly always right, and pydantic takes longer to load than the rest of `relab check`
takes to start. So a profile that fits here needs no pydantic, and any other is pydantic's to judge.
"""

from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin


def fit(kind: Any, raw: object) -> Any:
    """Return `raw` as a `kind`; ValueError when it is not plainly one.

    Knows text, `X | None`, tuples of one type, literals, nested dataclasses and the rules of
    `profiles.rules`.
    """
    if is_dataclass(kind):
        return _part(kind, raw)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _ruled(inner, raw)
    if origin is tuple and isinstance(raw, list):
        return tuple(fit(inner[0], row) for row in raw)
    if origin in (Union, UnionType) and inner[1:] == (NoneType,):
        return None if raw is None else fit(inner[0], raw)
    if raw in inner if origin is Literal else type(raw) is kind:
        return raw
    raise ValueError(f"{raw!r} is no {kind}")


def _part(kind: Any, raw: object) -> Any:
    if not isinstance(raw, dict):
        raise ValueError(f"{raw!r} is no mapping")  # noqa: TRY004 - one error for all that fits not
    types = {field.name: field.type for field in fields(kind)}
    if raw.keys() - types.keys():
        raise ValueError(f"{kind.__name__} has fewer keys")
    try:
        return kind(**{key: fit(types[key], value) for key, value in raw.items()})
    except TypeError as error:
        raise ValueError(f"{kind.__name__} has more keys") from error


def _ruled(inner: tuple[Any, ...], raw: object) -> Any:
    value = fit(inner[0], raw)
    for rule in inner[1:]:
        rule.check(value)
    return value
