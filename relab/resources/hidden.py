"""Where in an item of an account secrets stand, as JSON pointers to the values to seal.

What its type declares; and wherever else a name or the value itself gives a secret away (`looks`):
variables of functions, headers of targets, tags, addresses with a password, JSON inside strings.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from relab import redact
from relab.resources.item import Item
from relab.resources.kubernetes import looks
from relab.resources.model import ResourceType
from relab.resources.pointers import written
from relab.resources.writing import secret_paths

Steps = tuple[str, ...]
_SHORTEST = 8
# Members that AWS fills with what is random by nature and no secret.
_OPEN = re.compile(r"[a-z](Id|Arn|ETag|Sha256|Digest|Hash|Thumbprint)$")
_PAIRS = (("Name", "Value"), ("Key", "Value"), ("name", "value"), ("key", "value"))


def pointers(kind: ResourceType, item: Item) -> tuple[str, ...]:
    """Return the JSON pointers (`/document/...`, `/observed/...`) of all secrets in `item`."""
    parts = {"document": item.document, "observed": item.observed}
    declared = (("document", *map(str, steps)) for steps in secret_paths(kind, item.document))
    return tuple(dict.fromkeys(written(steps) for steps in (*declared, *_found(parts, (), ""))))


def _found(node: Any, steps: Steps, name: str) -> Iterator[Steps]:
    """Yield the steps to each secret text in `node`, which is called `name`."""
    if isinstance(node, str):
        if not _OPEN.search(name) and (_is_named(name, node) or _is_secret(node)):
            yield steps
    elif isinstance(node, Mapping):
        for key, one in node.items():
            yield from _found(one, (*steps, str(key)), _called(node, str(key)))
    elif isinstance(node, list | tuple):
        for at, one in enumerate(node):
            yield from _found(one, (*steps, str(at)), "")


def _called(node: Mapping[str, Any], key: str) -> str:
    """Return what the member `key` is called: in a pair of name and value, by the name."""
    for name, value in _PAIRS:
        if key == value and isinstance(node.get(name), str):
            return str(node[name])
    return key


def _is_named(name: str, text: str) -> bool:
    return looks.name(name) and looks.says(text)


def _is_secret(text: str) -> bool:
    if len(text) < _SHORTEST:
        return False
    # Words of a path are no random text, however they are written.
    words = text.replace("/", " ")
    return redact.is_secret_text(text) or looks.value(words) or _is_secret_json(text)


def _is_secret_json(text: str) -> bool:
    if text[0] not in "[{":
        return False
    try:
        node = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return any(True for _ in _found(node, (), ""))
