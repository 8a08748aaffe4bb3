"""Make a plan: read the snapshot, read the world, decide item by item."""

import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from graphlib import TopologicalSorter

from profiles.model import Profile
from profiles.naming import aws_target
from relab.clouds.aws import Aws
from relab.errors import NoKey
from relab.events import Event
from relab.resources.item import Item
from relab.resources.reading import Place
from restore.absent import Absence
from restore.aws_needs import Directory
from restore.decide import Decider
from restore.elsewhere import moved, relocation
from restore.extra import Extra, Standing
from restore.flags import flagged
from restore.graph import Graph, Node, Phase, circles
from restore.held import Held, Inside
from restore.inside import held_by, holder_of, is_data
from restore.live import Live
from restore.model import INSIDE, Action, Choice, Flag, Plan, Planned
from restore.moves import Moves
from restore.order import build
from restore.relocate import BUCKET
from restore.rename import renaming
from restore.spared import Caller, Spared
from restore.taken import Taken, standing, told
from snapshot.collect.driver import is_gap
from snapshot.collect.live import read, scratch
from snapshot.collect.scope import HOME, SHARED, Scope
from snapshot.collect.world import Brief, World
from snapshot.vault.model import Entry, Snapshot
from snapshot.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Saved:
    """What of a snapshot is to be restored: configuration in memory, data by its holders.

    `others` stay as they are, but what is restored may refer to them. `opened` are items whose
    secrets are in clear, since these may refer to others, too: for the order only, never kept.
    By `moves` all of it is said as it is called here; `origins` are the old keys of holders.
    """

    entries: Mapping[str, Entry]
    others: Mapping[str, Entry]
    directory: Directory
    held: Mapping[str, Held]
    lost: tuple[Item, ...]
    moves: Moves = field(default_factory=Moves)
    opened: Mapping[str, Item] = field(default_factory=dict, repr=False)
    origins: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    wanted: Callable[[Item], bool] = lambda _: True

    def unsealed(self, vault: Vault, entry: Entry) -> Item:
        """Return the item of `entry` with its secrets in clear, said anew as all of it."""
        return self.moves.opened(entry, vault.unsealed(entry))

    def saying(self, tenant: str, taken: Taken) -> Callable[[str], str] | None:
        """Return what says a text inside something of `tenant` anew; None when nothing changes."""
        if not (self.moves.rewritings(tenant) or taken.pairs):
            return None
        return lambda text: str(taken.said(self.moves.text(text, tenant)))

    def inside(self, vault: Vault, snapshot: Snapshot, identity: str) -> Iterator[Entry]:
        """Yield the data inside a holder as it is called here, in the order of the saved keys."""
        held = self.held.get(identity)
        if held is None:
            return
        old, now = self.origins[identity], identity.split(":", 3)[3]
        for entry in vault.reader().between(snapshot, held.type, old, f"{old}\U0010ffff"):
            if entry.item.key != old and entry.item.key[len(old)] not in "/@":
                continue
            if held.shared:
                every = self.moves.of(entry)
                yield from (e for e in every if self.wanted(e.item) and holder_of(e.item)[1] == now)
            else:
                yield self.moves.entry(entry, held.tenant)

    @property
    def everything(self) -> frozenset[str]:
        """Return the identities of all configuration of the snapshot."""
        return frozenset((*self.entries, *self.others))

    def graph(self, items: Iterable[str], holders: Iterable[str]) -> Graph:
        """Return the graph of the items of these identities, and of what is inside `holders`."""
        chosen = [
            self.opened.get(name) or (self.entries.get(name) or self.others[name]).item
            for name in items
        ]
        return build(chosen, self.directory, holders)


def wanted_entries(vault: Vault, snapshot: Snapshot, moves: Moves) -> Iterator[Entry]:
    """Yield the entries of `snapshot` as they are called here."""
    return moves.every(vault.reader().entries(snapshot))


