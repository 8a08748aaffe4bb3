"""Say everything about a thing in other words: its keys, documents, identifiers and secrets."""

import base64
import binascii
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from relab.resources.item import Item
from relab.resources.pointers import steps, written
from snapshot.vault.model import Entry

# Types of which a member holds texts in base64: the words are inside.
_CODED: Mapping[str, str] = {"v1/Secret": "data", "v1/ConfigMap": "binaryData"}
# Of data only what holds it is renamed: what is inside keeps its own names.
_INSIDE: Mapping[str, str] = {"s3.object": "/"}


class Rewriting(ABC):
    """A way to say things anew; `text` says a text, the rest follows from it."""

    @abstractmethod
    def text(self, text: str) -> str:
        """Return `text` in the new words."""

    @abstractmethod
    def tenant(self, tenant: str) -> str:
        """Return whose a thing of `tenant` is now."""

    def region(self, item: Item) -> str:
        """Return the region (or the cluster) of `item` now."""
        return item.region

    def key(self, item: Item) -> str:
        """Return the key of `item` in the new words."""
        return self.text(item.key)

    def entry(self, entry: Entry) -> Entry:
        """Return `entry` in the new words; sealed values stay sealed, and where they are."""
        sealed = {self._pointer(pointer): box for pointer, box in entry.sealed.items()}
        return replace(entry, item=self.item(entry.item), sealed=sealed)

    def item(self, item: Item) -> Item:
        """Return `item` in the new words."""
        return replace(
            item,
            region=self.region(item),
            key=self.key(item),
            document=self.document(item),
            # By what was observed, ids of the old world are told from those of the new one.
            observed=self.node(dict(item.observed)),
            tenant=self.tenant(item.tenant),
            owner=self.owner(item),
            identifiers=tuple(map(self.text, item.identifiers)),
        )

    def document(self, item: Item) -> dict[str, Any]:
        """Return the document of `item` in the new words, also where they stand in base64."""
        found: dict[str, Any] = self.node(dict(item.document))
        member = _CODED.get(item.type, "")
        if found.get(member):
            found[member] = {key: self._coded(value) for key, value in found[member].items()}
        return found

    def owner(self, item: Item) -> str:
        """Return the identity of the owner of `item` now."""
        return self.text(item.owner)

    def node(self, node: Any) -> Any:
        """Return a JSON-able `node` in the new words, keys of objects included."""
        if isinstance(node, str):
            return self.text(node)
        if isinstance(node, Mapping):
            return {self.text(k): self.member(k, v, node) for k, v in node.items()}
        if isinstance(node, list | tuple):
            return [self.node(value) for value in node]
        return node

    def member(self, key: str, value: Any, node: Mapping[str, Any]) -> Any:
        """Return the `value` that stands in `node` under `key`, in the new words."""
        del key, node
        return self.node(value)

    def opened(self, item: Item, path: Sequence[str]) -> Item:
        """Return `item` with the secret at `path`, in clear now, in the new words."""
        coded = len(path) > 1 and path[0] == _CODED.get(item.type)
        said = self._coded if coded else self.node
        return replace(item, document=_changed(item.document, path, said))

    def _pointer(self, pointer: str) -> str:
        return written(map(self.text, steps(pointer)))

    def _coded(self, value: Any) -> Any:
        try:
            clear = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, TypeError, ValueError):
            return value
        told = self.text(clear)
        return value if told == clear else base64.b64encode(told.encode()).decode("ascii")


def _changed(node: Any, path: Sequence[str], change: Callable[[Any], Any]) -> Any:
    if not path:
        return change(node)
    step, rest = path[0], path[1:]
    if isinstance(node, list | tuple):
        at = int(step)
        return [*node[:at], _changed(node[at], rest, change), *node[at + 1 :]]
    return {**node, step: _changed(node[step], rest, change)}


def holder_only(rewriting: Rewriting, item: Item) -> str:
    """Return the key of `item` with only what holds it in the new words, where it is data."""
    separator = _INSIDE.get(item.type)
    if separator is None:
        return rewriting.text(item.key)
    held, middle, inside = item.key.partition(separator)
    return rewriting.text(held) + middle + inside
