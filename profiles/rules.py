"""The rules that the values of a profile follow, stated once for pydantic and for `profiles.fit`.

A rule stands in a field's `Annotated` type. Pydantic, which words the errors and exports the JSON
Schema, is handed its core schema; nothing here imports it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text must match `regex`, which names its own ends by `^` and `$`."""

    regex: str

    def check(self, value: Any) -> None:
        """Raise ValueError unless `value` follows the rule."""
        if not re.fullmatch(self.regex, value):
            raise ValueError(f"'{value}' does not match {self.regex}")

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        return {**handler(source), "pattern": self.regex}


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A list must have `count` entries or more."""

    count: int

    def check(self, value: Any) -> None:
        """Raise ValueError unless `value` follows the rule."""
        if len(value) < self.count:
            raise ValueError(f"fewer than {self.count}")

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        return {**handler(source), "min_length": self.count}


@dataclass(frozen=True, slots=True)
class Obeys:
    """A value must be one that `check` lets pass; it raises ValueError for any other."""

    check: Callable[[Any], None]

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def _checked(self, value: Any) -> Any:
        self.check(value)
        return value
