"""The graph of a restore: every step of every item, and what it waits for."""

from collections.abc import Iterable, Mapping

from relab.resources.item import Item
from restore.aws_needs import Directory, connect, needs
from restore.decide import AWS
from restore.graph import Graph, Node, Phase
from restore.kube_order import TIERS, tier

_BARRIER = "all objects of tier {}"


def build(items: Iterable[Item], directory: Directory, holders: Iterable[str] = ()) -> Graph:
    """Return the graph of `items` and of the data inside `holders` (identities)."""
    graph = Graph()
    kube: dict[int, list[Item]] = {number: [] for number in range(len(TIERS))}
    for item in items:
        if item.provider == AWS:
            connect(graph, item, needs(item, directory))
            if item.owner:
                graph.add(Node(item.identity, Phase.CREATE), [Node(item.owner, Phase.CREATE)])
        else:
            kube[tier(item)].append(item)
    _tiers(graph, kube)
    for identity in holders:
        _data(graph, identity)
    return graph


def is_barrier(node: Node) -> bool:
    """Tell whether `node` is nothing to do, only something to wait for."""
    return node.identity.startswith(_BARRIER.partition("{")[0])


def _tiers(graph: Graph, kube: Mapping[int, list[Item]]) -> None:
    before: list[Node] = []
    for number, items in kube.items():
        for item in items:
            graph.add(Node(item.identity, Phase.CREATE), before)
        barrier = Node(_BARRIER.format(number), Phase.LATE)
        graph.add(barrier, [*before, *(Node(item.identity, Phase.CREATE) for item in items)])
        before = [barrier]


def _data(graph: Graph, identity: str) -> None:
    """Put data after its holder's configuration, and the holder's late calls after the data."""
    node = Node(identity, Phase.DATA)
    steps = (Node(identity, phase) for phase in (Phase.CREATE, Phase.CONFIGURE))
    after = [one for one in steps if one in graph.waits]
    if identity.startswith("kubernetes:"):
        # Pods must run before anything can be put into them.
        after.append(Node(_BARRIER.format(len(TIERS) - 1), Phase.LATE))
    graph.add(node, after)
    late = Node(identity, Phase.LATE)
    if late in graph.waits:
        graph.add(late, [node])
