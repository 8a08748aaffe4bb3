"""Units that a save takes over, lets go, or looks up."""

import pytest

from relab.resources.item import Item
from snapshot.vault.model import Coverage, Covered
from snapshot.vault.vault import Vault
from snapshot.vault.writer import Saving


def put(saving: Saving, unit: str, *keys: str, state: Covered = Covered.CAPTURED) -> None:
    with saving.unit(unit) as one:
        for key in keys:
            one.add(Item("aws", "x.row", "", key, {"Key": key}))
        one.cover(Coverage("x", "x.row", "", "01", state, len(keys)))


@pytest.fixture
def first(vault: Vault) -> Vault:
    with vault.saving("first", {}) as saving:
        put(saving, "whole", "a", "b", "é", "한")
        put(saving, "holed", "z", state=Covered.DENIED)
        saving.finish()
    return vault


def test_only_a_unit_without_gaps_is_taken_over(first: Vault) -> None:
    with first.saving("second", {}) as saving:
        assert saving.take_over("whole")
        assert not saving.take_over("holed")
        assert not saving.take_over("unknown")
        saving.finish()
    reader = first.reader()
    found = reader.snapshot("second")
    assert [entry.item.key for entry in reader.entries(found)] == ["a", "b", "é", "한"]
    assert [line.state for line in reader.coverage(found)] == [Covered.CAPTURED]


def test_an_unfinished_snapshot_gives_nothing(vault: Vault) -> None:
    with vault.saving("begun", {}) as saving:
        put(saving, "whole", "a")
    with vault.saving("other", {}) as saving:
        assert not saving.take_over("whole")


def test_units_that_are_let_go_are_not_in_the_snapshot(vault: Vault) -> None:
    with vault.saving("one", {}) as saving:
        put(saving, "stays", "a")
        put(saving, "goes", "b")
        saving.keep_only({"stays", "was never there"})
        saving.finish()
    reader = vault.reader()
    assert reader.units(reader.snapshot("one")) == ["stays"]


def test_the_ledger_so_far(vault: Vault) -> None:
    with vault.saving("one", {}) as saving:
        put(saving, "unit", "a")
        assert saving.covered() == {("x", "x.row", "", "01")}


@pytest.mark.parametrize(
    ("first_key", "last_key", "found"),
    [("a", "b", "ab"), ("b", "z", "bz"), ("a\0", "é", "bzé"), ("한", "힣", "한"), ("c", "d", "")],
)
def test_entries_between_two_keys(first: Vault, first_key: str, last_key: str, found: str) -> None:
    reader = first.reader()
    rows = reader.between(reader.snapshot("first"), "x.row", first_key, last_key)
    assert "".join(entry.item.key for entry in rows) == found


def test_looking_up_keys_does_not_read_the_whole_snapshot(first: Vault) -> None:
    from snapshot.vault.reader import _BETWEEN

    values = {"snapshot": 1, "kind": "x.row", "first": "a", "last": "b"}
    with first._home.reading().reading() as db:
        plan = " ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {_BETWEEN}", values))
    assert "items_key" in plan
    assert "SCAN" not in plan
