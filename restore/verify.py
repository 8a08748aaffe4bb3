"""Read the world again and compare it with what was to be restored."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from profiles.model import Profile
from relab.events import Event
from relab.resources.document import arranged
from relab.resources.item import Item
from relab.resources.registry import by_name
from restore import shown
from restore.data import wording
from restore.decide import AWS, never, passing
from restore.equal import differences
from restore.hands import Hands
from restore.inside import holder, holder_of, is_data
from restore.journal import Journal
from restore.model import INSIDE, Action, Choice
from restore.plan import Saved, looked_at, wanted_entries
from restore.references import translated
from restore.taken import Taken
from snapshot.collect.live import read, scratch
from snapshot.collect.scope import Scope
from snapshot.compare import Field
from snapshot.data.dumps import DUMP
from snapshot.data.objects_facts import AGE
from snapshot.vault.model import Entry
from snapshot.vault.vault import Vault


class Wrong(StrEnum):
    """How an item is not what was saved."""

    MISSING = "missing"
    DIFFERENT = "different"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class Difference:
    """An item that is not what was saved, and at which JSON pointers; `key` is its key now.

    `fields` are the values there, before and now; secrets stay sealed.
    """

    identity: str
    tenant: str
    key: str
    wrong: Wrong
    pointers: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification found: how many items are as they were, and which are not.

    What should have been removed and stands there is not, either.

    `partial` when some of the world could not be read: what is missing may be there. `renamed` are
    the old and the new name of buckets whose name was taken.
    """

    equal: int
    differences: tuple[Difference, ...]
    partial: bool
    renamed: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Verifier:
    """Compares saved entries with the world's, whose ids the journal translates."""

    vault: Vault
    saved: Saved
    journal: Journal
    live: Vault
    taken: Taken

    def compare(self, entry: Entry, stands: Entry | None) -> Difference | None:
        """Return how `stands` differs from what `entry` should be now; None for not at all."""
        item, key = entry.item, self.key_of(entry.item)
        if stands is None:
            return Difference(item.identity, item.tenant, key, Wrong.MISSING)
        wrong = self._differs(entry, stands)
        if not wrong:
            return None
        values = tuple(self._values(entry, stands, wrong))
        return Difference(item.identity, item.tenant, key, Wrong.DIFFERENT, tuple(wrong), values)

    def _values(self, entry: Entry, stands: Entry, wrong: list[str]) -> Iterator[Field]:
        if wrong == [shown.DATA]:
            yield shown.data(entry.blobs, stands.blobs)
        else:
            yield from shown.fields(self._expected(entry.item), stands.item.document, wrong)

    def key_of(self, item: Item) -> str:
        """Return the key that `item` has now."""
        if is_data(item.type):
            inside = holder(item, self.saved.directory)
            made = self.journal.made(inside) if inside else None
            old = inside.split(":", 3)[3] if inside else ""
            return made.key + item.key[len(old) :] if made and old else item.key
        made = self.journal.made(item.identity)
        return made.key if made else item.key

    def _differs(self, entry: Entry, stands: Entry) -> list[str]:
        if self._digests(entry) != {name: blob.digest for name, blob in stands.blobs.items()}:
            return [shown.DATA]
        wrong = differences(self._expected(entry.item), stands.item.document)
        if wrong and (entry.sealed or stands.sealed):
            # A secret that held an old id is sealed as another value now.
            open_ = self.saved.unsealed(self.vault, entry)
            now = self.live.unsealed(stands)
            wrong = differences(self._expected(open_), now.document)
        return wrong

    def _digests(self, entry: Entry) -> dict[str, str]:
        """Return the digest of each part of the data as it should be here."""
        found = {name: blob.digest for name, blob in entry.blobs.items()}
        said = self.saved.saying(entry.item.tenant, self.taken)
        if entry.item.type != DUMP or said is None:
            return found
        sealer = self.vault.sealer
        return {
            name: wording.digest(
                wording.said(self.vault.blob(digest), said, sealer, entry.item.key)
            )
            for name, digest in found.items()
        }

    def _expected(self, item: Item) -> Mapping[str, object]:
        names = self.journal.names
        finder = self.saved.directory.finder
        document = translated(dict(item.document), finder, lambda old: names.get(old, old))
        document = self.taken.said(document)
        known = item.provider == AWS and item.type in by_name()
        return arranged(by_name()[item.type], document) if known else document


def verify(
    hands: Hands, profile: Profile, choice: Choice, environ: Mapping[str, str]
) -> Generator[Event, None, Report]:
    """Yield events while the world is read; return the report."""
    vault, snapshot = hands.vault, hands.snapshot
    base = looked_at(snapshot, choice, data=choice.data)
    with scratch(vault) as into:
        now = yield from read(vault, into, profile, base, environ)
        live = {entry.item.identity: entry for entry in into.reader().entries(now)}
        verifier = Verifier(vault, hands.saved, hands.journal, into, hands.aws.taken)
        found: list[Difference] = []
        equal = 0
        for entry in _expected(hands, choice):
            key = verifier.key_of(entry.item)
            stands = live.get(replace(entry.item, key=key).identity)
            wrong = verifier.compare(entry, stands)
            found += [wrong] if wrong else []
            equal += wrong is None
            if stands:
                live.pop(stands.item.identity, None)
        if choice.exact:
            found += _too_much(hands, choice, (entry.item for entry in live.values()))
    renamed = tuple(sorted(hands.aws.taken.pairs.items()))
    return Report(equal, tuple(found), now.state == "partial", renamed)


def _expected(hands: Hands, choice: Choice) -> Iterator[Entry]:
    """Yield the entries that should stand in the world after a restore."""
    wanted = Scope(choice.tenants, choice.only)
    for entry in wanted_entries(hands.vault, hands.snapshot, hands.saved.moves):
        item = entry.item
        mine = wanted.takes(item.tenant) and wanted.wants(item.provider, item.type)
        if not mine or (is_data(item.type) and not choice.data):
            continue
        if not is_data(item.type) and (never(item) or (item.owner and _renamed(item))):
            continue
        yield entry


def _too_much(hands: Hands, choice: Choice, left: Iterable[Item]) -> Iterator[Difference]:
    """Yield what of the items that are `left` should have been removed.

    Not what the plan told that it stays, what comes with an owner, or what of an object is past.
    """
    wanted = Scope(choice.tenants, choice.only)
    known = hands.saved.everything
    stay = {row.identity for row in hands.rows.values() if row.action is Action.SKIP}
    for item in left:
        mine = wanted.takes(item.tenant) and wanted.wants(item.provider, item.type)
        told = stay & {item.identity, *_around(item)} or item.identity in known
        if mine and not (item.owner or told or _is_past(item)):
            yield Difference(item.identity, item.tenant, item.key, Wrong.EXTRA)


def _around(item: Item) -> Iterator[str]:
    """Yield the identities of what holds `item`, if it is data, and of all data in that."""
    if is_data(item.type):
        kind, key = holder_of(item)
        yield f"{item.provider}:{kind}:{item.region}:{key}"
        yield f"{item.provider}:{item.type}:{item.region}:{key}{INSIDE}"


def _is_past(item: Item) -> bool:
    document = item.document
    return item.type == "s3.object" and bool(document.get(AGE) or document.get("DeleteMarker"))


def _renamed(item: Item) -> bool:
    return item.provider != AWS and passing(item)
