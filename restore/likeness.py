"""Which of several things that are all alike is which: told by what they refer to, and by whom.

Two addresses have the same document; only the gateways that use them tell them apart, and those
perhaps only by the routes that lead to them. So each thing has a colour: at first what it says
without its references, then round by round also the colours of all that it refers to and that
refers to it (Weisfeiler and Leman, 1968). Equal colours in both worlds mean the same as far around.
What is called alike in both worlds, and each pair that was matched, keeps a colour of its own.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from relab.resources.item import Item, canonical, digest
from restore.aws_needs import Directory
from restore.references import Finder, changes

# So far away may stand what tells two things apart.
ROUNDS = 8
_AWS = "aws"
_BLANK = "\ue000"
_OWNER = "#owner"
# Where something stands in a document, places in lists left out, and the identity of what it is.
_Edge = tuple[str, str]
_Colours = dict[str, int]
_Number = Callable[[Any], int]


@dataclass(slots=True)
class _World:
    """What the items of a world say without their references, and where they refer to what."""

    owners: Mapping[str, str]
    finder: Finder = field(init=False)
    looks: dict[str, str] = field(default_factory=dict)
    out: dict[str, list[_Edge]] = field(default_factory=lambda: defaultdict(list))
    into: dict[str, list[_Edge]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.finder = Finder(self.owners)

    def add(self, item: Item) -> None:
        """Take note of `item`."""
        me, edges = item.identity, [(_OWNER, item.owner)] if item.owner else []
        look = digest([item.type, self._blank(dict(item.document), "", edges)])
        named = not item.owner and not changes(item.key)
        self.looks[me] = me if named else look
        for place, target in edges:
            if target != me:
                self.out[me].append((place, target))
                self.into[target].append((place, me))

    def first(self, number: _Number, kept: Mapping[str, str]) -> _Colours:
        """Return the colours to begin with: of what is `kept` by its name, else by its look."""
        return {one: number(kept.get(one, look)) for one, look in self.looks.items()}

    def after(self, number: _Number, kept: Mapping[str, str], now: _Colours) -> _Colours:
        """Return the colours one round later; what is `kept`, or has a name, keeps its own."""

        def around(edges: Iterable[_Edge]) -> tuple[tuple[str, int], ...]:
            seen = ((place, now[one] if one in now else number(one)) for place, one in edges)
            return tuple(sorted(seen))

        def later(one: str) -> int:
            if one in kept or self.looks[one] == one:
                return now[one]
            return number((now[one], around(self.out.get(one, ())), around(self.into.get(one, ()))))

        return {one: later(one) for one in self.looks}

    def _blank(self, node: Any, place: str, edges: list[_Edge]) -> Any:
        """Return `node` without identifiers and without any order; add what it refers to."""

        def gone(identifier: str) -> str:
            edges.append((place, self.owners[identifier]))
            return _BLANK

        if isinstance(node, str):
            return self.finder.replaced(node, gone)
        if isinstance(node, Mapping):
            names = {key: self.finder.replaced(key, gone) for key in node}
            return {
                names[key]: self._blank(value, f"{place}/{names[key]}", edges)
                for key, value in node.items()
            }
        if isinstance(node, list):
            return sorted((self._blank(one, f"{place}/*", edges) for one in node), key=canonical)
        return node


@dataclass(slots=True)
class Likeness:
    """Tells how alike an item of the saved world and one of the live world are, each in its own."""

    saved: _World
    live: _World
    _pairs: dict[str, str] = field(default_factory=dict)
    _stages: list[tuple[_Colours, _Colours]] = field(default_factory=list)

    @classmethod
    def of(cls, saved: Iterable[Item], live: Iterable[Item]) -> "Likeness":
        """Return what compares two worlds, as far as they are in the account."""
        worlds = [[item for item in items if item.provider == _AWS] for items in (saved, live)]
        # What one of them no longer has may still be named there.
        mine, theirs = (Directory(items).owners for items in worlds)
        made = cls(_World({**theirs, **mine}), _World({**mine, **theirs}))
        for world, items in zip((made.saved, made.live), worlds, strict=True):
            for item in items:
                world.add(item)
        return made

    def pair(self, saved: str, live: str) -> None:
        """Say that the items of these identities are one and the same."""
        if saved != live:
            self._pairs[saved] = live

    def refine(self) -> None:
        """Let all that was paired meanwhile tell more of what is around it."""
        self._stages = []

    def rounds(self, saved: str, live: str) -> int:
        """Return for how many rounds two items have the same colour; 0 if they look different."""
        self._stages = self._stages or list(self._coloured())
        same = (mine.get(saved) == theirs.get(live) for mine, theirs in self._stages)
        return sum(1 for _ in takewhile(bool, same))

    def is_alone(self, saved: str) -> bool:
        """Tell whether an item refers to nothing and nothing to it: any one like it will do."""
        return not self.saved.out.get(saved) and not self.saved.into.get(saved)

    def _coloured(self) -> Iterator[tuple[_Colours, _Colours]]:
        """Yield the colours of both worlds, each more telling than the ones before."""
        numbers: dict[Any, int] = {}

        def number(what: Any) -> int:
            return numbers.setdefault(what, len(numbers))

        both = self.saved.looks.keys() & self.live.looks.keys()
        mine = {one: one for one in both} | {one: f"pair {one}" for one in self._pairs}
        theirs = {one: one for one in both} | {
            now: f"pair {one}" for one, now in self._pairs.items()
        }
        saved, live = self.saved.first(number, mine), self.live.first(number, theirs)
        yield saved, live
        for _ in range(ROUNDS):
            saved = self.saved.after(number, mine, saved)
            live = self.live.after(number, theirs, live)
            yield saved, live
