"""YAML templates whose text leaves hold `$name` or `${name}`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

import yaml

_FOLDER = Path(__file__).parent
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def read(name: str) -> Any:
    """Return the data of `name`.yaml in this folder; a file of several documents gives a list."""
    documents = list(yaml.load_all((_FOLDER / f"{name}.yaml").read_bytes(), Loader=_Loader))
    return documents if len(documents) > 1 else documents[0]


def fill(value: Any, words: Mapping[str, str]) -> Any:
    """Return a copy of `value` with `words` filled in; KeyError for an unknown word."""
    if isinstance(value, str):
        return Template(value).substitute(words) if "$" in value else value
    if isinstance(value, Mapping):
        return {fill(key, words): fill(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, words) for item in value]
    return value
