"""What waits for what: steps of items, ordered so that nothing is named before it is there.

A cycle of references is cut by *create first, configure after*. What should wait only if it can
(`wishes`, such as for a role's policies before the role is used) is let go inside a cycle; and so
is, where creations wait for one another, what one of them only says the name of.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Phase(IntEnum):
    """The steps of one item, in their order; `DATA` is what is inside, `LATE` what waits for it.

    What goes takes the last two: `LOOSEN` lets go of what hangs on it, `REMOVE` removes it.
    """

    CREATE = 0
    CONFIGURE = 1
    DATA = 2
    LATE = 3
    LOOSEN = 4
    REMOVE = 5


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """One step of the item called `identity`."""

    identity: str
    phase: Phase


@dataclass(slots=True)
class Graph:
    """Nodes and the nodes that each waits for; `said` are those it only says the name of.

    `let_go` are the pairs of these that would have closed a circle.
    """

    waits: dict[Node, set[Node]] = field(default_factory=dict)
    wishes: dict[Node, set[Node]] = field(default_factory=dict)
    said: dict[Node, set[Node]] = field(default_factory=dict)
    let_go: set[tuple[Node, Node]] = field(default_factory=set)

    def add(self, node: Node, after: Iterable[Node] = (), wish: Iterable[Node] = ()) -> None:
        """Add `node`, which must come after some nodes, and would like to after others."""
        self.waits.setdefault(node, set()).update(one for one in after if one != node)
        self.wishes.setdefault(node, set()).update(one for one in wish if one != node)

    def item(self, identity: str, phases: Iterable[Phase]) -> None:
        """Add the steps of an item, each after the one before."""
        before: list[Node] = []
        for phase in sorted(phases):
            self.add(Node(identity, phase), before)
            before = [Node(identity, phase)]

    def say(self, node: Node, others: Iterable[Node]) -> None:
        """Let `node` wait for `others`, unless that closes a circle: it only says their names."""
        found = set(others) - {node}
        self.add(node, found)
        self.said.setdefault(node, set()).update(found)

    def _let_go(self) -> None:
        """Take away what is only said and closes a circle of what is waited for."""
        known = {n: {one for one in after if one in self.waits} for n, after in self.waits.items()}
        part = {node: number for number, group in enumerate(components(known)) for node in group}
        for node, said in self.said.items():
            closing = {one for one in said if part.get(one) == part[node]}
            self.waits[node] -= closing
            self.let_go.update((node, one) for one in closing)

    def settled(self) -> dict[Node, set[Node]]:
        """Return what each node waits for: wishes too, but those that close a circle.

        Nodes that nothing adds are left out. What still stands in a circle is told by `circles`.
        """
        self._let_go()
        whole = {
            node: {one for one in (*after, *self.wishes.get(node, ())) if one in self.waits}
            for node, after in self.waits.items()
        }
        part = {node: number for number, group in enumerate(components(whole)) for node in group}
        return {
            node: {one for one in after if one in self.waits[node] or part[one] != part[node]}
            for node, after in whole.items()
        }


def circles(waits: Mapping[Node, set[Node]]) -> list[list[Node]]:
    """Return the groups of nodes that wait for one another, sorted; none in a good graph."""
    return [
        sorted(group)
        for group in components(waits)
        if len(group) > 1 or any(node in waits[node] for node in group)
    ]


def components(waits: Mapping[Node, set[Node]]) -> Iterator[list[Node]]:
    """Yield the strongly connected components, each after those it waits for (Tarjan, 1972)."""
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: list[Node] = []
    on_stack: set[Node] = set()
    for root in waits:
        if root not in index:
            yield from _from(root, waits, (index, low, stack, on_stack))


_State = tuple[dict[Node, int], dict[Node, int], list[Node], set[Node]]


def _from(root: Node, waits: Mapping[Node, set[Node]], state: _State) -> Iterator[list[Node]]:
    """Walk from `root` without recursion: a chain may be longer than Python's stack."""
    index, low, stack, on_stack = state
    path: list[tuple[Node, Iterator[Node]]] = []
    _enter(root, waits, path, state)
    while path:
        node, rest = path[-1]
        for target in rest:
            if target not in index:
                _enter(target, waits, path, state)
                break
            if target in on_stack:
                low[node] = min(low[node], index[target])
        else:
            path.pop()
            if path:
                low[path[-1][0]] = min(low[path[-1][0]], low[node])
            if low[node] == index[node]:
                yield _component(node, stack, on_stack)


def _enter(
    node: Node,
    waits: Mapping[Node, set[Node]],
    path: list[tuple[Node, Iterator[Node]]],
    state: _State,
) -> None:
    index, low, stack, on_stack = state
    index[node] = low[node] = len(index)
    stack.append(node)
    on_stack.add(node)
    path.append((node, iter(sorted(waits.get(node, ())))))


def _component(root: Node, stack: list[Node], on_stack: set[Node]) -> list[Node]:
    found: list[Node] = []
    while True:
        node = stack.pop()
        on_stack.discard(node)
        found.append(node)
        if node == root:
            return found
