"""Request bodies: JSON, YAML and the few protobuf messages kubectl insists on."""

import json
import re
from typing import Any

import yaml

from relab.sandbox.kube.model import Doc
from relab.sandbox.kube.protobuf import decode
from relab.sandbox.kube.status import bad_request, unsupported_media

JSON, YAML, PROTOBUF = (
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
)
LIMIT = 3 * 1024 * 1024
# An escape of JSON: a whole pair of surrogates, half of one (the group), or any other.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)


class _Loader(yaml.SafeLoader):
    """Reads YAML as JSON can say it: dates stay text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own table, without one row
        first: [row for row in rows if row[0] != "tag:yaml.org,2002:timestamp"]
        for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class _Repeats:
    """Notes objects that name a key twice while they are parsed."""

    def __init__(self) -> None:
        self.found: dict[int, list[str]] = {}

    def __call__(self, pairs: list[tuple[str, Any]]) -> Doc:
        made = dict(pairs)
        if len(made) != len(pairs):
            seen: set[str] = set()
            twice = [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]  # set.add as the "seen" step
            self.found[id(made)] = twice
        return made

    def paths(self, value: Any, path: str = "") -> list[str]:
        """Return where in `value` keys were repeated."""
        if not self.found:
            return []
        here: list[str] = []
        if isinstance(value, dict):
            here = [f"{path}{key}" for key in self.found.get(id(value), ())]
            for key, item in value.items():
                here += self.paths(item, f"{path}{key}.")
        elif isinstance(value, list):
            for at, item in enumerate(value):
                here += self.paths(item, f"{path.rstrip('.')}[{at}].")
        return here


def parse(raw: bytes, media: str) -> tuple[Any, tuple[str, ...]]:
    """Return the body's value and the paths of repeated keys; raises 400 or 415."""
    if media == PROTOBUF:
        return decode(raw), ()
    if media in ("", JSON, "*/*") or media.endswith("+json"):
        return _json(raw)
    if media == YAML or media.endswith("+yaml"):
        return _yaml(raw)
    raise unsupported_media(media, (JSON, YAML, PROTOBUF))


def _json(raw: bytes) -> tuple[Any, tuple[str, ...]]:
    repeats = _Repeats()
    try:
        value = json.loads(_text(raw), object_pairs_hook=repeats, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise bad_request(f"the object provided is unrecognized: {error}") from error
    return value, tuple(repeats.paths(value))


def _text(raw: bytes) -> str:
    """Return what `raw` says; what is no character becomes U+FFFD, as a real server makes it."""
    text = raw.decode("utf-8", "replace")
    return _ESCAPE.sub(lambda found: "\\ufffd" if found[1] else found[0], text)


def _refused(word: str) -> float:
    raise ValueError(f"invalid character {word[0]!r} looking for beginning of value")


def _yaml(raw: bytes) -> tuple[Any, tuple[str, ...]]:
    if raw[:1] == b"{":
        return _json(raw)
    try:
        value = yaml.load(raw, Loader=_Loader)  # noqa: S506 - a safe loader
        return _json(json.dumps(value, ensure_ascii=False).encode())
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        why = str(error).partition("\n")[0]
        raise bad_request(f"error converting YAML to JSON: {why}") from error
