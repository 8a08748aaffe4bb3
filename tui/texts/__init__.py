"""The words of the screen, one YAML file a language with the same keys."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from relab.languages import Language
from relab.parsed import parsed


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Return all words of the screen in `language` by key."""
    path = Path(__file__).with_name(f"{language}.yaml")
    found: dict[str, str] = parsed(path)
    return found


def say(language: Language, key: str, **values: object) -> str:
    """Return the text `key` in `language` with `values` filled in; KeyError for an unknown key."""
    text = catalogue(language)[key]
    return text.format(**values) if values else text
