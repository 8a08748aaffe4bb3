"""Take things away: what a snapshot lacks, and what stands on things that it does not lack.

Every call is written down before it is made. All may be made twice: what is gone is gone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from relab.clouds.outcome import Reply
from relab.resources.item import Item
from relab.resources.model import Waiter
from relab.resources.registry import by_name
from relab.resources.removing import Taking, loosening, removal, undoing
from relab.resources.writing import known_handles
from restore.aws import AwsHand, waited_for
from restore.calls import Patience, may_pass, told
from restore.drain import Inside
from restore.drains import EMPTIES
from restore.graph import Node, Phase
from restore.kubernetes import KubeHand
from restore.trouble import NotDone
from snapshot.collect.world import World
from snapshot.vault.model import Entry

_GONE = ("NotFound", "NoSuch", "NonExistent", "DoesNotExist", "KMSInvalidState", "404")
# What still hangs on it may be going just now.
_HELD = ("DeleteConflict", "DependencyViolation", "InUse", "BucketNotEmpty")
_PATIENCE = Patience(tries=12)
# Calls of a step are numbered: what takes away comes after what makes.
_UNDOING = 10


@dataclass(slots=True)
class AwsRemover:
    """Removes items of the account that `hand` makes items in; safe to share by threads."""

    hand: AwsHand
    world: World
    patience: Patience = field(default_factory=lambda: _PATIENCE)

    def loosen(self, item: Item) -> None:
        """Let go of what hangs on `item`; NotDone says why that could not be."""
        node = Node(item.identity, Phase.LOOSEN)
        self._each(node, loosening(by_name()[item.type], item, self.hand.place))

    def remove(self, item: Item) -> None:
        """Remove `item` with all that is in it, and wait until it is gone."""
        kind, node = by_name()[item.type], Node(item.identity, Phase.REMOVE)
        if item.type in EMPTIES:
            EMPTIES[item.type](Inside(self.world, item.key, _nothing, _no_bytes), False)
        self._each(node, removal(kind, item, self.hand.place))
        if kind.gone:
            self._wait(item, kind.gone)

    def undo(self, item: Item, stands: Item) -> None:
        """Take away what of `stands`, which stands for `item`, is more than `item` has."""
        kind, here = by_name()[item.type], self.hand.moved(item)
        handles = known_handles(kind, stands)
        node = Node(item.identity, Phase.CREATE)
        found = [
            one for late in (True, False) for one in undoing(kind, here, stands, handles, late=late)
        ]
        self._each(node, iter(found), _UNDOING)

    def _each(self, node: Node, takings: Iterator[Taking | Reply], first: int = 0) -> None:
        """Make the calls; where it is not told what hangs on it, the service refuses the last."""
        untold = ""
        for number, one in enumerate(takings, first):
            if isinstance(one, Reply):
                untold = f"; what hangs on it is not told: {one.status}: {one.detail}"
                continue
            self.hand.journal.intend(node, number, one.request.operation)
            try:
                self._take(one)
            except NotDone as error:
                raise NotDone(f"{error}{untold}") from error
            self.hand.journal.did(node, number, one.request.operation)

    def _take(self, one: Taking) -> None:
        request = one.request
        for _ in self.patience.rounds():
            reply = self.hand.send(request)
            if any(word in reply.status for word in _GONE):
                return
            if reply.ok:
                left = one.left(reply.body)
                if left:
                    raise NotDone(f"{request.operation}: {left}")
                return
            if not (may_pass(reply) or any(word in reply.status for word in _HELD)):
                break
        raise NotDone(told(request, reply))

    def _wait(self, item: Item, waiter: Waiter) -> None:
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError

        kind = by_name()[item.type]
        client = self.hand.reading.client(self.hand.target, kind.service)
        found = client.get_waiter(xform_name(waiter.name))
        try:
            found.wait(**waited_for(kind, waiter, known_handles(kind, item)))
        except BotoCoreError as error:
            raise NotDone(f"it does not go: {error}") from error


def remove_object(kube: KubeHand, item: Item) -> None:
    """Remove an object of the cluster, and all that it owns; wait until it is gone.

    NotDone when another one stands there by now.
    """
    live = kube.live(item)
    if live is None:
        return
    uid = (item.observed.get("metadata") or {}).get("uid")
    if uid and live["metadata"]["uid"] != uid:
        raise NotDone("another one stands there by now")
    node = Node(item.identity, Phase.REMOVE)
    kube.journal.intend(node, 0, "delete")
    kube.remove(item, live)
    kube.journal.did(node, 0, "delete")


def _nothing() -> Iterator[Entry]:
    yield from ()


def _no_bytes(_: str) -> Iterator[bytes]:
    yield from ()
