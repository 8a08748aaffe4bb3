"""Where the catalogue lives, and how a change to it becomes visible: a bucket.

The bucket holds a chain of notes `catalogue/NUMBER`, each naming a blob with the whole catalogue,
packed. Only one writer can create the next number, so none overwrites another; who comes late takes
the newer catalogue, carries its own unfinished saves over, and tries again.
"""

import gzip
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from relab.errors import CannotTell, NoKey, NoVault, RelabError
from snapshot.vault.catalogue import FILE, Catalogue
from snapshot.vault.home import Change
from snapshot.vault.model import Snapshot
from snapshot.vault.reader import Only, Reader
from snapshot.vault.seal import Sealer
from snapshot.vault.store import Store, chunks
from snapshot.vault.writer import Draft, begin

FOLDER = "catalogue"
COPIES = 3
_TRIES = 5
_LEVEL = 3
_GENERATION = "generation"


class BucketHome:
    """The catalogue in `store`; read and written through files in the folder `work`.

    `work` keeps unfinished saves of this machine, so it must outlive the process.
    """

    def __init__(self, store: Store, work: Path) -> None:
        self._store = store
        self._work = work
        self._working = Catalogue(work / FILE)

    def reading(self) -> Catalogue:
        """Return the newest catalogue; NoVault when there is none."""
        number = self._newest()
        if not number:
            raise NoVault(
                "no vault here", where=self._store.where, fix="make one: relab vault init"
            )
        path = self._work / f"published-{number:08}.sqlite"
        if not path.is_file():
            self._download(number, path)
            for older in set(self._work.glob("published-*.sqlite")) - {path}:
                older.unlink(missing_ok=True)
        return Catalogue(path)

    def writing(self) -> Catalogue:
        """Return the catalogue to write to, up to date; NoVault when there is none.

        Unfinished saves of this machine are in it.
        """
        newest = self.reading()
        if _generation(self._working) != _generation(newest):
            with self._scratch() as fresh:
                shutil.copyfile(newest.path, fresh)
                self._carry_over(Catalogue(fresh))
                self._working.become(fresh)
        return self._working

    def commit(self, change: Change) -> None:
        """Make `change` durable and visible to everybody as one; it may be run twice."""
        for _ in range(_TRIES):
            number = _generation(self._working) + 1
            if self._publish(number, change):
                with self._working.transaction() as db:
                    change(db)
                    _set_generation(db, number)
                self._forget(number - COPIES)
                return
            self.writing()
        raise CannotTell(
            "others keep writing to the vault", where=self._store.where, fix="try again later"
        )

    def create(self, change: Change) -> None:
        """Make the catalogue, with `change` as the first that is done to it."""
        self._work.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._scratch() as fresh:
            made = Catalogue(fresh)
            made.create()
            made.close()
            self._working.become(fresh)
        if not self._publish(1, change):
            raise RelabError("there is a vault already", where=self._store.where, fix="use it")

    def kept(self) -> frozenset[str]:
        """Return the digests of the copies of the catalogue that are still wanted."""
        numbers = self._numbers()[-COPIES:]
        return frozenset(str(self._pointer(number)["digest"]) for number in numbers)

    def _publish(self, number: int, change: Change) -> bool:
        with self._scratch() as copy:
            self._working.copy(copy)
            with closing(sqlite3.connect(copy, isolation_level=None)) as db:
                db.execute("BEGIN")
                change(db)
                _drop_unfinished(db)
                _set_generation(db, number)
                db.execute("COMMIT")
            blob = self._store.put(_packed(copy))
        self._store.flush()
        pointer = json.dumps({"digest": blob.digest, "size": blob.size})
        return self._store.create(_name(number), pointer.encode())

    def _download(self, number: int, path: Path) -> None:
        self._work.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._scratch() as fresh:
            with tempfile.TemporaryFile() as packed:
                for piece in self._store.stream(str(self._pointer(number)["digest"])):
                    packed.write(piece)
                packed.seek(0)
                with gzip.open(packed) as source, fresh.open("wb") as target:
                    shutil.copyfileobj(source, target)
            fresh.replace(path)

    def _carry_over(self, fresh: Catalogue) -> None:
        if self._working.path.is_file():
            known = {found.name: found.started_at for found in Reader(fresh).snapshots()}
            for save in Reader(self._working).unfinished():
                if known.get(save.name) != save.started_at:  # else it was published after all
                    self._copy_save(save, fresh, taken=save.name in known)
        fresh.close()

    def _copy_save(self, save: Snapshot, fresh: Catalogue, *, taken: bool) -> None:
        name = f"{save.name}.{save.id}" if taken else save.name
        number = begin(fresh, name, save.scope, save.cohort, started_at=save.started_at)
        source, target = Reader(self._working), Draft(fresh, self._store, number, _cannot_seal)
        for name in source.units(save):
            with target.unit(name) as unit:
                for entry in source.entries(save, Only(unit=name)):
                    unit.keep(entry)
                for line in source.coverage(save, name):
                    unit.cover(line)

    def _forget(self, number: int) -> None:
        if number > 0:
            self._store.delete(str(self._pointer(number)["digest"]))

    def _pointer(self, number: int) -> dict[str, Any]:
        data = self._store.read(_name(number))
        if data is None:
            raise RelabError(f"{_name(number)} is missing", where=self._store.where)
        found: dict[str, Any] = json.loads(data)
        return found

    def _numbers(self) -> list[int]:
        return [int(name.rpartition("/")[2]) for name in self._store.notes(FOLDER)]

    def _newest(self) -> int:
        return max(self._numbers(), default=0)

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=self._work) as folder:
            yield Path(folder) / FILE


def _cannot_seal() -> Sealer:
    raise NoKey("what is carried over is sealed already")


def _name(number: int) -> str:
    return f"{FOLDER}/{number:08}"


def _generation(catalogue: Catalogue) -> int:
    if not catalogue.path.is_file():
        return 0
    found = catalogue.rows("SELECT value FROM meta WHERE key = ?", _GENERATION)
    return int(found[0]["value"]) if found else 0


def _set_generation(db: sqlite3.Connection, number: int) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_GENERATION, str(number)))


def _drop_unfinished(db: sqlite3.Connection) -> None:
    unfinished = "(SELECT id FROM snapshots WHERE state = 'saving')"
    db.execute(f"DELETE FROM snapshot_units WHERE snapshot IN {unfinished}")
    db.execute("UPDATE snapshots SET state = 'removing' WHERE state = 'saving'")
    db.execute("DELETE FROM snapshots WHERE state = 'removing'")


def _packed(path: Path) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as packed:
        with path.open("rb") as source, gzip.GzipFile("", "wb", _LEVEL, packed, 0) as target:
            shutil.copyfileobj(source, target)
        packed.seek(0)
        yield from chunks(packed)
