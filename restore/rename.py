"""Clone a tenant: everything of one tenant under the names of another.

The profile's naming rules say what a tenant's things are called; each such name is replaced
wherever it stands as a whole word: keys, documents, identifiers, secrets.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from profiles.model import Profile
from profiles.naming import Names, names
from relab.errors import UsageError
from relab.resources.item import Item
from restore.references import changes
from restore.rewrite import Rewriting

# A tag, label or variable whose value may be a tenant's bare number.
_NUMBER = re.compile(r"(?i)(tenant|user|student)([_-]?(num|number|id|no))?$")
_HEAD = re.compile(r"A(?:ROA|IDA|GPA|NPA|IPA)|[a-z]+-(?=[0-9a-f]+$)")
_INNER = frozenset(":/.")
_KINDS = ("namespaces", "profiles", "buckets", "repositories")


@dataclass(frozen=True)
class Renaming(Rewriting):
    """From tenant `source` to tenant `target` (two-digit numbers); `pairs` are old -> new names.

    `ids` are made by AWS or a cluster: several clones must not share one, or the id map of one
    would be that of all. What stands in for it is never sent, but mapped to what comes to be.
    """

    source: str
    target: str
    pairs: Mapping[str, str]
    ids: Mapping[str, str] = field(default_factory=dict)

    def text(self, text: str) -> str:
        """Return `text` with all names and ids replaced."""
        return self._words.sub(lambda found: self._new[found[0]], text)

    def tenant(self, tenant: str) -> str:
        """Return the target: all that is renamed is its."""
        del tenant
        return self.target

    def member(self, key: str, value: Any, node: Mapping[str, Any]) -> Any:
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
    def _new(self) -> dict[str, str]:
        return {**self.ids, **self.pairs}

    @cached_property
    def _words(self) -> re.Pattern[str]:
        longest_first = sorted(self._new, key=len, reverse=True)
        listed = "|".join(map(re.escape, longest_first))
        return re.compile(rf"(?<![A-Za-z0-9])(?:{listed})(?![A-Za-z0-9])")


def renaming(profile: Profile, source: str, target: str, items: Iterable[Item] = ()) -> Renaming:
    """Return the renaming of `items` from `source` to `target` by the rules of `profile`.

    UsageError when both are one.
    """
    if source == target:
        raise UsageError(f"tenant {source} is itself", fix="name another tenant")
    old, new = names(profile, source), names(profile, target)
    mine = (item for item in items if item.tenant == source)
    ids = {one: _stand_in(one, target) for item in mine for one in _ids(item)}
    return Renaming(source, target, pairs_of(old, new), ids)


def _ids(item: Item) -> Iterator[str]:
    """Yield the bare ids of `item` that are random: none that stand inside of an ARN."""
    uid = (item.observed.get("metadata") or {}).get("uid", "")
    for name in (*item.identifiers, uid):
        if changes(name) and not _INNER & set(name):
            yield name


def _stand_in(identifier: str, target: str) -> str:
    """Return another id of the same form, the same one each time."""
    mark = hashlib.sha256(f"{target} {identifier}".encode()).hexdigest()
    head = _HEAD.match(identifier)
    start = head.end() if head else 0
    body = (c if c == "-" else mark[n % len(mark)] for n, c in enumerate(identifier[start:]))
    made = "".join(body)
    return identifier[:start] + (made.upper() if identifier.isupper() else made)


def pairs_of(old: Names, new: Names) -> dict[str, str]:
    """Return old name -> new name, of all that a tenant's things are called."""
    return {old.user: new.user, old.owner: new.owner, **_listed(old, new)}


def _listed(old: Names, new: Names) -> dict[str, str]:
    pairs = (
        (before.rstrip("*-/"), after.rstrip("*-/"))
        for kind in _KINDS
        for before, after in zip(getattr(old, kind), getattr(new, kind), strict=False)
    )
    return {before: after for before, after in pairs if before}
