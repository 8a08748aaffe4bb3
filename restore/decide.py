"""Decide what becomes of each saved item, in the order in which they would be made."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from relab.resources.document import arranged
from relab.resources.item import Item
from relab.resources.reading import Place, renamed
from relab.resources.registry import by_name
from restore.alike import same_call, settable
from restore.aws_needs import Directory, needs
from restore.calls import within
from restore.equal import differences, told
from restore.kube_order import PASSING, kind_of, left_out
from restore.likeness import Likeness
from restore.live import Live
from restore.model import CHANGES, Action, Existing, Planned
from restore.references import Reference, changes, dangling, references, translated
from restore.relocate import BUCKET
from restore.revive import is_dying, look
from restore.taken import said

AWS = "aws"


@dataclass(slots=True)
class Decider:
    """First `expect` all items, then `match` each in the order of their making, then `settle` them.

    `names` grows by what is matched (old identifier -> new); `blocked` says why items are; `taken`
    are old name -> new name of buckets, `opened` items whose secrets are in clear, by identity.
    """

    directory: Directory
    place: Place
    live: Live
    existing: Existing
    snapshot: frozenset[str]
    chosen: frozenset[str]
    names: dict[str, str] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)
    taken: Mapping[str, str] = field(default_factory=dict)
    opened: Mapping[str, Item] = field(default_factory=dict, repr=False)
    _stands: dict[str, Item] = field(default_factory=dict)
    _kept: set[str] = field(default_factory=set)
    _waiting: dict[str, dict[str, Item]] = field(default_factory=lambda: defaultdict(dict))
    _expected: Sequence[Item] = ()
    _likeness: Likeness | None = None

    def expect(self, items: Sequence[Item]) -> None:
        """Take note of what is going to be matched."""
        self._expected = items
        for item in items:
            self._waiting[item.type][item.identity] = item

    def match(self, item: Item) -> None:
        """Find what stands for `item`; what its creation refers to must have been matched."""
        self._waiting[item.type].pop(item.identity, None)
        if item.identity in self.blocked:
            return
        found = self.live.get(item.identity) or self._renamed(item) or self._alike(item)
        if found is not None:
            self.live.take(found)
            self._stands[item.identity] = found
            if self._likeness:
                self._likeness.pair(item.identity, found.identity)
            self.names.update(renamings(item, found, self.place))
        elif item.provider == AWS and is_dying(item, look(item, self.place)):
            self._kept.add(item.identity)

    def stands(self, identity: str) -> Item | None:
        """Return what stands for the item called `identity`; None for nothing."""
        return self._stands.get(identity)

    def unmatched(self) -> frozenset[str]:
        """Return the types of blocked items for which nothing stands that is known."""
        names = (name for name in self.blocked if name not in self._stands)
        return frozenset(name.split(":", 2)[1] for name in names)

    def _renamed(self, item: Item) -> Item | None:
        """Return the bucket that stands for `item`, whose name was taken, under another one."""
        new = self.taken.get(item.key) if item.type == BUCKET else None
        return self.live.get(replace(item, key=new).identity) if new else None

    def settle(self, items: Sequence[Item]) -> Iterator[Planned]:
        """Yield what becomes of each of `items`: what needs a blocked one is blocked, too."""
        rows = [self.decide(item) for item in items]
        known = -1
        while known != len(self.blocked):
            known = len(self.blocked)
            for number, item in enumerate(items):
                if rows[number].action in CHANGES and self._hindered(item):
                    rows[number] = self.decide(item)
        yield from rows

    def decide(self, item: Item) -> Planned:
        """Return what becomes of `item`, as far as it is known what becomes of what it needs."""
        action, reason = self._decide(item)
        if action is Action.BLOCKED:
            self.blocked[item.identity] = reason
        stands = self._stands.get(item.identity)
        row = planned(item, action, reason, stands.key if stands else "")
        lost = bool(never(item))
        follows = action is Action.SKIP and bool(item.owner) and not lost
        return replace(row, follows=follows, lost=lost)

    def _decide(self, item: Item) -> tuple[Action, str]:
        if never(item) or item.owner:
            return self._of_others(item)
        wrong = self._wrong(item)
        anew = [] if wrong else self._made_anew(item)
        if wrong == [] and not anew:
            return Action.ADOPT, "equal"
        why = self.blocked.get(item.identity) or self._hindered(item) or self._unread(item)
        if why:
            return Action.BLOCKED, why
        if wrong is None:
            kept = item.identity in self._kept
            return Action.CREATE, "its end is called off" if kept else "not there"
        return self._differs(item, wrong) if wrong else self._points_elsewhere(item, anew)

    def _of_others(self, item: Item) -> tuple[Action, str]:
        """Return what becomes of an item that something else brings back, or nothing."""
        why = never(item)
        if why or item.owner in self.snapshot:
            return Action.SKIP, why or f"comes back with {item.owner}"
        return Action.BLOCKED, f"its owner {item.owner} is not in the snapshot"

    def _made_anew(self, item: Item) -> list[Reference]:
        """Return where `item` names by its id what is not there: made anew, it has another id."""
        found = references(dict(item.document), self.directory.finder)
        return [one for one in found if changes(one.identifier) and self._is_gone(one, item)]

    def _is_gone(self, one: Reference, item: Item) -> bool:
        owner = self.directory.owners[one.identifier]
        return owner not in (item.identity, *self._kept) and owner not in self._stands

    def _points_elsewhere(self, item: Item, anew: list[Reference]) -> tuple[Action, str]:
        """Return what becomes of an item that is as it was, but for what it refers to."""
        places = [one.pointer for one in anew]
        fixed = settable(by_name()[item.type], places)[1] if item.provider == AWS else []
        if fixed:
            told_ = f"refers at {told(fixed)} to what is made anew"
            return Action.BLOCKED, f"{told_}, which only making it anew can change"
        return Action.UPDATE, f"refers to {anew[0].identifier}, which is made anew"

    def _unread(self, item: Item) -> str:
        """Return why it cannot be told what stands for `item`; empty when it can."""
        why = self.live.unread(item)
        return f"what is there could not be read: {why}" if why else ""

    def _lacks_only(self, item: Item) -> bool:
        """Tell whether what stands there has nothing else, so that completing it loses nothing."""
        return within(dict(self._stands[item.identity].document), self._moved(item).document)

    def _wrong(self, item: Item) -> list[str] | None:
        """Return where what stands for `item` differs; None when nothing does."""
        stands = self._stands.get(item.identity)
        if stands is None:
            return None
        wrong = differences(self._moved(item).document, stands.document)
        clear, now = self.opened.get(item.identity), self.live.opened.get(stands.identity)
        if wrong and clear and now:
            # A secret in which a name or an id was changed is sealed as another value.
            return differences(self._moved(clear).document, now.document)
        return wrong

    def _hindered(self, item: Item) -> str:
        """Return what stands in the way of making `item`; empty for nothing."""
        for lost in dangling(dict(item.document), self.directory.finder):
            where = f"{lost.identifier} at {lost.pointer}"
            return f"refers to {where}, which the snapshot does not hold"
        for identity in sorted(self._needed(item)):
            if identity in self.blocked:
                return f"needs {identity}, which is blocked"
            if identity not in self.chosen and identity not in self._stands:
                return f"needs {identity}, which is not there and not to be restored"
        return ""

    def _needed(self, item: Item) -> frozenset[str]:
        if item.provider != AWS:
            return self.directory.of_the_account(item)
        found = needs(item, self.directory)
        return found.create | found.configure | found.late

    def _alike(self, item: Item) -> Item | None:
        """Return what may be `item` under another id that AWS has made: made by the same call."""
        if item.provider != AWS or not any(h.answer for h in by_name()[item.type].handles):
            return None
        kind, here = by_name()[item.type], self._moved(item)
        free = [one for one in self._free(item) if same_call(kind, here, one)]
        while free:
            found = self._likest(here, free)
            if not self._is_of_another(here, found):
                return found
            free.remove(found)
        return None

    @property
    def likeness(self) -> Likeness:
        """Return what tells apart things that are all alike; it is made when it is first needed."""
        if self._likeness is None:
            self._likeness = Likeness.of(self._expected, self.live.everything())
            for saved, found in self._stands.items():
                self._likeness.pair(saved, found.identity)
        return self._likeness

    def _likest(self, here: Item, free: Sequence[Item]) -> Item:
        """Return which of `free` is most like `here`, in itself and in what is around it."""
        best = self._best(here, free)
        if len(best) > 1 and not self.likeness.is_alone(here.identity):
            # What was matched since may tell them apart.
            self.likeness.refine()
            best = self._best(here, best)
        return best[0]

    def _best(self, here: Item, free: Sequence[Item]) -> list[Item]:
        if len(free) == 1:
            return list(free)
        like = [self._like(here, one) for one in free]
        return [one for one, this in zip(free, like, strict=True) if this == max(like)]

    def _like(self, here: Item, one: Item) -> tuple[int, int]:
        different = len(differences(here.document, one.document))
        return self.likeness.rounds(here.identity, one.identity), -different

    def _is_of_another(self, here: Item, one: Item) -> bool:
        """Tell whether an item that is still to be matched is more like `one` than `here` is."""
        others = [w for w in self._waiting[one.type].values() if bool(w.owner) == bool(one.owner)]
        if not others:
            return False
        if differences(here.document, one.document):
            exact = (w for w in others if not differences(self._moved(w).document, one.document))
            if any(exact):
                return True
        mine = self.likeness.rounds(here.identity, one.identity)
        return any(self.likeness.rounds(w.identity, one.identity) > mine for w in others)

    def _free(self, item: Item) -> list[Item]:
        """Return what nobody stands for yet: brought by the same owner, or by nobody."""
        if not item.owner:
            # What has the id of a saved item is that item.
            return [o for o in self.live.free(item.type) if o.identity not in self.snapshot]
        owner = self._stands.get(item.owner)
        return self.live.owned(item.type, owner.identity) if owner else []

    def _differs(self, item: Item, wrong: list[str]) -> tuple[Action, str]:
        where = f"differs at {told(wrong)}"
        if self.existing is Existing.SKIP:
            return Action.SKIP, f"{where}: left as it is"
        fixed = [] if item.provider != AWS else settable(by_name()[item.type], wrong)[1]
        if fixed:
            return Action.BLOCKED, f"differs at {told(fixed)}, which only making it anew can change"
        if self._lacks_only(item):
            return Action.UPDATE, f"lacks {told(wrong)}"
        if self.existing is Existing.UPDATE:
            return Action.UPDATE, where
        if self.existing is Existing.REPLACE and item.provider != AWS:
            return Action.REPLACE, where
        return Action.BLOCKED, f"{where}; choose --existing update or skip"

    def _moved(self, item: Item) -> Item:
        """Return `item` with the identifiers of the new world, as far as they are known."""
        finder = self.directory.finder
        names = self.names
        document = translated(dict(item.document), finder, lambda old: names.get(old, old))
        document = said(document, self.taken)
        if item.provider == AWS:
            document = arranged(by_name()[item.type], document)
        return replace(item, document=document)


def renamings(item: Item, stands: Item, place: Place) -> dict[str, str]:
    """Return old identifier -> new identifier, when `stands` stands for `item` at `place`."""
    if item.provider == AWS:
        return renamed(by_name()[item.type], place, item, stands)
    old, new = ((one.observed.get("metadata") or {}).get("uid") for one in (item, stands))
    return {old: new} if old and new else {}


def never(item: Item) -> str:
    """Return why `item` is never made by a restore; empty when it is."""
    if item.provider == AWS:
        return by_name()[item.type].reason if item.type in by_name() else ""
    return left_out(item)


def passing(item: Item) -> bool:
    """Tell whether an owned object is made anew under another name, so that it is not compared."""
    return kind_of(item.type) in PASSING


def planned(item: Item, action: Action, reason: str, now: str = "") -> Planned:
    """Return a row of a plan for `item`."""
    return Planned(
        identity=item.identity,
        provider=item.provider,
        type=item.type,
        region=item.region,
        key=item.key,
        tenant=item.tenant,
        action=action,
        reason=reason,
        now=now,
    )
