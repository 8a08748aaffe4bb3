"""Pours data of a snapshot back, and counts what changes the world."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from profiles.model import Profile
from restore.journal import Journal
from restore.vessel import Pour, Poured, Vessel
from snapshot.collect.scope import Scope
from snapshot.collect.world import Brief, World
from snapshot.vault.model import Entry
from snapshot.vault.vault import Vault
from tests.snapshot.meddler import Asked, Meddler, meddling

_QUESTIONS = ("GET", "HEAD")
_ASKING = ("Get", "Describe", "List", "Scan")


@dataclass(frozen=True)
class Cellar:
    """A snapshot and the journal of a restore from it."""

    vault: Vault
    name: str
    journal: Journal

    def vessel(self, profile: Profile, kind: str, old: str, new: str = "") -> Vessel:
        """Return what a pour of the data `kind` inside the holder `old` is handed."""
        vault = self.vault
        brief = Brief(profile, Scope(("07", "")), profile.aws.account, vault.where, vault.sealer)
        reader = self.vault.reader()
        snapshot = reader.snapshot(self.name)

        def entries() -> Iterator[Entry]:
            for entry in reader.between(snapshot, kind, old, f"{old}\U0010ffff"):
                if entry.item.key == old or entry.item.key[len(old)] in "/@":
                    yield entry

        return Vessel(World(brief), self.journal, new or old, entries, vault.blob, vault.unsealed)


@contextmanager
def cellar(vault: Vault, folder: Path, name: str = "one") -> Iterator[Cellar]:
    journal = Journal(folder / "journal.sqlite")
    try:
        yield Cellar(vault, name, journal)
    finally:
        journal.close()


def through(profile: Profile, **addresses: str) -> Profile:
    """Return `profile` with some of AWS' addresses replaced (`endpoint`, `registry`)."""
    return replace(profile, aws=replace(profile.aws, **addresses))


def changes(seen: list[Asked]) -> list[str]:
    """Return the requests that change something."""
    return [one.text[:200] for one in seen if not _asks(one)]


def _asks(one: Asked) -> bool:
    if one.method in _QUESTIONS:
        return True
    operation = one.text.split(" ")[2].rpartition(".")[2]
    return operation.startswith(_ASKING)


def watched(pour: Pour, vessel: Vessel, meddler: Meddler) -> tuple[Poured, list[str]]:
    """Pour, and return what came of it and which requests changed something."""
    meddler.seen.clear()
    done = pour(vessel)
    return done, changes(meddler.seen)


__all__ = ["Cellar", "cellar", "changes", "meddling", "through", "watched"]
