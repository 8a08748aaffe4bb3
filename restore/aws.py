"""Make one AWS item again: create it, learn its new identifiers, configure it.

Every call that makes something new is written down before it is made. When its outcome is not known
(a kill, a time-out), the account is looked at first: nothing is made twice, nothing is lost.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from relab.clouds import AwsTarget
from relab.clouds.aws import Aws
from relab.clouds.outcome import Reply
from relab.events import Event, StepWaits
from relab.resources.document import arranged
from relab.resources.item import Item
from relab.resources.model import ResourceType, Waiter
from relab.resources.reading import Place, read, renamed
from relab.resources.record import Gap, Why
from relab.resources.registry import by_name
from relab.resources.shapes import extra_model, members, operation_model
from relab.resources.tagging import retagging, tagging
from relab.resources.writing import (
    Request,
    configuration,
    creation,
    handles_of,
    key_of,
    known_handles,
    looked_up,
    lookup_params,
    updating,
)
from restore.alike import made_alike, nearest, renewable
from restore.aws_needs import Directory
from restore.calls import Patience, is_done, is_there, may_pass, told, unknown
from restore.equal import differences
from restore.graph import Node, Phase
from restore.journal import Journal, Made, State
from restore.references import mark, refuse_marks, translated
from restore.relocate import BUCKET
from restore.revive import calls, is_dying, look
from restore.taken import TAKEN, Taken
from restore.trouble import NameTaken, NotDone

# Number of the intent to keep what waits for its end; 0 is that of making a thing.
_REVIVAL = 1


@dataclass(slots=True)
class AwsHand:
    """Makes items in the account behind `target`; safe to share by threads.

    `before` are the keys of each type that stood there before the restore began; `plan` is the id
    of the plan, by which services know that a call is the same as one before. By `tell` it says
    what it waits for. `only_said` are pairs of identities: the first may name the second, which
    keeps its name, before that is there.
    """

    target: AwsTarget
    account: str
    directory: Directory
    journal: Journal
    before: Mapping[str, frozenset[str]]
    plan: str
    taken: Taken
    patience: Patience = field(default_factory=Patience)
    tell: Callable[[Event], None] = lambda _: None
    only_said: frozenset[tuple[str, str]] = frozenset()
    once: Aws = field(default_factory=lambda: Aws(once=True))
    reading: Aws = field(default_factory=lambda: Aws(patient=True))
    _turns: dict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))
    _claims: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def create(self, item: Item) -> None:
        """Create `item`, whose secrets are in clear, and learn what it is called now.

        NotDone says why it could not be; Unresolved that it names something that is not there yet.
        """
        if self.journal.made(item.identity):
            return  # only the word that the step is done was lost
        kind, here = by_name()[item.type], self.moved(item)
        request = creation(kind, here)
        if request is None or self._revived(item):
            handles: Mapping[str, Any] = known_handles(kind, item)
        else:
            here, handles = self._named(kind, item, here)
        self._wait_until_ready(kind, handles)
        self.learn(item, key_of(kind, here, handles), handles)

    def _named(self, kind: ResourceType, item: Item, here: Item) -> tuple[Item, Mapping[str, Any]]:
        """Make `item`, which is `here` now, under another name when its own is taken."""
        if kind.type != BUCKET:
            return here, self._created(kind, here)
        old = item.document["Bucket"]
        for name in self.taken.names(old, self.account):
            if name != old:
                self.taken.rename(old, name)
                here = self.moved(item)
            pauses = self.taken.pauses() if name == old else iter(())
            try:
                return here, self._awaited(kind, here, pauses)
            except NameTaken as why:
                last = why
        raise last

    def _awaited(
        self, kind: ResourceType, here: Item, pauses: Iterator[tuple[float, float]]
    ) -> Mapping[str, Any]:
        """Make a bucket once its name is free; NameTaken when it is not for all the `pauses`."""
        while True:
            try:
                return self._created(kind, here)
            except NameTaken as why:
                left, pause = next(pauses, (0.0, 0.0))
                if not left:
                    raise
                self.tell(StepWaits(here.identity, "create", here.tenant, str(why), left))
                time.sleep(pause)

    def _revived(self, item: Item) -> bool:
        """Keep what waits for its end under the old id of `item`; False when there is no such."""
        node, found = Node(item.identity, Phase.CREATE), look(item, self.place)
        if found is not None and may_pass(found):
            raise NotDone(f"whether it waits for its end cannot be told: {found.detail}")
        begun = self.journal.state(node, _REVIVAL) is State.INTENDED
        if found is None or not found.ok or not (begun or is_dying(item, found)):
            return False
        self.journal.intend(node, _REVIVAL, "revive")
        for request in calls(item, found):
            self._do(request)
        return True

    def renew(self, item: Item) -> None:
        """Make what stands for `item` say the same, and have the same tags, as far as calls can.

        The call that makes it is made again where it may be repeated.
        """
        kind, here = by_name()[item.type], self.moved(item)
        request = creation(kind, here) if renewable(kind) else None
        if request:
            self._do(_over(request))
        made = self.journal.made(item.identity)
        if made and (tagging(kind) or kind.updates):
            stands = self._read_again(kind, made.key)
            changed = {one.split("/")[1] for one in differences(here.document, stands.document)}
            calls_ = updating(kind, here, made.handles, changed)
            for call in (*calls_, *retagging(kind, here, stands)):
                self._do(call)

    def follow(self, item: Item) -> None:
        """Find what the owner of `item` has brought with it, and learn what it is called now."""
        kind, owner = by_name()[item.type], self.journal.made(item.owner)
        if owner is None:
            raise NotDone(f"{item.owner} was not made")
        wanted = ":".join((*item.owner.split(":", 3)[:3], owner.key))
        for _ in self.patience.rounds():
            one = self._brought(kind, wanted)
            if one:
                names = renamed(kind, self.place, item, one)
                self.journal.make(item.identity, Made(one.key, known_handles(kind, one)), names)
                return
        raise NotDone(f"{wanted} has brought no {item.type}")

    def _brought(self, kind: ResourceType, owner: str) -> Item | None:
        claimed = self.journal.keys_of(kind.type)
        for one in read(kind, self.place, lambda key: key not in claimed):
            if isinstance(one, Item) and one.owner == owner:
                return one
        return None

    def unlike(self, item: Item) -> bool:
        """Tell whether what stands for `item` differs from it: somebody had changed it by hand."""
        made = self.journal.made(item.identity)
        if made is None:
            raise NotDone("it is not there")
        stands = self._read_again(by_name()[item.type], made.key)
        return bool(differences(self.moved(item).document, stands.document))

    def learn(self, item: Item, key: str, handles: Mapping[str, Any]) -> None:
        """Read what stands under `key` for `item`, and write down its new identifiers."""
        kind = by_name()[item.type]
        fresh = self._read_again(kind, key)
        names = renamed(kind, self.place, item, fresh)
        self.journal.make(item.identity, Made(key, handles), names)

    def configure(self, item: Item, *, late: bool = False) -> None:
        """Make the calls that configure `item` (the late ones, or the others) in their order."""
        kind, here = by_name()[item.type], self.moved(item)
        made = self.journal.made(item.identity)
        if made is None:
            raise NotDone("it was not created")
        node = Node(item.identity, Phase.LATE if late else Phase.CONFIGURE)
        for number, request in enumerate(configuration(kind, here, made.handles)):
            if request.late == late and self.journal.state(node, number) is not State.DONE:
                self._do(request)
                self.journal.did(node, number, request.operation)

    def moved(self, item: Item) -> Item:
        """Return `item` with the identifiers of the new world.

        Where one is not known yet a mark stands, which no call is ever made with.
        """

        def new(old: str) -> str:
            found = self.journal.new_name(old)
            owner = self.directory.owners.get(old, "")
            said = (item.identity, owner) in self.only_said
            return found or (old if said or owner == item.identity else mark(old))

        document = self.taken.said(translated(dict(item.document), self.directory.finder, new))
        return replace(item, document=arranged(by_name()[item.type], document))

    def _known_again(self, kind: ResourceType, item: Item) -> Request:
        """Return the call that makes `item`; a token, where it takes one, is always the same."""
        request = creation(kind, item)
        if request is None:
            raise NotDone("no call makes it")
        shape = operation_model(request.service, request.operation).input_shape
        token = str(uuid5(NAMESPACE_URL, f"relab:{self.plan}:{item.identity}"))
        taken = (name for name, one in shape.members.items() if _guards_a_retry(name, one))
        return replace(request, params={**request.params, **dict.fromkeys(taken, token)})

    def _created(self, kind: ResourceType, here: Item) -> Mapping[str, Any]:
        node, request = Node(here.identity, Phase.CREATE), self._known_again(kind, here)
        doubt = self.journal.state(node, 0) is State.INTENDED
        for _ in self.patience.rounds():
            # Two of one type must not both look for what a lost answer has left.
            with self._turns[here.type] if _makes_ids(kind) else nullcontext():
                found = self._left_behind(kind, here) if doubt else None
                if found:
                    return self._claim(kind, here, known_handles(kind, found))
                refuse_marks({**request.params, **request.asked})
                self.journal.intend(node, 0, request.operation)
                reply = self.send(request)
                if reply.ok:
                    return self._claim(kind, here, handles_of(kind, here, reply.body))
            if kind.type == BUCKET and reply.status in TAKEN:
                raise NameTaken(told(request, reply))
            doubt = doubt or unknown(reply) or is_there(reply)
            if not (is_there(reply) or may_pass(reply)):
                break
        raise NotDone(told(request, reply))

    def _claim(
        self, kind: ResourceType, here: Item, handles: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Say at once whose it is, so that none of the same type takes it for a leftover."""
        self._claims[here.type].add(key_of(kind, here, handles))
        return handles

    def _left_behind(self, kind: ResourceType, here: Item) -> Item | None:
        """Return what a call with a lost answer has made: new, of nobody, and as we wanted it.

        NotDone when that cannot be told: a second one must not be made.
        """
        taken = self.journal.keys_of(here.type) | self.before.get(here.type, frozenset())
        claimed = taken | self._claims[here.type]
        records = list(read(kind, self.place, lambda key: key not in claimed))
        new = [one for one in records if isinstance(one, Item) and not one.owner]
        found = nearest(here, [one for one in new if made_alike(kind, here, one)])
        unread = [one for one in records if isinstance(one, Gap) and one.reason is not Why.GONE]
        if found is None and unread:
            raise NotDone(f"whether it was made already cannot be told: {unread[0].detail}")
        return found

    def _do(self, request: Request) -> None:
        """Make a call that may safely be made twice."""
        for _ in self.patience.rounds():
            reply = self.send(request)
            if is_done(request, reply):
                return
            if not may_pass(reply):
                break
        raise NotDone(told(request, reply))

    def send(self, request: Request) -> Reply:
        """Answer the lookups of `request` and make its call, once; return how it ended."""
        refuse_marks({**request.params, **request.asked})
        params = dict(request.params)
        for lookup in request.lookups:
            asked = lookup_params(lookup, request)
            told_ = self.reading.call(self.target, request.service, lookup.operation, asked)
            if not told_.ok:
                return told_
            params[lookup.member] = looked_up(lookup, request, told_.body)
        return self.once.call(self.target, request.service, request.operation, params)

    def _read_again(self, kind: ResourceType, key: str) -> Item:
        """Return what stands under `key`, waiting for a listing that comes late."""
        for _ in self.patience.rounds():
            for one in read(kind, self.place, key.__eq__):
                if isinstance(one, Item):
                    return one
        raise NotDone(f"{kind.type} {key} was made and cannot be read")

    def _wait_until_ready(self, kind: ResourceType, handles: Mapping[str, Any]) -> None:
        if kind.waiter is None:
            return
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError

        client: Any = self.reading.client(self.target, kind.service)
        waiter = client.get_waiter(xform_name(kind.waiter.name))
        try:
            waiter.wait(**waited_for(kind, kind.waiter, handles))
        except BotoCoreError as error:
            raise NotDone(f"it does not become ready: {error}") from error

    @property
    def place(self) -> Place:
        """Return where and as whom the account is read."""
        return Place(self.reading, self.target, self.account)


def waited_for(kind: ResourceType, waiter: Waiter, handles: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a waiter: some take one name, some a list of them."""
    known = members(kind.service, extra_model(kind.service, "waiters")[waiter.name]["operation"])
    return {
        member: [handles[name]] if known[member].type_name == "list" else handles[name]
        for member, name in waiter.bind.items()
    }


def _makes_ids(kind: ResourceType) -> bool:
    return any(handle.answer for handle in kind.handles)


def _guards_a_retry(name: str, shape: Any) -> bool:
    # Not every description says so of its token.
    return bool(shape.metadata.get("idempotencyToken")) or name == "ClientToken"


def _over(request: Request) -> Request:
    """Return `request` so that it replaces what is there: some services must be told."""
    if "Overwrite" not in members(request.service, request.operation):
        return request
    # Tags may not be sent with it; they stay as they are.
    kept = {name: value for name, value in request.params.items() if name != "Tags"}
    return replace(request, params={**kept, "Overwrite": True})
