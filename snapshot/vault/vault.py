"""A vault: what the rest of relab calls.

vault = opening.folder(path)
with vault.saving("before-the-wipe", {"tenants": ["01"]}) as saving:
    with saving.unit("s3.bucket/ap-northeast-2") as unit:
        unit.add(item, {"body": saving.put_blob(stream)}, secrets=["/document/Password"])
        unit.cover(Coverage("s3", "s3.bucket", "ap-northeast-2", "01", Covered.CAPTURED, 1))
    saving.finish()
vault.verify("before-the-wipe", deep=True)
"""

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from threading import RLock
from typing import Any

from relab.errors import NoKey, RelabError
from relab.resources.item import Item
from snapshot.vault import seal
from snapshot.vault.check import Finding, Scope, examine
from snapshot.vault.home import Change, Home
from snapshot.vault.keys import Key
from snapshot.vault.lock import Holder, Lock, holder, locked
from snapshot.vault.model import Entry, Snapshot
from snapshot.vault.prune import Keep, Pruned, blobs_named, doomed, forget, strays
from snapshot.vault.reader import Reader
from snapshot.vault.seal import Sealer
from snapshot.vault.stats import Stats, stats
from snapshot.vault.store import Store
from snapshot.vault.writer import Saving, begin, undo_broken


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found; `recorded` is false when the vault could not be written."""

    findings: tuple[Finding, ...]
    recorded: bool


class Vault:
    """Snapshots in `store`, listed by the catalogue of `home`; `key` finds the person's key."""

    def __init__(self, store: Store, home: Home, key: Callable[[], Key]) -> None:
        self._store = store
        self._home = home
        self._find_key = key
        self._asking = RLock()

    @property
    def where(self) -> str:
        """Return the folder or the address of the bucket."""
        return self._store.where

    @property
    def key(self) -> Key:
        """Return the person's key, asked for once by all threads; NoKey when it is not there."""
        with self._asking:
            return self._key

    def reader(self) -> Reader:
        """Return a reader of what is in the vault now; NoVault when there is none."""
        return Reader(self._home.reading())

    def meta(self) -> dict[str, str]:
        """Return what was fixed when the vault was made: `id`, `created_at`, `recipients`."""
        rows = self._home.reading().rows("SELECT key, value FROM meta")
        return {row["key"]: row["value"] for row in rows}

    @property
    def sealer(self) -> Sealer:
        """Return what seals for this vault; NoKey when the key at hand is not one of its own."""
        with self._asking:
            return self._sealer

    @cached_property
    def _key(self) -> Key:
        return self._find_key()

    @cached_property
    def _sealer(self) -> Sealer:
        recipients = tuple(json.loads(self.meta()["recipients"]))
        if self.key.recipient not in recipients:
            fix = "use the key it was made with"
            raise NoKey("the vault is sealed for another key", where=self.where, fix=fix)
        return Sealer(recipients, self.key.fingerprints)

    def unsealed(self, entry: Entry) -> Item:
        """Return the item of `entry` with sealed values in clear; NoKey when there are any."""
        return seal.unsealed(entry, lambda: self.key)

    def blob(self, digest: str) -> Iterator[bytes]:
        """Yield the bytes of a blob; RelabError before the last when they are not what was saved.

        Who streams them on has never sent all of a damaged blob.
        """
        whole, last = hashlib.sha256(), b""
        for piece in self._store.stream(digest):
            whole.update(piece)
            if last:
                yield last
            last = piece
        if whole.hexdigest() != digest:
            raise RelabError(
                f"blob {digest} is damaged", where=self.where, fix="run `relab vault check --deep`"
            )
        if last:
            yield last

    @contextmanager
    def saving(
        self, name: str, scope: Mapping[str, Any], *, cohort: str = "", resume: bool = False
    ) -> Iterator[Saving]:
        """Begin the save `name`, or go on with it when `resume`; Locked while another writes.

        Without `finish`, and after any exception or kill, it stays unfinished and can be resumed.
        """
        with locked(self._store, f"save {name}") as lock:
            catalogue = self._home.writing()
            self._store.tidy()
            number = begin(catalogue, name, scope, cohort, resume=resume)
            try:
                if resume:
                    undo_broken(catalogue, self._store, number)
                publish = self._publisher(lock)
                yield Saving(catalogue, self._store, number, lambda: self.sealer, publish)
            finally:
                self._store.abandon()  # a full disk is made less full
                catalogue.close()

    def pin(self, name: str, pinned: bool = True) -> None:
        """Keep snapshot `name` from every prune, or let it go again."""
        self.reader().snapshot(name)
        values = (int(pinned), name)
        self._change(f"pin {name}", "UPDATE snapshots SET pinned = ? WHERE name = ?", values)

    def verify(
        self, name: str, *, deep: bool = False, told: Callable[[int], None] = lambda _: None
    ) -> Verified:
        """Compare snapshot `name` with what was saved: hashes and sizes, or every byte if `deep`.

        A clean result is recorded with the snapshot. `told` hears the size of each blob when it has
        been looked at.
        """
        snapshot = self.reader().snapshot(name)
        findings = self._examine(Scope(snapshot.id, deep, told))
        return Verified(tuple(findings), not findings and self._record(snapshot, deep))

    def check(self, *, deep: bool = False) -> list[Finding]:
        """Return what is wrong in the whole vault, harm first."""
        return self._examine(Scope(None, deep))

    def stats(self) -> Stats:
        """Return how much is in the vault."""
        return stats(self._home.reading())

    def writer(self) -> Holder | None:
        """Return who is writing to the vault; None when nobody is."""
        return holder(self._store)

    def prune(self, keep: Keep, *, dry_run: bool = False) -> Pruned:
        """Remove the snapshots that `keep` lets go, and the blobs that nothing names any more."""
        names = [found.name for found in doomed(self.reader().snapshots(), keep)]
        return self._forget(names, dry_run=dry_run)

    def discard(self, name: str) -> Pruned:
        """Remove the unfinished save `name`; nothing happens when there is none."""
        with locked(self._store, f"discard {name}"):
            known = Reader(self._home.writing()).unfinished()
        return self._forget([found.name for found in known if found.name == name])

    def _forget(self, names: list[str], *, dry_run: bool = False) -> Pruned:
        def change(db: sqlite3.Connection) -> None:
            forget(db, names)

        with locked(self._store, "prune") as lock:
            before, after = self._rehearse(change)
            gone = {digest: size for digest, size in before.items() if digest not in after}
            stray = strays(self._store, before.keys() | self._home.kept(), time.time())
            removed = gone | stray
            if not dry_run:
                self._publisher(lock)(change)
                for digest in removed:
                    self._store.delete(digest)
            self._home.writing().close()
        return Pruned(tuple(names), len(removed), sum(removed.values()))

    def _rehearse(self, change: Change) -> tuple[dict[str, int], dict[str, int]]:
        """Return the blobs that are named before `change` and those after it, and undo it."""
        with self._home.writing().rehearsal() as db:
            before = blobs_named(db)
            change(db)
            return before, blobs_named(db)

    def _examine(self, scope: Scope) -> list[Finding]:
        return examine(self._home.reading(), self._store, self._home.kept(), scope)

    def _record(self, snapshot: Snapshot, deep: bool) -> bool:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        query = (
            "UPDATE snapshots SET verified_at = ?, verified_deep = max(verified_deep, ?)"
            " WHERE name = ?"
        )
        try:
            self._change(f"verify {snapshot.name}", query, (now, int(deep), snapshot.name))
        except RelabError:
            return False
        return True

    def _change(self, command: str, query: str, values: tuple[Any, ...]) -> None:
        def change(db: sqlite3.Connection) -> None:
            db.execute(query, values)

        with locked(self._store, command) as lock:
            catalogue = self._home.writing()
            self._publisher(lock)(change)
            catalogue.close()

    def _publisher(self, lock: Lock) -> Callable[[Change], None]:
        def publish(change: Change) -> None:
            lock.check()
            self._home.commit(change)

        return publish
