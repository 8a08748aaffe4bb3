"""Bytes out of pods: which one to ask, and a blob only when its command has ended well."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from relab.clouds.exec import Container, Running
from relab.clouds.outcome import Reply
from relab.resources.kubernetes.kinds import Served
from snapshot.collect.kubernetes_asking import listing, state_of, why
from snapshot.collect.world import World
from snapshot.vault.model import Coverage, Covered
from snapshot.vault.store import Blob

PROVIDER, SERVICE = "kubernetes", "data"
PODS = Served("", "v1", "Pod", "pods", namespaced=True, verbs=("list",))
_GONE = frozenset({"404", "405", "501"})
_NOT_STARTED = (126, 127)
Doc = dict[str, Any]
Through = Callable[[Iterable[bytes]], Iterator[bytes]]


class Broken(Exception):
    """Bytes that did not come, or not all of them; the ledger gets `state` and `detail`.

    `unstarted` when the container has no such command.
    """

    def __init__(self, state: Covered, detail: str, *, unstarted: bool = False) -> None:
        super().__init__(detail)
        self.state = state
        self.detail = detail
        self.unstarted = unstarted


def as_it_is(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield `chunks`."""
    yield from chunks


def taken(
    world: World, where: Container, argv: tuple[str, ...], through: Through = as_it_is
) -> Blob:
    """Return what a command writes as a blob, streamed; Broken keeps nothing of it."""
    running = Running(world.kube, world.kube_target, where, argv)
    return world.store.put(_whole(running, through))


def _whole(running: Running, through: Through) -> Iterator[bytes]:
    yield from through(running.chunks())
    if not running.reply.ok:
        unstarted = running.code in _NOT_STARTED or "executable file not found" in (
            running.reply.detail
        )
        raise Broken(_state(running), why(running.reply), unstarted=unstarted)


def _state(running: Running) -> Covered:
    words = ("changed as we read it", "removed before we read it")
    if running.code == 1 and any(word in running.stderr for word in words):
        return Covered.CHANGED
    return failed(running.reply)


def failed(reply: Reply) -> Covered:
    """Return what a refused `reply` means; a pod that is gone is no missing feature."""
    return Covered.FAILED if reply.status in _GONE else state_of(reply)


def pods(world: World, namespace: str, selector: str = "") -> list[Doc]:
    """Return the pods of a namespace by name; Broken when nobody tells."""
    found = listing(world, PODS, namespace, labelSelector=selector)
    if found.failure is not None:
        raise Broken(failed(found.failure), f"pods of {namespace}: {why(found.failure)}")
    return sorted(found.raws, key=lambda raw: str(raw["metadata"]["name"]))


def is_running(pod: Doc, container: str) -> bool:
    """Tell whether a container runs, in a pod that is not being deleted."""
    status = pod.get("status") or {}
    if status.get("phase") != "Running" or "deletionTimestamp" in pod["metadata"]:
        return False
    states = {item["name"]: item.get("state") for item in status.get("containerStatuses") or ()}
    return "running" in (states.get(container) or {})


def path_of(namespace: str, pod: str = "") -> str:
    """Return the API's path of a pod, or of all pods."""
    base = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods"
    return f"{base}/{quote(pod, safe='')}" if pod else base


@dataclass(frozen=True, slots=True)
class Ledger:
    """Writes lines about things of type `kind` of a tenant."""

    world: World
    kind: str
    tenant: str

    def line(self, state: Covered, count: int = 1, detail: str = "") -> Coverage:
        """Return a line."""
        cluster = self.world.cluster
        return Coverage(SERVICE, self.kind, cluster, self.tenant, state, count, detail)
