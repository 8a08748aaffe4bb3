"""Put together what a wipe would do: aws-nuke's dry run beside our own inventory and a snapshot.

Neither alone is believed. What aws-nuke lists must be known to us, what we know of the types that
it removes must be on its list, and all that goes must be in the snapshot as it is now.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from profiles.model import Profile
from profiles.naming import fill
from relab.nuke.inventory import AWS, KUBERNETES, Inventory
from relab.nuke.lines import Row
from relab.nuke.model import By, Doomed, Fate, Forecast, Left
from relab.nuke.names import EMPTIED, native, piece, spelling, types_of
from relab.nuke.rules import ALWAYS, STACK, Rule, why_kept
from relab.resources.item import Item
from relab.resources.registry import by_name
from restore.decide import never
from restore.inside import holder_of, is_data

_CLUSTER = "eks.cluster"
_CLAIM, _VOLUME, _DUMP = "v1/PersistentVolumeClaim", "data/Volume", "data/Dump"
_NOTES: Mapping[str, str] = {
    "s3.bucket": "a deleted bucket's name may stay taken for hours: a restore waits for it",
    "kms.key": "keys are deleted after 7 days: a restore within that time keeps them",
    "iam.role": "roles made anew have new ids: policies that name them are put again",
}


@dataclass(frozen=True)
class Sight:
    """All that a forecast is made of.

    `saved` are the identities of the snapshot, `kinds` the types of ours that are to go, `kept` the
    rules of what stays, `going` and `filtered` the lines of the dry run. With `soft`, buckets and
    repositories are emptied.
    """

    profile: Profile
    inventory: Inventory
    saved: Collection[str]
    kinds: Collection[str]
    kept: Sequence[Rule]
    going: Sequence[Row] = ()
    filtered: Sequence[Row] = ()
    problems: tuple[str, ...] = ()
    soft: bool = False
    _why: dict[str, str] = field(default_factory=dict)

    def why_kept(self, item: Item) -> str:
        """Return why `item`, or what holds it, stays; empty when it goes."""
        if item.identity not in self._why:
            above = self.holders.get(_holder(item))
            reason = why_kept(item, self.kept) or (self.why_kept(above) if above else "")
            self._why[item.identity] = reason
        return self._why[item.identity]

    @cached_property
    def holders(self) -> dict[tuple[str, str], Item]:
        """Return the items by type and key."""
        return {(item.type, item.key): item for item in self.inventory.items}

    @cached_property
    def identities(self) -> dict[str, Item]:
        """Return the items by identity."""
        return {item.identity: item for item in self.inventory.items}

    @cached_property
    def lines(self) -> dict[tuple[str, str], list[Item]]:
        """Return the items by aws-nuke's type and by how a line of it names them."""
        found: dict[tuple[str, str], list[Item]] = {}
        for item in self.inventory.items:
            if item.type in by_name() and native(item.type):
                text = spelling(item.type).of(item.key, self.profile.aws.account)
                found.setdefault((native(item.type), text), []).append(item)
        return found

    def of(self, row: Row) -> list[Item]:
        """Return the items that a line is about, or a piece of."""
        part = piece(row.type)
        if part:
            return [one for one in self._of_type(part.of) if _is_piece(row, one)]
        for kind in types_of(row.type):
            if found := self.lines.get((row.type, _named(row, kind))):
                return found
        return []

    def _of_type(self, kind: str) -> Iterator[Item]:
        yield from (one for one in self.inventory.items if one.type == kind)

    def goes(self, item: Item) -> bool:
        """Tell whether `item` is to go: by its type, with what holds it, or with its cluster.

        What something brings that is there itself stays and goes with that.
        """
        # Of the cluster all goes or nothing, and owners there may be tied in a circle.
        owner = self.identities.get(item.owner) if item.provider == AWS else None
        if self.why_kept(item) or (owner and not self.goes(owner)):
            return False
        if item.provider == KUBERNETES:
            cluster = self.holders.get((_CLUSTER, self.profile.kubernetes.cluster))
            return cluster is not None and self.goes(cluster)
        if is_data(item.type):
            kind = _holder(item)[0]
            return kind in self.kinds or (self.soft and kind in EMPTIED and not self._left(kind))
        return item.type in self.kinds

    def _left(self, kind: str) -> bool:
        return any(fnmatchcase(kind, pattern) for pattern in self.profile.nuke.leave)


