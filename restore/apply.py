"""Do the steps of a plan, many at once, each when what it waits for is done."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from queue import SimpleQueue

from relab.clouds.outcome import shorten
from relab.errors import RelabError
from relab.events import Event, RestoreFinished, RestoreStarted, StepDone, StepFailed
from relab.interrupts import postponed
from restore.graph import Graph, Node
from restore.hands import Hands
from restore.journal import State
from restore.model import CHANGES, INSIDE, Action, Plan, Planned
from restore.order import is_barrier
from restore.order_back import take_away
from restore.trouble import NotDone

THREADS = 16


class Applier:
    """One run over a plan; what is done already is not done again."""

    def __init__(self, plan: Plan, hands: Hands, workers: int = THREADS) -> None:
        self._plan = plan
        self._hands = hands
        self._workers = workers
        self._tenants = {row.identity.removesuffix(INSIDE): row.tenant for row in plan.items}
        self._failed: dict[Node, str] = {}
        self._before: frozenset[Node] = frozenset()
        # What a step's thread tells, and its end; None is a Ctrl+C.
        self._ended: SimpleQueue[Future[int] | Event | None] = SimpleQueue()
        self._done = 0
        self._left = 0

    def run(self, *, resumed: bool = False) -> Iterator[Event]:
        """Yield what happens; RestoreFinished comes last, also when some steps failed."""
        began = time.monotonic()
        self._hands.begin(self._plan)
        graph = self._graph()
        waits = graph.settled()
        self._hands.aws.only_said = frozenset((a.identity, b.identity) for a, b in graph.let_go)
        yield self._begun([node for node in waits if not is_barrier(node)], resumed)
        with (
            ThreadPoolExecutor(self._workers, thread_name_prefix="restore") as pool,
            postponed(lambda: self._ended.put(None)) as check,
        ):
            try:
                yield from self._steps(graph, waits, pool, check)
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        seconds = time.monotonic() - began
        yield RestoreFinished(self._plan.id, self._done, len(self._failed), seconds, _now())

    def _begun(self, steps: Sequence[Node], resumed: bool) -> RestoreStarted:
        state = self._hands.journal.state
        self._before = frozenset(node for node in steps if state(node) is State.DONE)
        self._left = len(steps)
        return RestoreStarted(
            self._plan.id,
            self._plan.snapshot,
            self._plan.account,
            self._left,
            resumed,
            _now(),
            Counter(map(self._tenant, steps)),
            len(self._before),
        )

    def _graph(self) -> Graph:
        """Return the graph of all that has something to be done."""
        rows = [row for row in self._plan.items if row.action in CHANGES or follows(row)]
        held = [row.identity for row in rows if row.identity.endswith(INSIDE)]
        items = [row.identity for row in rows if not row.identity.endswith(INSIDE)]
        graph = self._hands.saved.graph(items, [name.removesuffix(INSIDE) for name in held])
        take_away(graph, self._plan.items, self._hands.live)
        return graph

    def _steps(
        self,
        graph: Graph,
        waits: Mapping[Node, set[Node]],
        pool: ThreadPoolExecutor,
        check: Callable[[], None],
    ) -> Iterator[Event]:
        order = TopologicalSorter(waits)
        order.prepare()
        running: dict[Future[int], Node] = {}
        self._hands.aws.tell = self._ended.put
        while order.is_active():
            check()
            for node in order.get_ready():
                why = self._hindered(graph, node)
                if why:
                    yield self._fail(node, why)
                    order.done(node)
                elif is_barrier(node):
                    order.done(node)
                else:
                    future = pool.submit(self._do, node)
                    running[future] = node
                    # Told one by one: to wait for any of thousands looks at each, each time.
                    future.add_done_callback(self._ended.put)
            if running:
                came = self._ended.get()
                if not isinstance(came, Future):
                    yield from filter(None, (came,))
                    continue
                node = running.pop(came)
                yield self._told(node, came)
                order.done(node)

    def _hindered(self, graph: Graph, node: Node) -> str:
        """Return why `node` cannot be done now: what it truly needs was not."""
        for one in sorted(graph.waits.get(node, ())):
            if one in self._failed and not is_barrier(node):
                return f"needs {one.identity}, which was not done"
        return ""

    def _do(self, node: Node) -> int:
        if self._hands.journal.state(node) is State.DONE:
            return 0
        made = self._hands.do(node)
        self._hands.journal.did(node, later=self._hands.repeatable(node))
        return made

    def _told(self, node: Node, future: "Future[int]") -> Event:
        try:
            made = future.result()
        except NotDone as error:
            return self._fail(node, str(error))
        except RelabError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault in one step must not lose the others
            return self._fail(node, shorten(f"{type(error).__name__}: {error}"))
        self._done += 1
        self._left -= 1
        return StepDone(
            node.identity,
            node.phase.name.lower(),
            self._tenant(node),
            made,
            self._done,
            self._left,
            self._hands.notes.pop(node.identity, ""),
            node in self._before,
        )

    def _fail(self, node: Node, why: str) -> StepFailed:
        self._failed[node] = why
        self._left -= 1
        self._hands.journal.failed(node, why)
        return StepFailed(node.identity, node.phase.name.lower(), self._tenant(node), why)

    def _tenant(self, node: Node) -> str:
        return self._tenants.get(node.identity, "")


def follows(row: Planned) -> bool:
    """Tell whether `row` comes back with its owner, and is then looked at."""
    return row.action is Action.SKIP and row.follows


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
