import random
from graphlib import TopologicalSorter

from restore.graph import Graph, Node, Phase, circles, components


def create(name: str) -> Node:
    return Node(name, Phase.CREATE)


def configure(name: str) -> Node:
    return Node(name, Phase.CONFIGURE)


def order(graph: Graph) -> list[Node]:
    return list(TopologicalSorter(graph.settled()).static_order())


def test_steps_of_an_item_come_in_their_order() -> None:
    graph = Graph()
    graph.item("a", [Phase.LATE, Phase.CREATE, Phase.DATA])
    assert order(graph) == [Node("a", p) for p in (Phase.CREATE, Phase.DATA, Phase.LATE)]


def test_a_circle_of_references_is_cut_by_configuring_after() -> None:
    graph = Graph()
    for one, other in (("a", "b"), ("b", "a")):
        graph.item(one, [Phase.CREATE, Phase.CONFIGURE])
        graph.add(configure(one), [create(other)], wish=[configure(other)])
    found = order(graph)
    assert set(found[:2]) == {create("a"), create("b")}
    assert circles(graph.settled()) == []


def test_a_wish_is_granted_where_it_closes_no_circle() -> None:
    graph = Graph()
    for name in ("role", "cluster"):
        graph.item(name, [Phase.CREATE, Phase.CONFIGURE])
    graph.add(create("cluster"), [create("role")], wish=[configure("role")])
    found = order(graph)
    assert found.index(configure("role")) < found.index(create("cluster"))


def test_a_circle_that_nothing_cuts_is_named() -> None:
    graph = Graph()
    graph.add(create("a"), [create("b")])
    graph.add(create("b"), [create("a")])
    graph.add(create("c"), [create("a")])
    assert circles(graph.settled()) == [[create("a"), create("b")]]


def test_what_is_only_said_is_waited_for_where_it_closes_no_circle() -> None:
    graph = Graph()
    graph.say(create("dead"), [create("jobs"), create("other")])
    graph.add(create("jobs"), [create("dead")])
    graph.add(create("other"))
    assert order(graph) == [create("other"), create("dead"), create("jobs")]
    assert graph.let_go == {(create("dead"), create("jobs"))}


def test_what_is_not_restored_is_not_waited_for() -> None:
    graph = Graph()
    graph.add(create("a"), [create("gone")])
    assert order(graph) == [create("a")]


def test_a_long_chain_is_no_trouble() -> None:
    graph = Graph()
    for number in range(20_000):
        graph.add(create(f"{number:05}"), [create(f"{number - 1:05}")])
    assert order(graph)[0] == create("00000")


def test_components_partition_any_graph_and_come_in_order() -> None:
    chance = random.Random(7)
    for _ in range(200):
        nodes = [create(str(n)) for n in range(chance.randint(1, 12))]
        waits = {
            node: {one for one in nodes if one != node and chance.random() < 0.2} for node in nodes
        }
        groups = list(components(waits))
        assert sorted(node for group in groups for node in group) == sorted(nodes)
        place = {node: number for number, group in enumerate(groups) for node in group}
        assert all(place[one] <= place[node] for node, after in waits.items() for one in after)
        for group in groups:
            assert all(group[0] in reach(node, waits) for node in group if len(group) > 1)


def reach(node: Node, waits: dict[Node, set[Node]]) -> set[Node]:
    found: set[Node] = set()
    left = [node]
    while left:
        left += [one for one in waits[left.pop()] if one not in found and not found.add(one)]  # type: ignore[func-returns-value]
    return found
