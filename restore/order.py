"""The graph of a restore: every step of every item, and what it waits for."""

from collections.abc import Iterable, Mapping

from relab.resources.item import Item, canonical
from relab.resources.registry import by_name
from restore.aws_needs import Directory, connect, needs
from restore.decide import AWS
from restore.graph import Graph, Node, Phase
from restore.kube_order import CALM, TIERS, tier
from restore.relocate import BUCKET
from restore.taken import mentioned

ALL = "all objects of "
_BARRIER = ALL + "tier {}"
# Nothing of the account may be set off before all of it stands.
_CALM = Node(ALL + "the account", Phase.DATA)


def build(items: Iterable[Item], directory: Directory, holders: Iterable[str] = ()) -> Graph:
    """Return the graph of `items` and of the data inside `holders` (identities)."""
    graph = Graph()
    kube: dict[int, list[Item]] = {number: [] for number in range(len(TIERS))}
    every = list(items)
    for item in every:
        if item.provider == AWS:
            connect(graph, item, needs(item, directory))
            if item.owner:
                graph.add(Node(item.identity, Phase.CREATE), [Node(item.owner, Phase.CREATE)])
        else:
            kube[tier(item)].append(item)
            account = (Node(one, Phase.CREATE) for one in directory.of_the_account(item))
            graph.add(Node(item.identity, Phase.CREATE), account)
    _named(graph, every)
    _tiers(graph, kube)
    for identity in holders:
        _data(graph, identity)
    _triggers(graph, every)
    _schedules(graph, kube[len(TIERS) - 1])
    return graph


def _named(graph: Graph, items: Iterable[Item]) -> None:
    """Let all that names a bucket wait for it: it may get another name, if its own is taken."""
    every = list(items)
    buckets = {item.key: item.identity for item in every if item.type == BUCKET}
    names = tuple(sorted(buckets))
    for item in every if names else ():
        for name in mentioned(canonical(item.document).decode("utf-8", "replace"), names):
            graph.add(Node(item.identity, Phase.CREATE), wish=[Node(buckets[name], Phase.CREATE)])


def is_barrier(node: Node) -> bool:
    """Tell whether `node` is nothing to do, only something to wait for."""
    return node.identity.startswith(ALL)


def _tiers(graph: Graph, kube: Mapping[int, list[Item]]) -> None:
    before: list[Node] = []
    for number, items in kube.items():
        for item in items:
            graph.add(Node(item.identity, Phase.CREATE), before)
        barrier = Node(_BARRIER.format(number), Phase.LATE)
        graph.add(barrier, [*before, *(Node(item.identity, Phase.CREATE) for item in items)])
        before = [barrier]


def _triggers(graph: Graph, items: Iterable[Item]) -> None:
    """Let the late calls, which let things happen, wait for all that can be waited for.

    Of what lets things happen by being there (an alarm, a subscription) these are all calls.
    """
    kinds = by_name()
    mine = {item.identity: kinds.get(item.type) for item in items if item.provider == AWS}
    going = {name for name, kind in mine.items() if kind and kind.create and kind.create.late}
    nodes = [node for node in graph.waits if node.identity.startswith(f"{AWS}:")]
    late = [node for node in nodes if node.phase is Phase.LATE or node.identity in going]
    if late:
        calm = set(nodes) - set(late)
        graph.add(_CALM, wish=sorted(calm))
    for node in late:
        graph.add(node, wish=[_CALM])


def _schedules(graph: Graph, items: Iterable[Item]) -> None:
    """Let what starts work by itself wait for all data and for what is late in the account."""
    last = (Phase.DATA, Phase.LATE)
    wanted = [one for one in graph.waits if one.phase in last and not is_barrier(one)]
    for item in items:
        graph.add(Node(item.identity, Phase.CREATE), wish=wanted)


def _data(graph: Graph, identity: str) -> None:
    """Put data after its holder's configuration, and the holder's late calls after the data."""
    node = Node(identity, Phase.DATA)
    steps = (Node(identity, phase) for phase in (Phase.CREATE, Phase.CONFIGURE))
    after = [one for one in steps if one in graph.waits]
    if identity.startswith("kubernetes:"):
        # Pods must run before anything can be put into them.
        after.append(Node(_BARRIER.format(CALM), Phase.LATE))
    graph.add(node, after)
    late = Node(identity, Phase.LATE)
    if late in graph.waits:
        graph.add(late, [node])
