"""Questions to a cluster: patient with one that is busy, in pages, and what a refusal means."""

import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode
from weakref import WeakKeyDictionary

from relab import redact
from relab.clouds.kube import JSON, Kube
from relab.clouds.outcome import Outcome, Reply, outcome_of
from relab.resources.kubernetes.kinds import Served
from snapshot.collect.world import World
from snapshot.vault.model import Covered

PAGE = 500
TRIES = 5
PAUSE_SECONDS = 0.2
_DEAF = 2
_EXPIRED = "410"
_NO_SUCH = frozenset({"404", "405", "501", "unexpected 404"})
_PASSING = frozenset({Outcome.THROTTLED, Outcome.UNAVAILABLE, Outcome.TIMEOUT, Outcome.UNREACHABLE})
_STATES = {
    Outcome.DENIED: Covered.DENIED,
    Outcome.EXPIRED: Covered.DENIED,
    Outcome.NO_CREDENTIALS: Covered.DENIED,
    Outcome.NO_IDENTITY: Covered.DENIED,
    Outcome.THROTTLED: Covered.THROTTLED,
}


@dataclass
class _Patience:
    """How often one cluster has let us wait in vain; after a few times we ask only once."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    in_vain: int = 0

    @property
    def tries(self) -> int:
        return TRIES if self.in_vain < _DEAF else 1

    def heard(self, answered: bool) -> None:
        with self.lock:
            self.in_vain = 0 if answered else self.in_vain + 1


_PATIENCE: "WeakKeyDictionary[Kube, _Patience]" = WeakKeyDictionary()
_MAKING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Listed:
    """Every object of a list, or the reply that ended it; `raws` is empty then."""

    raws: tuple[Any, ...]
    failure: Reply | None = None


def ask(world: World, path: str, accept: str = JSON) -> Reply:
    """GET `path`; wait and try again while the cluster is busy or away, a bounded time.

    When it stays so for several questions, each further one is asked once.
    """
    patience = _patience(world.kube)
    reply = world.kube.request(world.kube_target, path, accept=accept)
    for attempt in range(1, patience.tries):
        if not _is_passing(reply):
            break
        # Spread, so that those who were turned away together do not come back together.
        time.sleep(PAUSE_SECONDS * 2**attempt * random.uniform(0.5, 1.0))  # noqa: S311
        reply = world.kube.request(world.kube_target, path, accept=accept)
    patience.heard(not _is_passing(reply))
    return reply


def listing(
    world: World, kind: Served, namespace: str = "", *, page: int = PAGE, **query: str
) -> Listed:
    """Return all objects of `kind` in `namespace` (all for none), `page` at a time.

    A list whose continuation has expired is begun anew.
    """
    path, accept = kind.path(_quoted(namespace)), query.pop("accept", JSON)
    for _ in range(TRIES):
        found = list(_pages(world, path, {"limit": str(page), **query}, accept))
        if found[-1].status != _EXPIRED:
            break
    if not found[-1].ok:
        return Listed((), found[-1])
    return Listed(tuple(raw for reply in found for raw in reply.body.get("items") or ()))


def state_of(reply: Reply) -> Covered:
    """Return what a failed `reply` means for the ledger."""
    if reply.status in _NO_SUCH:
        return Covered.UNSUPPORTED
    return _STATES.get(_outcome(reply), Covered.FAILED)


def why(reply: Reply) -> str:
    """Return a failed `reply` in words, without secrets."""
    return redact.text(f"{reply.status}: {reply.detail}" if reply.detail else reply.status)


def _pages(world: World, path: str, query: dict[str, str], accept: str) -> Iterator[Reply]:
    token = ""
    while True:
        more = {"continue": token} if token else {}
        reply = _sound(ask(world, f"{path}?{urlencode(query | more)}", accept))
        yield reply
        token = str((reply.body["metadata"] or {}).get("continue") or "") if reply.ok else ""
        if not token:
            return


def _sound(reply: Reply) -> Reply:
    """Return `reply`, or a failure when it is no list: a proxy's page also says 200."""
    if reply.ok and not (isinstance(reply.body, dict) and "metadata" in reply.body):
        return Reply("unexpected answer", detail="not a list")
    return reply


def _is_passing(reply: Reply) -> bool:
    return _outcome(reply) in _PASSING


def _outcome(reply: Reply) -> Outcome:
    return outcome_of("kubernetes", reply.status)


def _quoted(name: str) -> str:
    return quote(name, safe="")


def _patience(kube: Kube) -> _Patience:
    with _MAKING:
        return _PATIENCE.setdefault(kube, _Patience())