def saved(vault: Vault, snapshot: Snapshot, profile: Profile, choice: Choice) -> Saved:
    """Return what `choice` takes of `snapshot`; references are looked up in all of it.

    Refused when it was saved elsewhere and the choice does not say so.
    """
    wanted = Scope(choice.tenants, choice.only)
    read: list[Entry] = []
    data: list[tuple[Item, int]] = []
    for entry in vault.reader().entries(snapshot):
        if is_data(entry.item.type):
            data.append((replace(entry.item, document={}, observed={}), _size(entry)))
        else:
            read.append(entry)
    home = snapshot.scope.get(HOME) or {}
    moves = _moves(profile, choice, [entry.item for entry in read], home)
    every = list(moves.every(read))
    directory = Directory(entry.item for entry in every)
    chosen = {entry.item.identity: entry for entry in every if _is_wanted(entry.item, wanted)}
    others = {e.item.identity: e for e in every if e.item.identity not in chosen}

    def is_wanted(item: Item) -> bool:
        return choice.data and _is_wanted(item, wanted)

    inside = Inside(directory, is_wanted)
    for item, size in data:
        for entry in moves.of(Entry(item)):
            inside.add(item, entry.item, size)
    opened = dict(_opened(vault, moves, every))
    flags = tuple(flagged(moves.relocation, read, lambda one: _clear(vault, one)))
    return Saved(
        chosen,
        others,
        directory,
        inside.held,
        tuple(inside.lost),
        moves,
        opened,
        inside.origins,
        flags,
        is_wanted,
    )


def _nameless(found: Saved) -> Iterator[str]:
    """Yield the identities of clones whose key no tenant's name is in: AWS has made it up."""
    for identity, entry in found.entries.items():
        renaming = found.moves.clones.get(entry.item.tenant)
        key = entry.item.key
        if renaming and not entry.item.owner and renaming.back.text(key) == key:
            yield identity


def _opened(vault: Vault, moves: Moves, entries: Iterable[Entry]) -> Iterator[tuple[str, Item]]:
    """Yield the identities and items with secrets; none without the key."""
    with suppress(NoKey):
        for entry in entries:
            if entry.sealed:
                yield entry.item.identity, moves.opened(entry, vault.unsealed(entry))


def _clear(vault: Vault, entry: Entry) -> Item:
    """Return the item of `entry`, its secrets in clear if there is a key."""
    with suppress(NoKey):
        return vault.unsealed(entry)
    return entry.item


def _moves(
    profile: Profile, choice: Choice, items: Sequence[Item], home: Mapping[str, str]
) -> Moves:
    source = choice.source
    targets = [one for one in choice.tenants if one not in (source, SHARED)] if source else []
    clones = {one: renaming(profile, source, one, items) for one in targets}
    kept = not source or source in choice.tenants
    return Moves(relocation(profile, choice, items, home), clones, source, kept)


def _is_wanted(item: Item, wanted: Scope) -> bool:
    return wanted.takes(item.tenant) and wanted.wants(item.provider, item.type)


def _size(entry: Entry) -> int:
    return sum(blob.size for blob in entry.blobs.values())


def make(
    vault: Vault,
    snapshot: Snapshot,
    profile: Profile,
    choice: Choice,
    environ: Mapping[str, str],
) -> Generator[Event, None, tuple[Plan, Saved, Live]]:
    """Yield events while the world is read; return the plan and what it was made from."""
    found = saved(vault, snapshot, profile, choice)
    base = looked_at(snapshot, choice, data=False)
    with scratch(vault) as into:
        now = yield from read(vault, into, profile, base, environ)
        reader = into.reader()
        gaps = filter(is_gap, reader.coverage(now))
        live = Live((entry.item for entry in reader.entries(now)), gaps)
        live.opened = dict(_opened(into, Moves(), reader.entries(now))) if found.opened else {}
    place = Place(Aws(patient=True), aws_target(profile), profile.aws.account)
    extra = _extra(vault, snapshot, profile, found, live, choice) if choice.exact else None
    items = tuple(told(decided(found, live, choice, place, extra), place, choice.on_taken))
    plan = Plan(
        id=uuid.uuid4().hex[:12],
        snapshot=snapshot.name,
        content=snapshot.content,
        profile=profile.name,
        account=profile.aws.account,
        choice=choice,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        items=items,
        moved=moved(found.moves.relocation),
        flags=found.flags,
    )
    return plan, found, live


