"""Put one object of a cluster back: by server-side apply, as the field manager `relab`."""

import threading
import time
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from relab.clouds import KubeTarget
from relab.clouds.kube import JSON, Kube
from relab.clouds.outcome import Outcome, Reply, outcome_of
from relab.resources.expressions import search
from relab.resources.item import Item
from relab.resources.kubernetes.kinds import Served
from relab.resources.kubernetes.moves import divided
from restore.aws_needs import Directory
from restore.calls import Patience
from restore.equal import copied, differences
from restore.journal import Journal, Made
from restore.kube_order import kind_of
from restore.references import mark, refuse_marks, translated
from restore.taken import Taken
from restore.trouble import NotDone

MANAGER = "relab"
APPLY = "application/apply-patch+yaml"
_PASSING = frozenset({Outcome.THROTTLED, Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.UNAVAILABLE})
_CONFLICT = "409"
_SERVER_FAULTS = frozenset({"500"})
_FAULTS = _SERVER_FAULTS | {_CONFLICT}
_READY_SECONDS = 60.0
_LOOK_SECONDS = 0.1
_DEFINITION = "CustomResourceDefinition.apiextensions.k8s.io"
# What must hold of an object before anything may stand on it.
READY: Mapping[str, str] = {
    _DEFINITION: ("status.conditions[?type=='Established' && status=='True']"),
    "Namespace": "status.phase=='Active' || !status",
}


