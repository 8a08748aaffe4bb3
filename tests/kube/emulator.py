"""Runs the emulator on its own thread, so that blocking clients can talk to it."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from relab.sandbox.kube import Cluster, User
from tests.kube.differences import ABSENT
from tests.kube.world import World

TOKENS = {
    "admin-token": User("admin", "1", ("system:masters",)),
    "alice-token": User("alice", "2", ("team",)),
    "bob-token": User("bob", "3", ()),
    "carol-token": User("carol", "4", ("team",)),
}
T = TypeVar("T")


class Running:
    """A started cluster; `call` runs a function on its loop."""

    def __init__(self, cluster: Cluster, loop: asyncio.AbstractEventLoop) -> None:
        self.cluster = cluster
        self._loop = loop

    def call(self, function: Callable[..., T], *values: Any, **named: Any) -> T:
        """Run `function` on the event loop's thread and return what it returns."""

        async def inner() -> T:
            return function(*values, **named)

        return asyncio.run_coroutine_threadsafe(inner(), self._loop).result(30)


@contextlib.contextmanager
def running(cluster: Cluster) -> Iterator[Running]:
    """Start `cluster` on a thread of its own and stop it at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(cluster.start(), loop).result(30)
        yield Running(cluster, loop)
    finally:
        asyncio.run_coroutine_threadsafe(cluster.stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def namespace_of(profile: str) -> str:
    """Return the namespace of a profile, by a rule like the lab's."""
    return profile.replace("profile-", "kubeflow-", 1)


def world_of(server: Running, folder: Path) -> World:
    """Return the world of a running emulator."""
    ca = folder / "ca.pem"
    ca.write_text(server.cluster.ca_pem)
    names = ("service_backend", "set_log", "pause_profile", "resume_profile")
    hooks = {name: partial(server.call, getattr(server.cluster, name)) for name in names}
    offers = frozenset(ABSENT)
    tokens = {user.name: token for token, user in TOKENS.items()}
    return World(server.cluster.url, ca, tokens, folder, offers, hooks)
