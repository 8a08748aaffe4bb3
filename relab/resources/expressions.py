"""JMESPath with three functions more, and templates made of its expressions.

search("tail(Arn, ':')", {"Arn": "a:b:c"})                    ->  "c"
search("part(Arn, ':', `1`)", {"Arn": "a:b:c"})               ->  "b"
search("without(All, 'Id', Id)", {"All": [...], "Id": "x"})   ->  the elements whose Id is not x
render("{a}/{b.c}", {"a": 1, "b": {"c": 2}})                  ->  "1/2"
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

_FIELD = re.compile(r"\{([^{}]+)\}")
_PURE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


@cache
def compiled(expression: str) -> Any:
    """Return the parsed `expression`; jmespath's ParseError when it is none."""
    import jmespath

    return jmespath.compile(expression)


def search(expression: str, facts: Any) -> Any:
    """Return what `expression` finds in `facts`; None for nothing."""
    return compiled(expression).search(facts, options=_options())


def path_of(expression: str) -> tuple[str, ...] | None:
    """Return the members that `expression` walks down when it does no more than that."""
    return tuple(expression.split(".")) if _PURE.fullmatch(expression) else None


def fields(template: str) -> tuple[str, ...]:
    """Return the expressions of `template`."""
    return tuple(_FIELD.findall(template))


def render(template: str, facts: Mapping[str, Any]) -> str:
    """Return `template` filled in; empty when one of its expressions finds nothing."""
    found = {expression: search(expression, facts) for expression in fields(template)}
    if any(value is None or value == "" for value in found.values()):
        return ""
    return _FIELD.sub(lambda match: str(found[match[1]]), template)


@cache
def _options() -> Any:
    import jmespath
    from jmespath import functions

    class Functions(functions.Functions):
        """JMESPath's own functions and ours."""

        @functions.signature({"types": ["string", "null"]}, {"types": ["string"]})
        def _func_tail(self, text: str | None, separator: str) -> str | None:
            return text.rpartition(separator)[2] if text else None

        @functions.signature(
            {"types": ["string", "null"]}, {"types": ["string"]}, {"types": ["number"]}
        )
        def _func_part(self, text: str | None, separator: str, index: int) -> str | None:
            parts = (text or "").split(separator)
            return parts[int(index)] if -len(parts) <= index < len(parts) else None

        @functions.signature(
            {"types": ["array", "null"]}, {"types": ["string"]}, {"types": ["string", "null"]}
        )
        def _func_without(self, rows: list[Any] | None, member: str, value: str) -> list[Any]:
            return [row for row in rows or () if row.get(member) != value]

    return jmespath.Options(custom_functions=Functions())
