"""The program of an aide: parts come on connections whose descriptors are its words.

The first message on the first is what it works with. It ends with whoever started it.
"""

import os
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from relab.clouds import expect_many_objects
from snapshot.collect.aides import Done, Part
from snapshot.collect.world import Brief, World
from snapshot.vault.stores import open_store


def main() -> None:
    """Serve every connection on a thread of its own until one is closed."""
    expect_many_objects()
    _give_way()
    lines = [Connection(int(word)) for word in sys.argv[1:]]
    brief, where, access = lines[0].recv()
    shared = World(brief)
    if access:
        shared.objects.take(access)
    if shared.objects.ready():
        for line in lines:
            world = _lane(brief, where, shared)
            threading.Thread(target=_serve, args=(line, world), daemon=True).start()
        threading.Event().wait()


def _give_way() -> None:
    """Let nobody be interrupted when this process wakes up, such as who is just answering it.

    Whoever works then does so for longer at a stretch, in a warm cache.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _lane(brief: Brief, where: str, shared: World) -> World:
    """Return a world with a store of its own: what one part has written goes with its answer."""
    world = World(brief, open_store(where, shared.client))
    vars(world)["objects"] = shared.objects
    return world


def _serve(line: "Connection[Any, Any]", world: World) -> None:
    try:
        while True:
            line.send(_done(line.recv(), world))
    except (EOFError, OSError):
        os._exit(0)


def _done(part: Part[Any], world: World) -> Done:
    try:
        return Done(part.run(world), blobs=world.store.handed())
    except Exception as error:  # noqa: BLE001 - raised by whoever asked
        return Done(error=error, blobs=world.store.handed())
