"""Accounts made by chance: things of every type that refer to one another in every allowed way.

The files of `worlds/` say what is made, call by call, in their order:

    call, params   the call, which must succeed
    keep           what later calls may name, by its sort: JMESPath into the answer
    times          how often: [least, most]; without it once
    each           once for each thing of a sort, which is called ${me}
    often          how likely each of these calls is; without it certain
    then           calls after each of these, which name what these have made before all else

In `params`, `${sort}` is any of a sort, `${one|other}` any of some sorts, `${n}` the number of the
call. `!any` is one of a list, `!maybe` stands there or not, `!json` is text; `!some` are some of a
sort, one at least, `!none` some or none.
"""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

import jmespath
import yaml

from relab.resources.registry import TYPES as DECLARED
from tests.resources.account import Account

WORLDS = Path(__file__).with_name("worlds")
# Types that are in no random world, and why.
LEFT_OUT: Mapping[str, str] = {
    "iam.access-key": "never made again: AWS shows the secret once",
    "iam.login-profile": "never made again: a password cannot be read",
    "kms.key-material": "never listed: it does not leave KMS",
    "lambda.function": "not captured: its code is a download of its own",
}
TYPES = tuple(kind.type for kind in DECLARED if kind.type not in LEFT_OUT)
_EVEN = 0.5
_GONE = object()


@dataclass(frozen=True, slots=True)
class Tagged:
    """What stands under `!name` in the description."""

    name: str
    node: Any


class _Loader(yaml.SafeLoader):
    """A safe loader that keeps our tags."""


def _tagged(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> Tagged:
    if isinstance(node, yaml.MappingNode):
        return Tagged(name, loader.construct_mapping(node, deep=True))
    if isinstance(node, yaml.SequenceNode):
        return Tagged(name, loader.construct_sequence(node, deep=True))
    return Tagged(name, node.value)


_Loader.add_multi_constructor("!", _tagged)


Entries = list[dict[str, Any]]


def description() -> Entries:
    """Return what random worlds are made of."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(WORLDS.glob("*.yaml")))
    return [entry for text in texts for entry in yaml.load(text, _Loader)]


def calls(entries: Entries) -> Iterator[str]:
    """Yield every call (`service Operation`) of `entries`."""
    for entry in entries:
        yield entry["call"]
        yield from calls(entry.get("then", []))


class _Text(Template):
    """A text in which `${one|other}` is one of these."""

    idpattern = "[a-z][a-z|-]*"


@dataclass(slots=True)
class Known:
    """What was made here, by its sort; what is not known here is looked for `outside`."""

    outside: "Known | None" = None
    own: dict[str, list[str]] = field(default_factory=dict)

    def add(self, sort: str, name: str) -> None:
        """Say that `name` is one of `sort`, here and outside."""
        self.own.setdefault(sort, []).append(name)
        if self.outside:
            self.outside.add(sort, name)

    def all(self, sorts: str) -> list[str]:
        """Return what there is of `sorts` (one|other) in the innermost world that has any."""
        found = [name for sort in sorts.split("|") for name in self.own.get(sort, ())]
        return list(dict.fromkeys(found)) or (self.outside.all(sorts) if self.outside else [])


@dataclass(slots=True)
class Maker:
    """Makes what the description says in `account`."""

    account: Account
    chance: random.Random

    def run(self) -> None:
        """Make all of it once."""
        self.make(description(), Known())

    def make(self, entries: Entries, known: Known) -> None:
        """Make the calls of `entries`, which may name what is `known`, and add to it."""
        for entry in entries:
            for number, me in enumerate(self._times(entry, known)):
                if self.chance.random() < entry.get("often", 1):
                    here = Known(known)
                    here.own.update({"n": [str(number)], **({"me": [me]} if me else {})})
                    self._call(entry, here)
                    self.make(entry.get("then", []), here)

    def _times(self, entry: Mapping[str, Any], known: Known) -> list[str]:
        if "each" in entry:
            return known.all(entry["each"])
        return [""] * self.chance.randint(*entry.get("times", (1, 1)))

    def _call(self, entry: Mapping[str, Any], known: Known) -> None:
        service, operation = entry["call"].split()
        params = self.filled(entry.get("params", {}), known)
        answer = self.account.do(service, operation, **params)
        for sort, where in entry.get("keep", {}).items():
            found = jmespath.search(self.text(where, known), answer)
            assert found, (entry["call"], where)
            known.add(sort, found)

    def filled(self, node: Any, known: Known) -> Any:
        """Return `node` of the description with all of it decided."""
        if isinstance(node, str):
            return self.text(node, known)
        if isinstance(node, Tagged):
            return self._decided(node, known)
        if isinstance(node, Mapping):
            pairs = ((key, self.filled(value, known)) for key, value in node.items())
            return {key: value for key, value in pairs if value is not _GONE}
        if isinstance(node, list):
            return [one for one in (self.filled(one, known) for one in node) if one is not _GONE]
        return node

    def _decided(self, tagged: Tagged, known: Known) -> Any:
        match tagged.name:
            case "any":
                return self.filled(self.chance.choice(tagged.node), known)
            case "maybe":
                return self._maybe(tagged.node, known)
            case "json":
                return json.dumps(self.filled(tagged.node, known))
            case "some" | "none":
                names = known.all(tagged.node)
                least = min(len(names), int(tagged.name == "some"))
                return self.chance.sample(names, self.chance.randint(least, len(names)))
        raise AssertionError(tagged.name)

    def _maybe(self, node: Any, known: Known) -> Any:
        there = all(known.all(sorts) for sorts in _named(node))
        return self.filled(node, known) if there and self.chance.random() < _EVEN else _GONE

    def text(self, text: str, known: Known) -> str:
        """Return `text` with everything named in it."""
        return _Text(text).substitute(_Choices(self.chance, known))


def _named(node: Any) -> Iterator[str]:
    """Yield the sorts that `node` names."""
    if isinstance(node, str):
        yield from _Text(node).get_identifiers()
    elif isinstance(node, Tagged):
        yield from _named(node.node)
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from _named(value)
    elif isinstance(node, list):
        for value in node:
            yield from _named(value)


@dataclass(frozen=True, slots=True)
class _Choices(Mapping[str, str]):
    """Any name of the sorts that it is asked for, another one each time."""

    chance: random.Random
    known: Known

    def __getitem__(self, sorts: str) -> str:
        return self.chance.choice(self.known.all(sorts))

    def __iter__(self) -> Iterator[str]:
        return iter(self.known.own)

    def __len__(self) -> int:
        return len(self.known.own)
