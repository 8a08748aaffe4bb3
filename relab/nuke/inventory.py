"""Our own inventory of the account and its cluster, by the collectors that save them.

It decides what there is before a wipe, and after it whether the account is clean: aws-nuke's word
alone does for neither.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from profiles.model import Profile
from relab.events import Event
from relab.resources.item import Item
from relab.resources.reading import Place
from restore.inside import is_data
from snapshot.collect.driver import is_gap
from snapshot.collect.live import scratch
from snapshot.collect.save import Order, save
from snapshot.collect.scope import SHARED, Scope
from snapshot.compare import Change, Field, Kind, compare
from snapshot.vault.model import LIVE, Coverage, Covered, Entry, Snapshot
from snapshot.vault.reader import Only
from snapshot.vault.vault import Vault

AWS, KUBERNETES = "aws", "kubernetes"
_SHOWN = 3
Environ = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Inventory:
    """What there is: `items` (of data without documents), and how they differ from a snapshot.

    `moved` says of an item, by identity, how it is not as the snapshot has it. `skipped` is what
    was met and is no item, by type and key, with the reason; `gaps` what could not be read. `older`
    are buckets with older versions of objects that the snapshot was not to hold.
    """

    items: tuple[Item, ...] = ()
    moved: Mapping[str, str] = field(default_factory=dict)
    skipped: Mapping[tuple[str, str], str] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()
    older: frozenset[str] = frozenset()

    def __add__(self, other: "Inventory") -> "Inventory":
        """Return both inventories as one."""
        return Inventory(
            (*self.items, *other.items),
            {**self.moved, **other.moved},
            {**self.skipped, **other.skipped},
            (*self.gaps, *other.gaps),
            self.older | other.older,
        )


def take(
    vault: Vault, snapshot: Snapshot | None, profile: Profile, environ: Environ, provider: str
) -> Generator[Event, None, Inventory]:
    """Read all that `provider` has, compare it with `snapshot`, and keep nothing of it.

    Of the account, objects and images are listed, too (what changed since the save is read); of the
    cluster, files and databases are not. Without a snapshot there is nothing but the items.
    """
    data = provider == AWS and snapshot is not None
    versions = bool(snapshot and snapshot.scope.get("versions"))
    scope = Scope((*profile.tenants, SHARED), (f"{provider}/*",), data, versions)
    with scratch(vault) as into:
        yield from save(into, Order(profile, LIVE, scope), environ, earlier=vault.where)
        reader = into.reader()
        now = reader.snapshot(LIVE)
        lines = reader.coverage(now)
        return Inventory(
            tuple(map(_light, reader.entries(now))),
            dict(_moved(vault, snapshot, reader.entries(now), provider)) if snapshot else {},
            dict(_skipped(lines)),
            tuple(_told(line) for line in lines if is_gap(line)),
        )


def _light(entry: Entry) -> Item:
    item = entry.item
    if not is_data(item.type):
        return item
    return Item(item.provider, item.type, item.region, item.key, {}, {}, item.tenant, item.owner)


def _moved(
    vault: Vault, snapshot: Snapshot, now: Iterable[Entry], provider: str
) -> Iterator[tuple[str, str]]:
    """Yield what is new or different now, by identity."""
    before = vault.reader().entries(snapshot, Only(provider=provider))
    for change in compare(before, now):
        if change.change is Kind.ADDED or any(map(_counts, change.fields)):
            yield _identity(change), _how(change)


def _counts(one: Field) -> bool:
    """Tell whether a value that differs would be lost.

    Ids of what was made anew would not, nor what is there no more: the snapshot has it. So a wipe
    that came half-way, and took roles their policies, can be ended.
    """
    return not one.pointer.startswith("/identifiers/") and one.change is not Kind.REMOVED


def _identity(change: Change) -> str:
    return ":".join((change.provider, change.type, change.region, change.key))


def _how(change: Change) -> str:
    if change.change is Kind.ADDED:
        return "it is not in the snapshot"
    places = [one.pointer for one in change.fields if _counts(one)]
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    return f"it has changed since the save at {', '.join(places[:_SHOWN])}{more}"


def _skipped(lines: Iterable[Coverage]) -> Iterator[tuple[tuple[str, str], str]]:
    for line in lines:
        key, _, reason = line.detail.partition(": ")
        if line.state is Covered.UNSUPPORTED and reason:
            yield (line.type, key), reason


def _told(line: Coverage) -> str:
    of = f" of tenant {line.tenant}" if line.tenant else ""
    return f"{line.state.value}: {line.type}{of}: {line.detail}"


def with_older(found: Inventory, place: Place) -> Inventory:
    """Return the inventory with those of its buckets that hold older versions of objects.

    For a snapshot without them. A bucket that does not tell is a gap.
    """
    older, gaps = set[str](), list(found.gaps)
    for item in found.items:
        if item.type == "s3.bucket" and item.document.get("VersioningConfiguration"):
            has, why = _has_older(item.key, place)
            older |= {item.key} if has else set()
            gaps += [f"{why}: s3.version: {item.key}"] if why else []
    return replace(found, gaps=tuple(gaps), older=frozenset(older))


def _has_older(bucket: str, place: Place) -> tuple[bool, str]:
    asked = {"Bucket": bucket}
    while True:
        reply = place.caller.call(place.target, "s3", "ListObjectVersions", asked)
        if not reply.ok:
            return False, f"{reply.status} {reply.detail}"
        body = reply.body
        if body.get("DeleteMarkers") or not all(
            one["IsLatest"] for one in body.get("Versions", ())
        ):
            return True, ""
        if not body.get("IsTruncated"):
            return False, ""
        asked |= {
            "KeyMarker": body["NextKeyMarker"],
            "VersionIdMarker": body["NextVersionIdMarker"],
        }