def looked_at(snapshot: Snapshot, choice: Choice, *, data: bool) -> Snapshot:
    """Return `snapshot` with a scope that takes in the tenants of `choice`, clones among them."""
    tenants = {*snapshot.scope["tenants"], *choice.tenants}
    scope = {**snapshot.scope, "tenants": sorted(tenants), "data": data}
    return replace(snapshot, scope=scope)


def _extra(
    vault: Vault, snapshot: Snapshot, profile: Profile, found: Saved, live: Live, choice: Choice
) -> Extra:
    """Return what finds what `live` has and `snapshot` lacks."""
    brief = Brief(profile, Scope(choice.tenants), profile.aws.account, vault.where, vault.sealer)
    world = World(brief)
    return Extra(
        choice,
        Absence(vault.reader().coverage(snapshot), choice.source),
        Spared(profile, vault.where, Caller.of(world), live.everything(), choice.tenants),
        world,
        lambda identity: found.inside(vault, snapshot, identity),
        vault.blob,
    )


def decided(
    found: Saved, live: Live, choice: Choice, place: Place, extra: Extra | None = None
) -> Iterator[Planned]:
    """Yield what becomes of each saved item where `live` stands: configuration, then data.

    Then, with `extra`, what becomes of what the snapshot lacks.
    """
    chosen = frozenset(found.entries)
    decider = Decider(found.directory, place, live, choice.existing, found.everything, chosen)
    decider.blocked |= dict.fromkeys(_nameless(found), "its id tells no clone from what it is of")
    buckets = (key for kind, key in found.directory.keys if kind == BUCKET)
    decider.opened = found.opened
    decider.taken = standing(buckets, live, place.account)
    graph = found.graph(found.everything, found.held)
    waits = graph.settled()
    for group in circles(waits):
        names = sorted({node.identity for node in group})
        for name in names:
            decider.blocked[name] = f"waits for itself through {', '.join(names)}"
    every = {**found.others, **found.entries}
    order = [every[name].item for name in _in_order(waits, frozenset(decider.blocked))]
    decider.expect(order)
    for item in order:
        decider.match(item)
    live.names = decider.names
    yield from decider.settle([item for item in order if item.identity in found.entries])
    for identity, held in found.held.items():
        yield _data_row(identity, held, decider)
    for item in found.lost:
        reason = "what held it is not in the snapshot"
        yield Planned(
            item.identity,
            item.provider,
            item.type,
            item.region,
            item.key,
            item.tenant,
            Action.BLOCKED,
            reason,
        )
    if extra:
        yield from extra.rows(live, found.everything, decider.unmatched())
        yield from extra.inside_rows(_standing(found, decider))


def _standing(found: Saved, decider: Decider) -> Iterator[Standing]:
    """Yield the chosen items that may hold data and stand there."""
    for identity, entry in found.entries.items():
        stands = decider.stands(identity)
        if stands and held_by(entry.item.type):
            yield Standing(identity, stands.key, entry.item.tenant)


def _in_order(waits: Mapping[Node, set[Node]], blocked: frozenset[str]) -> Iterator[str]:
    """Yield identities in the order in which they are created; those in a circle last."""
    free = {
        node: {one for one in after if one.identity not in blocked}
        for node, after in waits.items()
        if node.identity not in blocked
    }
    for node in TopologicalSorter(free).static_order():
        if node.phase is Phase.CREATE:
            yield node.identity
    yield from sorted(blocked)


def _data_row(identity: str, held: Held, decider: Decider) -> Planned:
    provider, _, rest = identity.partition(":")
    kind, region, key = rest.split(":", 2)
    blocked = identity in decider.blocked
    action = Action.BLOCKED if blocked else Action.CREATE
    reason = f"{kind} {key} is blocked" if blocked else "what is there and equal is left as it is"
    return Planned(
        identity=identity + INSIDE,
        provider=provider,
        type=held.type,
        region=region,
        key=key + INSIDE,
        tenant=held.tenant,
        action=action,
        reason=reason,
        count=held.count,
        size=held.size,
    )
