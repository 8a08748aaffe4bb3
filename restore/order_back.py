"""The order in which things go: that of their making, turned round, after all that is made."""

from collections.abc import Iterable, Iterator

from relab.resources.item import Item
from relab.resources.registry import by_name
from restore.aws_needs import Directory, Needs, needs
from restore.decide import AWS
from restore.graph import Graph, Node, Phase
from restore.kube_order import TIERS, tier
from restore.live import Live
from restore.model import INSIDE, Action, Planned
from restore.order import ALL, is_barrier

_MADE = Node(f"{ALL}what is made", Phase.LATE)
_GOING = ALL + "tier {} that go"


def take_away(graph: Graph, rows: Iterable[Planned], live: Live) -> None:
    """Add to `graph` the removals among `rows`; what they wait for is told by what is `live`.

    Nothing is added when there is none.
    """
    going = [row for row in rows if row.action is Action.REMOVE]
    if not going:
        return
    graph.add(_MADE, list(graph.waits))
    items = [item for row in going if (item := live.get(row.identity)) is not None]
    for row in going:
        graph.add(Node(row.identity.removesuffix(INSIDE), Phase.REMOVE), [_MADE])
    _objects(graph, [item for item in items if item.provider != AWS])
    directory = Directory(live.everything()) if items else Directory(())
    names = frozenset(item.identity for item in items)
    for item in items:
        if item.provider == AWS:
            _of_account(graph, item, needs(item, directory), names)
        else:
            _after(graph, directory.of_the_account(item) & names, Node(item.identity, Phase.REMOVE))


def _of_account(graph: Graph, item: Item, found: Needs, going: frozenset[str]) -> None:
    """Let `item` go before what its calls name; with what it can let go of, that is enough.

    Two that name each other are cut by letting go of both first.
    """
    gone = Node(item.identity, Phase.REMOVE)
    _after(graph, found.create & going, gone)
    later = (found.configure | found.late) & going
    if by_name()[item.type].loosen:
        free = Node(item.identity, Phase.LOOSEN)
        graph.add(free, [_MADE])
        graph.add(gone, [free])
        for name in later:
            graph.add(Node(name, Phase.REMOVE), [free])
    _after(graph, later, gone)


def _after(graph: Graph, names: Iterable[str], gone: Node) -> None:
    """Let those called `names` go after `gone` if that can be."""
    for name in names:
        graph.add(Node(name, Phase.REMOVE), wish=[gone])


def _objects(graph: Graph, items: Iterable[Item]) -> None:
    """Let objects of a cluster go tier by tier, the last one first."""
    tiers: list[list[Node]] = [[] for _ in TIERS]
    for item in items:
        tiers[tier(item)].append(Node(item.identity, Phase.REMOVE))
    before: list[Node] = [_MADE]
    for number, nodes in reversed(list(enumerate(tiers))):
        for node in nodes:
            graph.add(node, before)
        barrier = Node(_GOING.format(number), Phase.REMOVE)
        graph.add(barrier, [*before, *nodes])
        before = [barrier]


def waits(rows: Iterable[Planned], live: Live) -> Iterator[tuple[str, str]]:
    """Yield pairs of identities of removals of which the first goes only after the second."""
    graph = Graph()
    take_away(graph, rows, live)
    for node, after in graph.settled().items():
        for one in after:
            if not (is_barrier(node) or is_barrier(one) or one.identity == node.identity):
                yield node.identity, one.identity