@dataclass(slots=True)
class KubeHand:
    """Puts objects back into the cluster behind `target`; safe to share by threads.

    `discover` asks which kinds the cluster serves now. `patience` is how many seconds an owner may
    take to make what it owns, `idle` the types of owners that have not.
    """

    target: KubeTarget
    directory: Directory
    journal: Journal
    discover: Callable[[], list[Served]]
    taken: Taken
    kube: Kube = field(default_factory=Kube)
    patience: float = _READY_SECONDS
    idle: set[str] = field(default_factory=set)
    _served: dict[str, Served] = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def create(self, item: Item) -> None:
        """Apply `item`, whose secrets are in clear; NotDone or Unresolved when it cannot be."""
        document = self.moved(item)
        reply = self._patient("PATCH", f"{self._written(item)}&force=true", document)
        if not reply.ok:
            raise NotDone(f"apply: {reply.status}: {reply.detail}")
        self._await_ready(item, reply.body)
        self.learn(item, reply.body)

    def renew(self, item: Item) -> None:
        """Make what stands there say what `item` says, and nothing else; NotDone if it cannot be.

        Applying alone would leave what others have added.
        """
        self.create(item)
        document = self.moved(item)
        for _ in Patience().rounds():
            live = self.live(item) or {}
            extra = differences(document, self.document(item, live))
            if not extra:
                return
            whole = copied(document, live, extra)
            reply = self._patient("PUT", self._written(item), whole, JSON, _SERVER_FAULTS)
            # A controller may have written between our reading and our writing.
            if reply.status != _CONFLICT:
                break
        if not reply.ok:
            raise NotDone(f"update: {reply.status}: {reply.detail}")

    def replace(self, item: Item) -> None:
        """Remove what stands there, with all that it owns, and make `item` anew."""
        live = self.live(item)
        if live is not None and not self._is_ours(item, live):
            self.remove(item, live)
        self.create(item)

    def _is_ours(self, item: Item, live: Mapping[str, Any]) -> bool:
        """Tell whether `live` is what an earlier try has made already."""
        return not differences(self.moved(item), self.document(item, live))

    def remove(self, item: Item, live: Mapping[str, Any]) -> None:
        """Remove the object `live`, with all that it owns, and wait until it is gone."""
        uid = live["metadata"]["uid"]
        how = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
        reply = self._patient("DELETE", self.path(item), how, JSON)
        if not reply.ok and reply.status != "404":
            raise NotDone(f"delete: {reply.status}: {reply.detail}")
        end = time.monotonic() + _READY_SECONDS
        while (found := self.live(item)) and found["metadata"]["uid"] == uid:
            if time.monotonic() > end:
                raise NotDone("what stands there does not go")
            time.sleep(_LOOK_SECONDS)

    def learn(self, item: Item, live: Mapping[str, Any]) -> None:
        """Write down that `live` is what stands for `item`."""
        old = (item.observed.get("metadata") or {}).get("uid")
        new = live["metadata"].get("uid")
        names = {old: new} if old and new else {}
        self.journal.make(item.identity, Made(item.key, {}), names, later=True)

    def live(self, item: Item) -> Mapping[str, Any] | None:
        """Return the object that stands where `item` is to stand; None when there is none."""
        reply = self._patient("GET", self.path(item))
        if reply.ok:
            found: Mapping[str, Any] = reply.body
            return found
        if reply.status == "404":
            return None
        raise NotDone(f"get: {reply.status}: {reply.detail}")

    def awaited(self, item: Item) -> Mapping[str, Any] | None:
        """Return the object once its owner has made it; None when that does not happen in time.

        An owner that has made nothing in all that time has no controller here: what the others of
        its type should have made is not waited for again.
        """
        end = time.monotonic() + self.patience
        owner = item.owner.split(":", 2)[1]
        while True:
            found = self.live(item)
            if found is not None:
                return found
            if owner in self.idle or time.monotonic() > end:
                self.idle.add(owner)
                return None
            time.sleep(_LOOK_SECONDS)

    def moved(self, item: Item) -> dict[str, Any]:
        """Return the document of `item` with the uids of the new world."""
        marked = False

        def new(old: str) -> str:
            nonlocal marked
            found = self.journal.new_name(old)
            if found is None and self.directory.owners.get(old) != item.identity:
                marked = True
                return mark(old)
            return found or old

        found = translated(dict(item.document), self.directory.finder, new)
        if marked:
            refuse_marks(found)
        document: dict[str, Any] = self.taken.said(found)
        return document

    def document(self, item: Item, live: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what of the object `live` can be put back, to compare it with `item`."""
        return divided(self._kind(item.type), live)[0]

    def path(self, item: Item) -> str:
        """Return the path of the object; NotDone when the cluster does not serve its kind."""
        space, _, name = item.key.rpartition("/")
        kind = self._kind(item.type)
        return f"{kind.path(quote(space) if kind.namespaced else '')}/{quote(name)}"

    def _written(self, item: Item) -> str:
        return f"{self.path(item)}?fieldManager={MANAGER}"

    def _kind(self, type_: str) -> Served:
        if type_ not in self._served:
            with self._turn:
                if type_ not in self._served:
                    self._served = {kind.type: kind for kind in self.discover()}
        if type_ not in self._served:
            raise NotDone(f"the cluster serves no {type_}")
        return self._served[type_]

    def _await_ready(self, item: Item, live: Mapping[str, Any]) -> None:
        wanted = READY.get(kind_of(item.type))
        end = time.monotonic() + _READY_SECONDS
        while wanted and not search(wanted, live):
            if time.monotonic() > end:
                raise NotDone("it does not become ready")
            time.sleep(_LOOK_SECONDS)
            live = self.live(item) or {}
        while not self._serves(item):
            if time.monotonic() > end:
                raise NotDone("the cluster does not serve what it defines")
            time.sleep(_LOOK_SECONDS)

    def _serves(self, item: Item) -> bool:
        """Tell whether the cluster serves the kinds that `item` defines, if it defines any."""
        if kind_of(item.type) != _DEFINITION:
            return True
        spec = item.document["spec"]
        kinds = {f"{spec['group']}/{row['name']}/{spec['names']['kind']}" for row in _served(spec)}
        return kinds <= {kind.type for kind in self.discover()}

    def _patient(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        media: str = APPLY,
        faults: Set[str] = _FAULTS,
    ) -> Reply:
        """Ask until it is answered, for as long as waiting may help: all calls are repeatable."""
        for _ in Patience().rounds():
            reply = self.kube.request(self.target, path, body=body, method=method, media=media)
            passing = outcome_of("kubernetes", reply.status) in _PASSING
            if not passing and reply.status not in faults:
                break
        return reply


def _served(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [row for row in spec["versions"] if row.get("served")]
