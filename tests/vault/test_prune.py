"""Forgetting: by rule, never the pinned, never the newest verified, blobs last."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relab.errors import Locked, UsageError
from snapshot.vault.lock import locked
from snapshot.vault.model import Snapshot, State
from snapshot.vault.prune import Keep, doomed
from snapshot.vault.vault import Vault
from tests.vault.faulty import Broken, FaultyStore
from tests.vault.world import harm, save_all, save_unit, saved, world


def snapshot(number: int, **fields: object) -> Snapshot:
    day = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)
    made = {"id": number, "name": f"s{number}", "state": State.COMPLETE, "scope": {}}
    made |= {"cohort": "", "started_at": day.isoformat(), "finished_at": day.isoformat()}
    return Snapshot(**(made | fields))  # type: ignore[arg-type]  # a table of fields


def gone(snapshots: list[Snapshot], keep: Keep) -> list[int]:
    return [found.id for found in doomed(snapshots, keep)]


SIX = [snapshot(number) for number in range(1, 7)]


def test_the_last_are_kept() -> None:
    assert gone(SIX, Keep(last=2)) == [1, 2, 3, 4]
    assert gone(SIX, Keep(last=6)) == []


def test_the_young_are_kept() -> None:
    age = datetime.now(UTC) - datetime(2026, 1, 1, tzinfo=UTC)
    assert gone(SIX, Keep(within=age - timedelta(days=4.5))) == [1, 2, 3, 4]


def test_so_many_of_each_cohort_are_kept() -> None:
    cohorts = [snapshot(number, cohort=f"c{number % 2}") for number in range(1, 7)]
    assert gone(cohorts, Keep(per_cohort=1)) == [1, 2, 3, 4]


def test_the_pinned_and_the_newest_verified_are_kept() -> None:
    some = [
        snapshot(1, pinned=True),
        snapshot(2, verified_at="2026-01-09"),
        snapshot(3, verified_at="2026-01-03"),
        *SIX[3:],
    ]
    assert gone(some, Keep(last=1)) == [2, 4, 5]


def test_a_prune_without_a_rule_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing says what to keep"):
        doomed(SIX, Keep())


@pytest.fixture
def filled(any_vault: Vault) -> Vault:
    save_all(any_vault, "one", world(3, 2, 3))
    save_all(any_vault, "two", world(2, 2, 3))
    save_all(any_vault, "three", world(2, 2, 2))
    return any_vault


def test_only_what_nothing_names_is_removed(filled: Vault) -> None:
    rehearsed = filled.prune(Keep(last=1), dry_run=True)
    assert len(filled.reader().snapshots()) == 3
    done = filled.prune(Keep(last=1))
    assert done == rehearsed
    assert done.snapshots == ("one", "two")
    assert (done.blobs, filled.stats().blobs) == (4, 6)
    assert filled.stats().items == saved(filled, "three").items == 8
    assert filled.check(deep=True) == []
    assert filled.prune(Keep(last=1)).blobs == 0


def test_a_pinned_snapshot_stays(filled: Vault) -> None:
    filled.pin("one")
    filled.prune(Keep(last=1))
    assert [found.name for found in filled.reader().snapshots()] == ["one", "three"]
    filled.pin("one", False)
    filled.prune(Keep(last=1))
    assert [found.name for found in filled.reader().snapshots()] == ["three"]


def test_the_newest_verified_stays(filled: Vault) -> None:
    assert filled.verify("one").recorded
    filled.prune(Keep(last=1))
    assert [found.name for found in filled.reader().snapshots()] == ["one", "three"]


def test_a_prune_that_dies_between_rows_and_blobs(vault: Vault, folder: Path) -> None:
    save_all(vault, "one", world(3, 2, 3))
    save_all(vault, "two", world(2, 2, 2))
    sound = vault._store
    vault._store = FaultyStore(sound, 4)
    with pytest.raises(Broken):
        vault.prune(Keep(last=1))
    vault._store = sound
    assert not harm(vault)
    assert vault.check(), "the blobs are still there"
    yesterday = datetime.now(UTC).timestamp() - 25 * 3600
    for blob in (folder / "blobs").glob("??/*"):
        os.utime(blob, (yesterday, yesterday))
    vault.prune(Keep(last=1))
    assert vault.check(deep=True) == []


def test_what_an_unfinished_save_has_done_stays(vault: Vault) -> None:
    save_all(vault, "one", world(1, 1, 2))
    with vault.saving("unfinished", {}) as saving:
        save_unit(saving, world(2, 1, 2)[1])
    save_all(vault, "two", world(1, 1, 1))
    vault.prune(Keep(last=1))
    assert not harm(vault)
    with vault.saving("unfinished", {}, resume=True) as saving:
        assert saving.finished == {"made.type0/02"}
        saving.finish()
    assert vault.verify("unfinished", deep=True).findings == ()


def test_an_unfinished_save_can_be_discarded(vault: Vault) -> None:
    with vault.saving("unfinished", {}) as saving:
        save_unit(saving, world(1, 1, 2)[0])
    assert vault.discard("unfinished").snapshots == ("unfinished",)
    assert vault.reader().unfinished() == []
    assert vault.discard("unfinished").snapshots == ()
    assert vault.stats().items == 0


def test_nothing_is_pruned_while_another_writes(filled: Vault) -> None:
    with locked(filled._store, "save"), pytest.raises(Locked):
        filled.prune(Keep(last=1))
    assert len(filled.reader().snapshots()) == 3
