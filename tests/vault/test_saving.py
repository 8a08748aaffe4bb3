"""Saving: what is named is durable, what is equal is shared, what is unfinished goes on."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from relab.errors import RelabError, UsageError
from relab.resources.item import Item
from snapshot.vault.model import Covered, State
from snapshot.vault.opening import Means, make_vault
from snapshot.vault.reader import Only
from snapshot.vault.vault import Vault
from tests.vault.world import (
    SCOPE,
    Work,
    covered,
    harm,
    item,
    save_all,
    save_unit,
    saved,
    world,
)


def test_what_was_saved_comes_back(any_vault: Vault) -> None:
    assert save_all(any_vault, "one") is State.COMPLETE
    snapshot = saved(any_vault, "one")
    entries = list(any_vault.reader().entries(snapshot))
    assert len(entries) == snapshot.items == 3 * 4 * 4
    wanted = {
        found.identity: found for work in world() for n in range(4) for found in [item(work, n)]
    }
    assert {entry.item.identity: any_vault.unsealed(entry) for entry in entries} == wanted
    for entry in entries:
        body = b"".join(any_vault.blob(entry.blobs["body"].digest))
        assert len(body) == entry.blobs["body"].size
    assert not harm(any_vault)


def test_entries_can_be_chosen(vault: Vault) -> None:
    save_all(vault, "one")
    reader, snapshot = vault.reader(), saved(vault, "one")
    assert len(list(reader.entries(snapshot, Only(tenant="02")))) == 16
    assert len(list(reader.entries(snapshot, Only(tenant="02", type="made.type1")))) == 4
    assert len(list(reader.entries(snapshot, Only(key="02-1")))) == 4
    assert len(list(reader.entries(snapshot, Only(unit="made.type0/03")))) == 4
    assert not list(reader.entries(snapshot, Only(tenant="")))


def test_units_that_are_kept_together_wait_until_what_they_name_is_durable(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    with vault.saving("one", SCOPE) as saving:
        store, flush = saving.store, saving.store.flush

        def late() -> None:
            time.sleep(0.2)
            flush()

        blob = saving.put_blob([b"body"])
        monkeypatch.setattr(store, "flush", late)
        with saving.together(), saving.unit("unit") as unit:
            unit.add(item(Work("01", "made"), 1), {"body": blob})
        assert [found.digest for found in store.blobs()] == [blob.digest]
        assert saving.finished == {"unit"}


def test_of_units_together_none_is_kept_when_what_they_name_cannot_be(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise RelabError("the disk is full")

    with vault.saving("one", SCOPE) as saving:
        with monkeypatch.context() as patched:
            patched.setattr(saving.store, "flush", full)
            with pytest.raises(RelabError, match="full"), saving.together():
                save_unit(saving, Work("01", "made"))
        assert not saving.finished


def test_no_order_and_no_number_of_threads_changes_the_hash(
    vault: Vault, tmp_path: Path, means: Means
) -> None:
    save_all(vault, "one")
    other = make_vault(str(tmp_path / "other"), means, [means.key().recipient])
    works = world()
    random.Random(7).shuffle(works)
    with other.saving("other", SCOPE) as saving, ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda work: save_unit(saving, work), works))
        saving.finish()
    assert saved(other, "other").content == saved(vault, "one").content
    assert not harm(other)


@pytest.mark.parametrize(
    "changed",
    [
        Item("aws", "t", "r", "k", {"a": 2}),
        Item("aws", "t", "r", "k2", {"a": 1}),
        Item("aws", "t", "r", "k", {"a": 1}, tenant="01"),
        Item("aws", "t", "r", "k", {"a": 1}, owner="aws:t:r:other"),
        Item("aws", "t", "r", "k", {"a": 1}, identifiers=("arn:x",)),
    ],
)
def test_each_thing_that_can_be_put_back_is_in_the_hash(vault: Vault, changed: Item) -> None:
    plain = Item("aws", "t", "r", "k", {"a": 1})
    assert _hash(vault, "plain", plain) != _hash(vault, "changed", changed)


def test_data_is_in_the_hash_and_what_was_only_observed_is_not(vault: Vault) -> None:
    plain = Item("aws", "t", "r", "k", {"a": 1})
    seen = Item("aws", "t", "r", "k", {"a": 1}, {"LastSeen": "today"})
    assert _hash(vault, "plain", plain) == _hash(vault, "seen", seen)
    assert _hash(vault, "data", plain, b"x") != _hash(vault, "more", plain, b"y")
    entry = next(vault.reader().entries(saved(vault, "seen")))
    assert entry.item.observed == {"LastSeen": "today"}


def _hash(vault: Vault, name: str, thing: Item, data: bytes = b"") -> str:
    with vault.saving(name, {}) as saving:
        with saving.unit("u") as unit:
            unit.add(thing, {"body": saving.put_blob([data])})
        saving.finish()
    return saved(vault, name).content


def test_a_second_save_with_nothing_changed_costs_almost_nothing(
    vault: Vault, folder: Path
) -> None:
    works = [Work("01", "s3.object", 1500), *world(16, 20, 1)]
    save_all(vault, "one", works)
    before = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    save_all(vault, "two", works)
    after = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert after - before < 100_000
    assert saved(vault, "one").content == saved(vault, "two").content


def test_equal_documents_and_data_are_kept_once(vault: Vault) -> None:
    save_all(vault, "one")
    counted = vault.stats()
    assert counted.items == 48
    assert counted.documents == 4 + 3 * 4
    assert counted.sealed_values == 1
    assert counted.blobs == 4 * (2 + 2 * 3)
    assert counted.snapshot_bytes == counted.blob_bytes


def test_only_what_changed_is_new(vault: Vault) -> None:
    save_all(vault, "one")
    before = vault.stats()
    with vault.saving("two", SCOPE) as saving:
        for work in world():
            save_unit(saving, work)
        with saving.unit("more") as unit:
            unit.add(Item("aws", "new", "r", "k", {"new": True}))
        saving.finish()
    after = vault.stats()
    assert (after.items - before.items, after.blobs - before.blobs) == (1, 0)


def test_a_save_without_finish_is_not_listed_and_goes_on(any_vault: Vault) -> None:
    works = world()
    with any_vault.saving("one", SCOPE) as saving:
        for work in works[:5]:
            save_unit(saving, work)
    assert any_vault.reader().snapshots() == []
    with any_vault.saving("one", SCOPE, resume=True) as saving:
        assert saving.finished == {work.name for work in works[:5]}
        for work in works[5:]:
            save_unit(saving, work)
        saving.finish()
    save_all(any_vault, "undisturbed")
    assert saved(any_vault, "one").content == saved(any_vault, "undisturbed").content
    assert any_vault.reader().unfinished() == []


def test_nothing_is_kept_of_a_unit_that_raises(vault: Vault) -> None:
    with vault.saving("one", SCOPE) as saving:
        with pytest.raises(ZeroDivisionError), saving.unit("u") as unit:
            for number in range(1200):
                unit.add(Item("aws", "t", "r", f"k{number}", {}))
            raise ZeroDivisionError
        assert not saving.finished
        with saving.unit("u") as unit:
            unit.add(Item("aws", "t", "r", "k1", {}))
        saving.finish()
    assert saved(vault, "one").items == 1


@pytest.mark.parametrize("state", [Covered.DENIED, Covered.THROTTLED, Covered.FAILED])
def test_what_was_refused_is_asked_again_by_a_resumed_save(vault: Vault, state: Covered) -> None:
    work = Work("01", "t")
    with vault.saving("one", SCOPE) as saving:
        with saving.unit(work.name) as unit:
            unit.cover(covered(work, state, detail="no"))
        assert not saving.finished
    with vault.saving("one", SCOPE, resume=True) as saving:
        save_unit(saving, work)
        assert saving.finish() is State.COMPLETE
    assert [line.state for line in vault.reader().coverage(saved(vault, "one"))] == ["captured"]


@pytest.mark.parametrize(
    ("state", "count", "becomes"),
    [
        (Covered.CAPTURED, 3, State.COMPLETE),
        (Covered.EMPTY, 0, State.COMPLETE),
        (Covered.UNSUPPORTED, 0, State.COMPLETE),
        (Covered.UNSUPPORTED, 2, State.PARTIAL),
        (Covered.DENIED, 0, State.PARTIAL),
        (Covered.THROTTLED, 0, State.PARTIAL),
        (Covered.CHANGED, 1, State.PARTIAL),
        (Covered.FAILED, 0, State.PARTIAL),
    ],
)
def test_a_gap_in_the_ledger_makes_a_snapshot_partial(
    vault: Vault, state: Covered, count: int, becomes: State
) -> None:
    work = Work("01", "t")
    with vault.saving("one", SCOPE) as saving:
        with saving.unit("u") as unit:
            unit.cover(covered(work, state, count, "why"))
        assert saving.finish() is becomes
    assert saved(vault, "one").state is becomes
    assert vault.reader().coverage(saved(vault, "one")) == [covered(work, state, count, "why")]


def test_a_thing_found_by_two_units_is_refused(vault: Vault) -> None:
    with vault.saving("one", SCOPE) as saving:
        for name in ("a", "b"):
            with saving.unit(name) as unit:
                unit.add(Item("aws", "t", "r", "k", {"by": name}))
        with pytest.raises(RelabError, match="aws:t:r:k was found by two"):
            saving.finish()
    assert vault.reader().snapshots() == []


def test_names_that_were_taken_or_cannot_be(vault: Vault) -> None:
    save_all(vault, "one")
    with pytest.raises(UsageError, match="already"):
        save_all(vault, "one")
    with pytest.raises(UsageError, match="no unfinished"):
        save_all(vault, "two", resume=True)
    for name in ("", "../up", "a b", "-x", "a" * 101, "a\x1b[2J"):
        with pytest.raises(UsageError) as caught:
            save_all(vault, name)
        assert "\x1b" not in str(caught.value)


def test_an_unfinished_save_is_not_begun_anew_nor_with_another_scope(vault: Vault) -> None:
    with vault.saving("one", SCOPE):
        pass
    with pytest.raises(UsageError, match="--resume"):
        save_all(vault, "one")
    with pytest.raises(UsageError, match="another scope"), vault.saving("one", {}, resume=True):
        pass


HOSTILE = [
    "../../etc/passwd",
    "/etc/passwd",
    "a\x00b",
    "\x1b[2J\x07",
    "k" * 1024,
    "e\u0301",
    "\u00e9",
    "Case",
    "case",
    "'; DROP TABLE items; --",
    "\u202egnp.exe",
    "\U0001f600",
]


def test_hostile_names_survive(any_vault: Vault) -> None:
    with any_vault.saving("one", SCOPE) as saving:
        with saving.unit("u") as unit:
            for name in HOSTILE:
                blob = saving.put_blob([name.encode()])
                unit.add(Item("aws", "s3.object", "r", name, {name: name}), {name: blob})
        saving.finish()
    entries = list(any_vault.reader().entries(saved(any_vault, "one")))
    assert {entry.item.key for entry in entries} == set(HOSTILE)
    for entry in entries:
        name = entry.item.key
        assert entry.item.document == {name: name}
        assert b"".join(any_vault.blob(entry.blobs[name].digest)) == name.encode()
    assert not harm(any_vault)


def test_half_a_surrogate_in_a_document_survives(vault: Vault) -> None:
    thing = Item("aws", "t", "r", "k", {"odd": "\ud800 and \udfff", "n": 10**30, "f": 1.5})
    _hash(vault, "one", thing)
    assert next(vault.reader().entries(saved(vault, "one"))).item == thing
    assert not harm(vault)


def test_a_million_bytes_of_json_and_thousands_of_items(vault: Vault) -> None:
    with vault.saving("one", SCOPE) as saving:
        with saving.unit("u") as unit:
            unit.add(Item("aws", "t", "r", "big", {"text": "x" * 1_000_000}))
            for number in range(2500):
                unit.add(Item("aws", "t", "r", f"{number:05}", {"n": number}))
        saving.finish()
    keys = [entry.item.key for entry in vault.reader().entries(saved(vault, "one"))]
    assert len(keys) == 2501
    assert keys == sorted(keys)