def _named(row: Row, kind: str) -> str:
    """Return what a line calls the item of our type `kind` that it is about."""
    how = spelling(kind)
    return row.props.get(how.prop, "") if how.prop else row.name


def _holder(item: Item) -> tuple[str, str]:
    """Return type and key of what holds the data `item`; nothing's for what is no data."""
    return holder_of(item) if is_data(item.type) else ("", "")


def _is_piece(row: Row, item: Item) -> bool:
    part = piece(row.type)
    parent = item.key.rpartition("/")[2]
    return bool(part) and row.name.startswith(part.text.format(parent=parent, rest=""))  # type: ignore[union-attr]


def forecast(sight: Sight) -> Forecast:
    """Return what a wipe would do to what `sight` shows."""
    listed = {one.identity for row in sight.going if not piece(row.type) for one in sight.of(row)}
    going = [item for item in sight.inventory.items if sight.goes(item)]
    stays = [item for item in going if _survives(item, listed)]
    gone = [item for item in going if not _survives(item, listed)]
    doomed = [_doomed(item, sight) for item in gone]
    doomed += [row for line in sight.going for row in _strange(line, sight)]
    doomed += _inside_the_cluster(gone, sight)
    doomed += _older(sight)
    return Forecast(
        doomed=tuple(sorted(doomed, key=lambda one: (one.service, one.type, one.tenant, one.key))),
        kept=tuple(_kept(sight)),
        survivors=tuple(_survivor(item, sight) for item in stays),
        breaches=tuple(_breaches(sight)),
        problems=sight.problems,
        unread=sight.inventory.gaps,
        notes=tuple(note for kind, note in _NOTES.items() if any(o.type == kind for o in gone)),
    )


def _older(sight: Sight) -> Iterator[Doomed]:
    """Yield the buckets whose older versions of objects go, and are in no snapshot."""
    why = "it has older versions or deletions, which only a save with --versions takes"
    for item in sight.inventory.items:
        has = item.type == "s3.bucket" and item.key in sight.inventory.older
        emptied = sight.soft and not sight.why_kept(item)
        if has and (emptied or sight.goes(item)):
            yield Doomed(item.tenant, "s3.version", item.key, By.HOLDER, Fate.LOST, why)


def _by(item: Item) -> By:
    if item.provider != AWS or is_data(item.type):
        return By.HOLDER
    return By.NUKE if native(item.type) else By.RELAB


def _survives(item: Item, listed: Collection[str]) -> bool:
    """Tell whether nobody is going to remove `item`."""
    by = _by(item)
    if by is By.NUKE:
        return item.identity not in listed and not item.owner
    return by is By.RELAB and bool(by_name()[item.type].stays) and not item.owner


def _doomed(item: Item, sight: Sight) -> Doomed:
    fate, why = _fate(item, sight)
    return Doomed(item.tenant, item.type, item.key, _by(item), fate, why)


def _fate(item: Item, sight: Sight) -> tuple[Fate, str]:
    reason = never(item) if not is_data(item.type) else ""
    if reason:
        return (Fate.NEVER if item.provider == AWS else Fate.REBUILT), reason
    if item.owner and item.owner in sight.saved:
        return Fate.REBUILT, f"comes back with {item.owner}"
    moved = sight.inventory.moved.get(item.identity)
    if moved:
        return Fate.LOST, moved
    if item.identity not in sight.saved:
        return Fate.LOST, "it is not in the snapshot"
    return Fate.CAPTURED, ""


