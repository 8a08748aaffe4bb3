"""Fill an account with what `seed.yaml` lists, call by call."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import jmespath
import yaml

from tests.resources.account import Account

SEED = Path(__file__).with_name("seed.yaml")


class Loader(yaml.SafeLoader):
    """A safe loader that knows `!json`: a mapping that an API wants as text."""


def _text(loader: yaml.SafeLoader, node: yaml.Node) -> str:
    assert isinstance(node, yaml.MappingNode)
    return json.dumps(loader.construct_mapping(node, deep=True))


Loader.add_constructor("!json", _text)


@dataclass(frozen=True)
class Made:
    """A call that was made."""

    service: str
    operation: str
    params: Mapping[str, Any]


def seed(account: Account) -> list[Made]:
    """Make every call of the list, each of which must succeed, and return them."""
    names: dict[str, str] = {}
    calls = []
    for entry in yaml.load(SEED.read_text(encoding="utf-8"), Loader):
        service, operation = entry["call"].split()
        params = filled(entry.get("params", {}), names)
        answer = account.do(service, operation, **params)
        calls.append(Made(service, operation, params))
        for name, path in entry.get("keep", {}).items():
            names[name] = jmespath.search(path, answer)
    return calls


def filled(node: Any, names: Mapping[str, str]) -> Any:
    """Return `node` with every `${name}` in it said."""
    if isinstance(node, str):
        return Template(node).substitute(names)
    if isinstance(node, Mapping):
        return {key: filled(value, names) for key, value in node.items()}
    return [filled(value, names) for value in node] if isinstance(node, list) else node
