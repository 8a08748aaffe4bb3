from pathlib import Path

import pytest

from relab.errors import RelabError
from relab.events import GapMet, UnitSaved
from snapshot.collect.crew import threads
from snapshot.collect.driver import Driver, Queue
from snapshot.collect.work import Task
from snapshot.collect.world import World
from snapshot.vault.model import Covered, State
from snapshot.vault.opening import Means, make_vault
from snapshot.vault.vault import Vault
from tests.snapshot import fakes
from tests.snapshot.fakes import RUN, TENANTS, Faulty, Shelf, Shop, brief, save, shop


@pytest.fixture(autouse=True)
def _nothing_run() -> None:
    RUN.clear()


def test_all_work_that_is_shown_is_done(vault: Vault) -> None:
    found = save(vault, "one", [shop(12, 5)])
    assert (found.state, found.items) == (State.COMPLETE, 60)
    assert sorted(RUN) == [f"{n:02}" for n in range(12)]


def test_who_has_nothing_is_written_down_as_empty(vault: Vault) -> None:
    found = save(vault, "one", [shop(1)])
    ledger = {(line.tenant, line.state) for line in vault.reader().coverage(found)}
    assert ledger == {("01", Covered.CAPTURED), ("02", Covered.EMPTY), ("", Covered.EMPTY)}


def test_what_was_not_asked_whole_is_never_empty(vault: Vault) -> None:
    found = save(vault, "one", [Shelf("a", ("1",), state=Covered.DENIED)])
    assert found.state is State.PARTIAL
    assert {line.state for line in vault.reader().coverage(found)} == {Covered.DENIED}


def test_settled_units_are_taken_over_unread(vault: Vault) -> None:
    first = save(vault, "one", [shop(fixed=True)])
    RUN.clear()
    second = save(vault, "two", [shop(fixed=True)])
    assert RUN == []
    assert second.content == first.content


def test_a_settled_unit_with_a_gap_is_asked_again(vault: Vault) -> None:
    save(vault, "one", [Shelf("a", ("1",), fixed=True, state=Covered.THROTTLED)])
    RUN.clear()
    save(vault, "two", [Shelf("a", ("1",), fixed=True)])
    assert RUN == ["a"]


def test_a_resumed_save_goes_on_where_it_stood(vault: Vault) -> None:
    whole = save(vault, "whole", [shop()])
    RUN.clear()
    with pytest.raises(RelabError, match="disk is full"):
        save(vault, "broken", [shop(3), Shop((Shelf("z", ("1",)),), late=(Faulty(of_vault=True),))])
    assert vault.reader().unfinished()[0].name == "broken"
    done = set(RUN)
    RUN.clear()
    found = save(vault, "broken", [shop()], resume=True)
    assert found.content == whole.content
    assert not done & set(RUN) - {"z"}


def test_what_a_resumed_save_no_longer_meets_goes(vault: Vault) -> None:
    with pytest.raises(RelabError):
        save(vault, "a", [Shop((Shelf("gone", ("1",)),), late=(Faulty(of_vault=True),))])
    found = save(vault, "a", [Shelf("here", ("1",))], resume=True)
    keys = [entry.item.key for entry in vault.reader().entries(found)]
    assert keys == ["here/1"]


def test_a_slip_in_one_task_is_a_line_and_loses_nothing_else(vault: Vault) -> None:
    found = save(vault, "one", [Faulty(), shop(2)])
    lines = [line for line in vault.reader().coverage(found) if line.state is Covered.FAILED]
    assert found.items == 10
    assert found.state is State.PARTIAL
    assert [(line.service, line.type) for line in lines] == [("relab", "faulty")]
    assert "KeyError" in lines[0].detail


def test_events_add_up(vault: Vault) -> None:
    tasks: list[Task] = [shop(5, 4), Shelf("bad", ("1",), state=Covered.DENIED)]
    with (
        vault.saving("one", {}) as saving,
        threads(World(brief(vault), saving.store), 2) as crew,
    ):
        driver = Driver(saving, crew, TENANTS)
        events = list(driver.run(tasks))
        saving.finish()
    units = [event for event in events if isinstance(event, UnitSaved)]
    assert sum(event.items for event in units) == driver.items == 21
    assert sum(event.size for event in units) == driver.size
    assert [event.done for event in units] == list(range(1, len(units) + 1))
    assert (units[-1].left, units[-1].listing) == (0, False)
    assert [event.state for event in events if isinstance(event, GapMet)] == ["denied"]


def test_a_listing_waits_while_there_is_enough_to_read() -> None:
    queue = Queue()
    lister, shelves = shop(1), [Shelf(str(n), ()) for n in range(3)]
    queue.add([lister, *shelves])
    assert queue.next(enough=3) is shelves[0]
    assert queue.next(enough=3) is lister
    assert [queue.next(enough=0) for _ in range(3)] == [*shelves[1:], None]


def test_the_same_work_gives_the_same_hash_in_any_vault(
    vault: Vault, means: Means, tmp_path: Path
) -> None:
    other = make_vault(str(tmp_path / "other"), means, [means.key().recipient])
    assert save(vault, "a", [shop()]).content == save(other, "b", [shop()]).content
    assert fakes.RUN
