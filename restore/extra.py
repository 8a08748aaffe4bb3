"""What stands there and a snapshot lacks: what of it is removed, and why the rest stays."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from relab.resources.item import Item
from relab.resources.registry import by_name
from restore.absent import Absence
from restore.aws_needs import Directory
from restore.decide import AWS, passing, planned
from restore.drain import Inside
from restore.drains import DRAINS, EMPTIES
from restore.inside import held_by
from restore.live import Live
from restore.model import INSIDE, Action, Choice, Planned
from restore.references import references
from restore.spared import Spared
from restore.trouble import NotDone
from snapshot.collect.scope import Scope
from snapshot.collect.world import World
from snapshot.vault.model import Entry

_LACKED = "the snapshot does not have it"
_LACKED_INSIDE = "the snapshot does not have them"
_VERSIONS = "; where the bucket keeps versions, a delete marker is put over each"


@dataclass(frozen=True, slots=True)
class Standing:
    """A saved holder of data, the key under which it stands, and whose it is."""

    identity: str
    key: str
    tenant: str


@dataclass(frozen=True, slots=True)
class Extra:
    """Finds what is too much; `inside` yields the data of a holder (its identity) as saved."""

    choice: Choice
    absence: Absence
    spared: Spared
    world: World
    inside: Callable[[str], Iterator[Entry]]
    blob: Callable[[str], Iterator[bytes]]

    def rows(self, live: Live, known: frozenset[str], unclear: frozenset[str]) -> Iterator[Planned]:
        """Yield a row for every item that `live` has and the snapshot lacks.

        `known` are the identities of all saved items, `unclear` the types of those of which some
        could not be told apart from what stands there.
        """
        found = [item for item in live.untaken() if item.identity not in known]
        found = [item for item in found if self._chosen(item)]
        reasons = {item.identity: self._why(item, unclear) for item in found}
        going = frozenset(name for name, why in reasons.items() if not why)
        reasons |= self._used(live, going)
        for item in found:
            yield self._row(item, reasons[item.identity])

    def inside_rows(self, holders: Iterable[Standing]) -> Iterator[Planned]:
        """Yield a row for each of `holders` that has more inside than the snapshot."""
        for holder in holders if self.choice.data else ():
            provider, held, *_ = holder.identity.split(":", 3)
            kind = held_by(held)
            if kind in DRAINS and Scope((), self.choice.only).wants(provider, kind):
                count, why = self._too_much(holder, kind)
                if why:
                    why = f"{_LACKED_INSIDE}, but they stay: {why}"
                    yield _inside(holder, kind, Action.SKIP, why, count)
                elif count:
                    why = f"{_LACKED_INSIDE}{_VERSIONS if kind == 's3.object' else ''}"
                    yield _inside(holder, kind, Action.REMOVE, why, count)

    def _too_much(self, holder: Standing, kind: str) -> tuple[int, str]:
        """Return how much in `holder` the snapshot lacks, and why that stays."""
        inside = Inside(self.world, holder.key, lambda: self.inside(holder.identity), self.blob)
        try:
            count = DRAINS[kind](inside, True)
        except NotDone as error:
            return 0, f"what is there could not be read: {error}"
        if not count:
            return 0, ""
        key = holder.identity.split(":", 3)[3]
        why = self.spared.why_inside(kind, holder.key)
        return count, why or self.absence.doubt_inside(kind, key, holder.tenant)

    def _chosen(self, item: Item) -> bool:
        """Tell whether a row tells of `item`: not of what its owner names anew each time."""
        owned = item.owner and item.provider != AWS and passing(item)
        return self._in_scope(item) and not owned

    def _in_scope(self, item: Item) -> bool:
        wanted = Scope(self.choice.tenants, self.choice.only)
        return wanted.takes(item.tenant) and wanted.wants(item.provider, item.type)

    def _why(self, item: Item, unclear: frozenset[str]) -> str:
        """Return why `item` stays; empty when it goes."""
        why = self.spared.why(item) or self.absence.doubt(item)
        if not why and item.type in unclear and self._is_named_by_aws(item):
            why = "it may be a saved one that is blocked"
        return why

    @staticmethod
    def _is_named_by_aws(item: Item) -> bool:
        return item.provider == AWS and any(h.answer for h in by_name()[item.type].handles)

    def _used(self, live: Live, going: frozenset[str]) -> dict[str, str]:
        """Return why some of what is `going` must stay: what is out of the scope refers to it."""
        directory = Directory(item for item in live.everything() if item.identity in going)
        found: dict[str, str] = {}
        for item in live.everything() if directory.owners else ():
            if not self._in_scope(item) and item.owner not in going:
                for one in references(dict(item.document), directory.finder):
                    why = f"{item.identity}, which is out of the plan's scope, refers to it"
                    found[directory.owners[one.identifier]] = why
        return found

    def _row(self, item: Item, why: str) -> Planned:
        if why:
            row = planned(item, Action.SKIP, f"{_LACKED}, but stays: {why}")
            return replace(row, extra=True)
        told = ""
        if item.type in EMPTIES:
            inside = Inside(self.world, item.key, lambda: iter(()), self.blob)
            told = f", with {EMPTIES[item.type](inside, True)} things inside"
        row = planned(item, Action.REMOVE, f"{_LACKED}{told}", item.key)
        return replace(row, extra=True)


def _inside(holder: Standing, kind: str, action: Action, reason: str, count: int) -> Planned:
    provider, _, region, key = holder.identity.split(":", 3)
    return Planned(
        identity=f"{provider}:{kind}:{region}:{key}{INSIDE}",
        provider=provider,
        type=kind,
        region=region,
        key=f"{key}{INSIDE}",
        tenant=holder.tenant,
        action=action,
        reason=reason,
        count=count,
        now=holder.key,
        extra=True,
    )
