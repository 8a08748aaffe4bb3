"""Databases in pods: each dump is loaded by the profile's command, unless it is there already.

Only commands that the profile declares are run: those that stand in a vault are not trusted.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from relab.clouds.exec import Running
from restore.calls import Patience
from restore.data import wording
from restore.data.seen import looking
from restore.trouble import NotDone
from restore.vessel import Poured, Vessel
from snapshot.collect.world import World
from snapshot.data.dumps import TakeDump, declared
from snapshot.data.pods import Broken, is_running, pods
from snapshot.vault.model import Entry

# A database of a minute ago may still be starting.
PATIENCE = Patience(tries=24, first=0.5, longest=10.0)


def pour(vessel: Vessel) -> Poured:
    """Load the dumps of a namespace into its databases."""
    known = {task.key: task for task in declared(vessel.world.profile)}
    made, failed = 0, []
    for entry in vessel.entries():
        task = known.get(f"{vessel.key}/{entry.item.key.partition('/')[2]}")
        try:
            made += _pour(vessel, entry, task)
        except (NotDone, Broken) as why:
            failed.append((entry.item.key, str(why)))
    return Poured(made, tuple(failed))


def _pour(vessel: Vessel, entry: Entry, task: TakeDump | None) -> int:
    """Load a dump; NotDone when the database is not what it was afterwards."""
    if task is None:
        raise NotDone("the profile declares no dump of this name: add it below `dumps`")
    world, digest = vessel.world, _digest(vessel, entry)
    _wait(world, task)
    standing, _ = _seen(world, task)
    if standing == digest:
        return 0
    running = Running(
        world.kube, world.kube_target, task.where(world), task.load, _dump(vessel, entry)
    )
    for _ in running.chunks():
        pass
    if not running.reply.ok:
        raise NotDone(f"load: {running.reply.status}: {running.reply.detail}")
    standing, why = _seen(world, task)
    if standing != digest:
        raise NotDone(f"the database is not what it was after its load{why}")
    return 1


def _dump(vessel: Vessel, entry: Entry) -> Iterator[bytes]:
    """Yield the dump as it is to be loaded: the names in it are those of here."""
    chunks, say = vessel.blob(entry.blobs["dump"].digest), vessel.saying(entry.item.tenant)
    if say is None:
        return chunks
    return wording.said(chunks, say, vessel.world.sealer, entry.item.key)


def _digest(vessel: Vessel, entry: Entry) -> str:
    if vessel.saying(entry.item.tenant) is None:
        return entry.blobs["dump"].digest
    return wording.digest(_dump(vessel, entry))


def _seen(world: World, task: TakeDump) -> tuple[str, str]:
    """Return the digest of what a dump of the database would be now, or why there is none."""
    digests: list[str] = []

    def look(chunks: Iterable[bytes]) -> None:
        whole = hashlib.sha256()
        for piece in chunks:
            whole.update(piece)
        digests.append(whole.hexdigest())

    found = task.run(looking(world, look))
    why = "".join(f": {line.detail}" for line in found.coverage if not found.entries)
    return "".join(digests), why


def _wait(world: World, task: TakeDump) -> None:
    """Wait until a pod of the database is ready; whoever needs it says so when none is."""
    for _ in PATIENCE.rounds():
        for pod in pods(world, task.namespace, task.selector):
            if is_running(pod, task.container) and _is_ready(pod):
                return


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
