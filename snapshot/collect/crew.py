"""Who runs the tasks: threads of this process, or the workers of a Dask cluster."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relab.errors import CannotTell, UsageError
from snapshot.collect.work import Found, Task, perform
from snapshot.collect.world import Brief, World, world_of

if TYPE_CHECKING:
    from distributed import Client

THREADS = 16
_CONNECT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Crew:
    """Where to hand a task in, and how many of them run at once."""

    submit: Callable[[Task], "Future[Found]"]
    size: int


@contextmanager
def threads(world: World, size: int = THREADS) -> Iterator[Crew]:
    """Run tasks on `size` threads; what has not begun is dropped when the block ends early."""
    pool = ThreadPoolExecutor(size, thread_name_prefix="save")
    try:
        yield Crew(lambda task: pool.submit(perform, task, world), size)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def cluster(brief: Brief, scheduler: str) -> Iterator[Crew]:
    """Run tasks on the Dask cluster at `scheduler`, such as `tcp://host:8786`.

    UsageError without the `distributed` package, CannotTell when nobody answers there. A worker
    that dies is no loss: Dask runs its tasks again on another.
    """
    client = _connect(scheduler)
    try:
        pool: Executor = client.get_executor(pure=False)
        workers = sum(client.nthreads().values())
        if not workers:
            raise CannotTell("the scheduler has no workers", where=scheduler, fix="start some")
        yield Crew(lambda task: pool.submit(_elsewhere, task, brief), workers)
    finally:
        client.close()


def _elsewhere(task: Task, brief: Brief) -> Found:
    """Run `task` in a worker's process; its data is durable before it answers."""
    world = world_of(brief)
    found = perform(task, world)
    world.store.flush()
    return found


def _connect(scheduler: str) -> "Client":
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError(
            "--scheduler needs Dask", fix="pip install 'relab[cluster]' here and on the workers"
        ) from error
    try:
        return Client(scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise CannotTell(
            "no Dask scheduler answers", where=scheduler, fix="start one: dask scheduler"
        ) from error
