"""Clone a tenant: everything of one tenant under the names of another.

The profile's naming rules say what a tenant's things are called; each such name is replaced
wherever it stands as a whole word: keys, documents, identifiers, secrets.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from profiles.model import Profile
from profiles.naming import Names, names
from relab.errors import UsageError
from relab.resources.item import Item
from snapshot.vault.model import Entry

# A tag, label or variable whose value may be a tenant's bare number.
_NUMBER = re.compile(r"(?i)(tenant|user|student)([_-]?(num|number|id|no))?$")
_KINDS = ("namespaces", "profiles", "buckets", "repositories")


@dataclass(frozen=True)
class Renaming:
    """From tenant `source` to tenant `target` (two-digit numbers); `pairs` are old -> new names."""

    source: str
    target: str
    pairs: Mapping[str, str]

    def entry(self, entry: Entry) -> Entry:
        """Return `entry` under the names of the target; sealed values stay sealed."""
        return replace(entry, item=self.item(entry.item))

    def item(self, item: Item) -> Item:
        """Return `item` under the names of the target."""
        return replace(
            item,
            key=self.text(item.key),
            document=self.node(dict(item.document)),
            tenant=self.target,
            owner=self.text(item.owner),
            identifiers=tuple(map(self.text, item.identifiers)),
        )

    def node(self, node: Any) -> Any:
        """Return a JSON-able `node` with all names replaced, keys of objects included."""
        if isinstance(node, str):
            return self.text(node)
        if isinstance(node, Mapping):
            return {self.text(k): self._member(k, v, node) for k, v in node.items()}
        if isinstance(node, list | tuple):
            return [self.node(value) for value in node]
        return node

    def text(self, text: str) -> str:
        """Return `text` with all names replaced."""
        return self._words.sub(lambda found: self.pairs[found[0]], text)

    def _member(self, key: str, value: Any, node: Mapping[str, Any]) -> Any:
        """Return a member's value; a bare number is the tenant's only under a telling name."""
        called = node.get("name", "") if key == "value" else key
        if value == self.source and _NUMBER.search(str(called)):
            return self.target
        return self.node(value)

    @cached_property
    def back(self) -> "Renaming":
        """Return the way back, from the target's names to the source's."""
        pairs = {new: old for old, new in self.pairs.items()}
        return Renaming(self.target, self.source, pairs)

    @cached_property
    def _words(self) -> re.Pattern[str]:
        longest_first = sorted(self.pairs, key=len, reverse=True)
        listed = "|".join(map(re.escape, longest_first))
        return re.compile(rf"(?<![A-Za-z0-9])(?:{listed})(?![A-Za-z0-9])")


def renaming(profile: Profile, source: str, target: str) -> Renaming:
    """Return the renaming from `source` to `target` by the rules of `profile`.

    UsageError when both are one.
    """
    if source == target:
        raise UsageError(f"tenant {source} is itself", fix="name another tenant")
    old, new = names(profile, source), names(profile, target)
    pairs = {old.user: new.user, old.owner: new.owner, **_listed(old, new)}
    return Renaming(source, target, pairs)


def _listed(old: Names, new: Names) -> dict[str, str]:
    pairs = (
        (before.rstrip("*-/"), after.rstrip("*-/"))
        for kind in _KINDS
        for before, after in zip(getattr(old, kind), getattr(new, kind), strict=True)
    )
    return {before: after for before, after in pairs if before}


def cloned(
    entries: Iterator[Entry], renamings: Mapping[str, Renaming], source: str
) -> Iterator[Entry]:
    """Yield `entries` with those of `source` under the names of each target of `renamings`.

    What the snapshot itself holds of the targets is left out.
    """
    for entry in entries:
        tenant = entry.item.tenant
        if tenant == source:
            yield from (one.entry(entry) for one in renamings.values())
        elif tenant not in renamings:
            yield entry