def _strange(row: Row, sight: Sight) -> Iterator[Doomed]:
    """Yield what a line tells of that our inventory does not: pieces that are lost, unknowns."""
    part, items = piece(row.type), sight.of(row)
    tenant = items[0].tenant if items else ""
    fate, why = Fate.LOST, "relab's own inventory does not know it"
    if part and items and not part.lost:
        return
    if part and part.lost:
        fate, why = Fate.NEVER, part.lost
    elif items:
        return
    elif row.type == STACK:
        fate, why = Fate.REBUILT, "cdk bootstrap makes it again"
    elif skipped := _skipped(row, sight):
        fate, why = Fate.NEVER, skipped
    yield Doomed(tenant, row.type, row.name, By.NUKE, fate, why)


def _skipped(row: Row, sight: Sight) -> str:
    """Return why our inventory has left out what a line names; empty when it has not seen it."""
    account = sight.profile.aws.account
    for (kind, key), reason in sight.inventory.skipped.items():
        if kind in types_of(row.type) and spelling(kind).of(key, account) == _named(row, kind):
            return reason
    return ""


def _inside_the_cluster(gone: Iterable[Item], sight: Sight) -> Iterator[Doomed]:
    """Yield the files and databases that go with a cluster: presence is all that is looked at."""
    claims = [item for item in gone if item.type == _CLAIM]
    for item in claims:
        fate, why = _of_claim(item, sight)
        yield Doomed(item.tenant, _VOLUME, item.key, By.HOLDER, fate, why)
    if not any(item.provider == KUBERNETES for item in gone):
        return
    for dump in sight.profile.dumps:
        for tenant in dump.tenants(sight.profile.tenants):
            name = fill(dump.name, sight.profile, tenant) if tenant else dump.name
            yield _of_data(tenant, _DUMP, f"{dump.namespace}/{name}", sight)


def _of_claim(item: Item, sight: Sight) -> tuple[Fate, str]:
    rules = sight.profile.volumes
    name = item.key.partition("/")[2] if item.tenant else item.key
    wanted = rules.tenants if item.tenant else rules.platform
    if not any(fnmatchcase(name, rule) for rule in wanted):
        return Fate.LEFT_OUT, "the profile's rules for volumes leave it out"
    row = _of_data(item.tenant, _VOLUME, item.key, sight)
    return row.fate, row.why


def _of_data(tenant: str, kind: str, key: str, sight: Sight) -> Doomed:
    name = f"{KUBERNETES}:{kind}:{sight.profile.kubernetes.cluster}:{key}"
    held = name in sight.saved
    fate, why = (Fate.CAPTURED, "") if held else (Fate.LOST, "it is not in the snapshot")
    return Doomed(tenant, kind, key, By.HOLDER, fate, why)


def _survivor(item: Item, sight: Sight) -> Left:
    filtered = next((row.why for row in sight.filtered if item in sight.of(row)), "")
    kind = by_name()[item.type]
    why = kind.stays if not native(item.type) else filtered or "aws-nuke does not list it"
    return Left(item.tenant, item.type, item.key, why, item.identity in sight.saved)


def _kept(sight: Sight) -> Iterator[Left]:
    """Yield what stays on purpose: our items by their rules, and lines that stand for no item."""
    for item in sight.inventory.items:
        reason = sight.why_kept(item)
        if reason and not is_data(item.type):
            yield Left(item.tenant, item.type, item.key, reason)
    for row in sight.filtered:
        if not sight.of(row):
            yield Left("", row.type, row.name, _why_filtered(row))


def _why_filtered(row: Row) -> str:
    found = (one for one in ALWAYS if one.type == row.type and one.keeps(row.name, row.props))
    ours = next(found, None)
    return ours.why if ours else row.why


def _breaches(sight: Sight) -> Iterator[str]:
    """Yield what aws-nuke would remove though a rule keeps it."""
    for row in sight.going:
        for item in sight.of(row):
            if not sight.goes(item):
                reason = sight.why_kept(item) or "relab expects it to stay"
                yield f"{row.type} {row.name}: {reason}"
        for one in ALWAYS:
            if one.type == row.type and one.keeps(row.name, row.props):
                yield f"{row.type} {row.name}: {one.why}"
