"""Damage is found and named, with the snapshots that it hits."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from relab.errors import RelabError
from snapshot.vault.catalogue import FILE
from snapshot.vault.check import Finding, Kind
from snapshot.vault.prune import Keep
from snapshot.vault.vault import Vault
from tests.vault.world import harm, save_all, saved, world

WORKS = world(tenants=2, types=2, things=3)
MORE = world(tenants=3, types=2, things=3)


@pytest.fixture
def filled(vault: Vault) -> Vault:
    save_all(vault, "one", WORKS)
    save_all(vault, "two", MORE)
    assert vault.check(deep=True) == []
    return vault


def only_in_two(vault: Vault, folder: Path) -> Path:
    """Return the file of a blob that only the snapshot `two` names."""
    digests = [
        {
            blob.digest
            for entry in vault.reader().entries(saved(vault, name))
            for blob in entry.blobs.values()
        }
        for name in ("one", "two")
    ]
    digest = min(digests[1] - digests[0])
    return folder / "blobs" / digest[:2] / digest


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def lose(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("damage", "kind", "needs_deep"),
    [
        (flip, Kind.BLOB_CHANGED, True),
        (cut, Kind.BLOB_TRUNCATED, False),
        (empty, Kind.BLOB_TRUNCATED, False),
        (lose, Kind.BLOB_MISSING, False),
    ],
)
def test_damage_to_a_blob(
    filled: Vault, folder: Path, damage: Callable[[Path], None], kind: Kind, needs_deep: bool
) -> None:
    path = only_in_two(filled, folder)
    damage(path)
    wanted = [Finding(kind, path.name, ("two",))]
    assert filled.check(deep=True) == wanted
    assert filled.check() == ([] if needs_deep else wanted)
    verified = filled.verify("two", deep=True)
    assert list(verified.findings) == wanted
    assert not verified.recorded
    assert filled.verify("one", deep=True).findings == ()
    given: list[bytes] = []
    with pytest.raises(RelabError, match=r"damaged|missing"):
        given.extend(filled.blob(path.name))
    assert given == []


def test_a_damaged_blob_is_never_taken_for_verified(filled: Vault, folder: Path) -> None:
    flip(only_in_two(filled, folder))
    filled.verify("two", deep=True)
    assert saved(filled, "two").verified_at == ""
    filled.verify("one", deep=True)
    assert saved(filled, "one").verified_deep
    filled.verify("one")
    assert saved(filled, "one").verified_deep


def edit(folder: Path, *statements: str) -> None:
    """Write to the catalogue as no tool would by accident: without its guards."""
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as db:
        names = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            db.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            db.execute(statement)


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        (
            "UPDATE documents SET body = replace(body, '\"Size\":1', '\"Size\":7')",
            "document-changed",
        ),
        ("UPDATE documents SET body = substr(body, 2)", "document-changed"),
        ("UPDATE documents SET body = CAST(x'ff22' AS TEXT)", "document-changed"),
        ("UPDATE items SET key = 'other' WHERE key = '01-1'", "item-changed"),
        ("UPDATE items SET tenant = '02' WHERE key = '01-1'", "item-changed"),
        ("DELETE FROM item_blobs WHERE item = 1", "item-changed"),
        ("DELETE FROM item_sealed WHERE item = 1", "item-changed"),
        ("DELETE FROM unit_items WHERE item = 1", "snapshot-changed"),
        ("DELETE FROM snapshot_units WHERE unit = 1", "snapshot-changed"),
        ("UPDATE snapshots SET content = upper(content)", "snapshot-changed"),
        ("DELETE FROM documents WHERE id = 1", "reference-missing"),
        ("DELETE FROM items WHERE id = 1", "reference-missing"),
    ],
)
def test_damage_to_the_catalogue(filled: Vault, folder: Path, statement: str, kind: str) -> None:
    edit(folder, statement)
    assert kind in [finding.kind for finding in filled.check()]
    if kind != "reference-missing":
        assert kind in [finding.kind for finding in filled.verify("one").findings]


def test_every_flipped_byte_of_the_catalogues_rows_is_harm_or_without_effect(
    filled: Vault, folder: Path
) -> None:
    """Flip one byte in each of many places: found, or what is read is still what was saved."""
    path = folder / FILE
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sound = path.read_bytes()
    before = [entry.content for entry in filled.reader().entries(saved(filled, "one"))]
    found = 0
    for at in range(5000, len(sound), 9973):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 0x10]) + sound[at + 1 :])
        try:
            findings = filled.check()
        except RelabError:
            found += 1
            continue
        if any(finding.harmful for finding in findings):
            found += 1
            continue
        assert [e.content for e in filled.reader().entries(saved(filled, "one"))] == before
    assert found > 2
    path.write_bytes(sound)
    assert filled.check(deep=True) == []


@pytest.mark.parametrize("damage", [empty, lambda path: path.write_bytes(b"not a database" * 99)])
def test_a_catalogue_that_is_none(
    filled: Vault, folder: Path, damage: Callable[[Path], None]
) -> None:
    for suffix in ("-wal", "-shm"):
        (folder / f"{FILE}{suffix}").unlink(missing_ok=True)
    damage(folder / FILE)
    assert [finding.kind for finding in filled.check()] == ["catalogue-damaged"]


def test_a_check_beside_a_save_and_a_prune_finds_no_harm(filled: Vault) -> None:
    def busy() -> None:
        for number in range(4):
            save_all(filled, f"more-{number}", world(4, 2, 3 + number))
            filled.prune(Keep(last=1))

    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(busy)
        checks = 0
        while not work.done():
            assert not harm(filled)
            checks += 1
        work.result()
    assert checks


def test_leftovers_are_told_and_harm_nothing(filled: Vault, folder: Path) -> None:
    (folder / "tmp" / "4242-half").write_bytes(b"half a blob")
    stray = filled._store.put([b"nobody names this"])
    filled._store.flush()
    findings = filled.check(deep=True)
    assert {finding.kind for finding in findings} == {Kind.BLOB_UNUSED, Kind.WRITE_UNFINISHED}
    assert not any(finding.harmful for finding in findings)
    save_all(filled, "three", WORKS)
    assert [finding.what for finding in filled.check()] == [stray.digest]
    filled.prune(Keep(last=9))
    assert filled._store.size(stray.digest) is not None, "it may belong to another machine's save"
