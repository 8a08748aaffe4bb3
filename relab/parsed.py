"""YAML files that ship with relab, as plain data: parsed when they change, else read as JSON.

A YAML parser takes longer to load than all of a lab takes to be read: a twentieth of the time to
the first frame. What was parsed is kept in the cache folder beside the text that it came from; a
cache that cannot be read, is of another text or cannot be written is no error.
"""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from relab.paths import cache_dir


class NotYaml(Exception):
    """A file that is no YAML: `line` (from 1) and what is wrong with it."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")
        self.line = line
        self.what = what


def parsed(path: Path) -> Any:
    """Return the data of YAML file `path`; NotYaml, or OSError when it cannot be read."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise NotYaml(1, f"cannot be read: {error}") from error
    cache = cache_dir() / "parsed" / f"{'.'.join(path.parts[-3:])}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(cache.read_bytes())
        if kept["text"] == text:
            return kept["data"]
    data = _parsed(text)
    with suppress(OSError, ValueError, TypeError):
        _keep(cache, text, data)
    return data


def _parsed(text: str) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, loader)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise NotYaml(line, f"not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise NotYaml(1, f"cannot be read: {error}") from error


def _keep(cache: Path, text: str, data: Any) -> None:
    raw = json.dumps({"text": text, "data": data})
    if json.loads(raw)["data"] != data:  # dates and numbers as keys are no JSON
        return
    cache.parent.mkdir(parents=True, exist_ok=True)
    new = cache.with_name(f"{cache.name}.{os.getpid()}")
    new.write_text(raw, "utf-8")
    new.replace(cache)
