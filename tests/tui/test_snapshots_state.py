"""The state of the snapshots screen: a pure reduction, whatever the order of what is told."""

from functools import reduce as fold
from itertools import permutations

import pytest

from relab.errors import Exit
from relab.events import GapMet
from tests.tui.vault_world import (
    DENIED,
    FINISHED,
    NEW,
    OLD,
    STARTED,
    WAITING,
    cancelled,
    finished,
    listed,
    no_vault,
    save,
    told,
    unit,
    vault,
)
from tui.vault_moves import (
    LIVE,
    Answered,
    Ask,
    Asked,
    Chosen,
    Compared,
    Folded,
    Forgotten,
    Heard,
    Move,
    Narrowed,
    Order,
    Question,
    SaveAsked,
    SaveEnded,
    Tab,
    TabShown,
    Unanswered,
)
from tui.vault_save import LATEST
from tui.vault_state import Vault, reduce


def after(*moves: Move, start: Vault | None = None) -> Vault:
    return fold(reduce, moves, start or Vault())


def test_nothing_is_known_at_first() -> None:
    state = Vault()
    assert not state.known
    assert state.snapshot is None
    assert state.sides is None


def test_the_newest_snapshot_is_chosen_until_a_person_chooses() -> None:
    state = after(listed(OLD, NEW))
    assert state.snapshot == NEW
    chosen = after(Chosen(OLD.name), listed(OLD, NEW), start=state)
    assert chosen.snapshot == OLD
    assert after(listed(NEW), start=chosen).snapshot == NEW


def test_answers_may_come_in_any_order() -> None:
    moves = (
        listed(OLD, NEW),
        told(Ask.UNFINISHED, (WAITING,)),
        told(Ask.COUNTS, (), NEW.name),
        told(Ask.COVERAGE, (), OLD.name),
    )
    assert len({repr(sorted(str(one) for one in seen)) for seen in _told(moves)}) == 1
    assert all(after(*order).snapshots == (OLD, NEW) for order in permutations(moves))


def _told(moves: tuple[Move, ...]) -> list[list[Question]]:
    return [list(after(*order).told) for order in permutations(moves)]


def test_a_question_is_under_way_until_it_is_answered_or_not() -> None:
    question = Question(Ask.COUNTS, ("a",))
    asked = after(Asked(question))
    assert asked.asked == {question}
    assert not after(told(Ask.COUNTS, (), "a"), start=asked).asked
    failed = after(Unanswered(question, 1, "no"), start=asked)
    assert not failed.asked
    assert failed.has_failed(Ask.COUNTS, "a")
    assert not after(Asked(question), start=failed).failed


def test_trouble_stays_until_the_same_kind_of_question_is_answered() -> None:
    state = after(no_vault())
    assert state.is_missing
    assert after(told(Ask.COUNTS, (), "a"), start=state).is_missing
    assert not after(listed(), start=state).is_missing
    assert after(listed(), start=state).known


def test_reading_anew_forgets_what_single_snapshots_hold() -> None:
    state = after(*vault(), Unanswered(Question(Ask.COVERAGE, ("x",)), 1, "no"), Forgotten())
    assert not state.told
    assert not state.failed
    assert state.trouble is None
    assert state.snapshots == (OLD, NEW)


@pytest.mark.parametrize(
    ("chosen", "other"), [(OLD.name, NEW.name), (NEW.name, OLD.name)], ids=["newer", "older"]
)
def test_the_older_side_of_a_comparison_comes_first(chosen: str, other: str) -> None:
    state = after(listed(OLD, NEW), Chosen(chosen), Compared(other))
    assert state.sides == (OLD.name, NEW.name)
    assert state.tab is Tab.DIFF


def test_a_snapshot_is_not_compared_with_itself() -> None:
    assert after(listed(OLD, NEW), Compared(OLD.name), Chosen(OLD.name)).sides is None


def test_groups_are_opened_and_closed_and_tenants_chosen() -> None:
    state = after(Folded(("07",)), Folded(("08",)), Folded(("07",)), Narrowed(""))
    assert state.unfolded == {("08",)}
    assert state.tenant == ""
    assert after(Narrowed(None), start=state).tenant is None
    assert after(TabShown(Tab.COVERAGE)).tab is Tab.COVERAGE


def test_a_save_is_reduced_from_what_it_tells() -> None:
    state = after(*save())
    assert state.tab is Tab.PROGRESS
    running = state.save
    assert running is not None
    assert running.is_running
    assert not running.is_resumable
    assert running.started == STARTED
    assert (running.pace.items, running.pace.done, running.pace.left) == (40, 10, 10)
    assert running.pace.rate(111.0) == pytest.approx((10 << 20) / 10)
    assert running.pace.seconds_left(111.0) == pytest.approx(10)
    assert running.gaps == (DENIED,)
    assert running.seconds(120.0) == pytest.approx(20)


def test_no_time_is_promised_while_more_may_be_listed() -> None:
    state = after(*save(listing=True))
    assert state.save is not None
    assert state.save.pace.seconds_left(111.0) is None


def test_a_finished_save_is_chosen() -> None:
    state = after(*finished())
    assert state.chosen == FINISHED.name
    assert state.save is not None
    assert state.save.pace.finished == FINISHED
    assert not state.save.is_running
    assert not state.save.is_resumable
    assert state.save.seconds(999.0) == pytest.approx(13)


def test_a_cancelled_save_can_be_resumed() -> None:
    state = after(*cancelled())
    assert state.save is not None
    assert state.save.is_resumable
    assert state.save.was_cancelled


def test_a_save_interrupted_before_it_was_ready_was_cancelled_too() -> None:
    state = after(SaveAsked(Order("x"), 1.0), SaveEnded(-2, "", 2.0))
    assert state.save is not None
    assert state.save.was_cancelled
    assert not state.save.is_resumable


def test_a_save_that_never_started_leaves_nothing_to_resume() -> None:
    state = after(SaveAsked(Order("x"), 1.0), SaveEnded(Exit.LOCKED, "relab: locked", 2.0))
    assert state.save is not None
    assert not state.save.is_resumable
    assert not state.save.was_cancelled
    assert state.save.code == Exit.LOCKED


def test_gaps_are_all_counted_and_the_latest_kept() -> None:
    gaps = [GapMet("s3", "s3.object", "", "01", "denied", 1, str(n)) for n in range(LATEST + 5)]
    state = after(SaveAsked(Order("x"), 0.0), *(Heard(gap, 1.0) for gap in gaps))
    assert state.save is not None
    assert state.save.pace.gaps == {"denied": LATEST + 5}
    assert state.save.gaps == tuple(gaps[5:])


def test_a_resumed_save_counts_what_is_taken_over_apart() -> None:
    moves = [Heard(unit(n, left=5, reused=n < 4), float(n)) for n in range(1, 6)]
    state = after(SaveAsked(Order("x", resume=True), 0.0), Heard(STARTED, 0.0), *moves)
    assert state.save is not None
    assert state.save.pace.reused == 3


def test_events_of_no_save_change_nothing() -> None:
    assert after(Heard(DENIED, 1.0), SaveEnded(0, "", 1.0)) == Vault()


def test_the_world_comes_after_any_snapshot_and_is_read_each_time_it_is_chosen() -> None:
    other, now = Question(Ask.DIFF, (OLD.name, NEW.name)), Question(Ask.DIFF, (NEW.name, LIVE))
    start = after(listed(OLD, NEW), told(Ask.DIFF, (), *other.names), Compared(LIVE))
    assert start.sides == (NEW.name, LIVE)
    partial = after(Answered(now, (), Exit.PARTIAL), start=start)
    assert partial.is_partial(Ask.DIFF, *now.names)
    again = after(Compared(LIVE), start=partial)
    assert again.answer(Ask.DIFF, *now.names) is None
    assert again.answer(Ask.DIFF, *other.names) == ()
    whole = after(Answered(now, (), Exit.FAILED), start=again)
    assert not whole.is_partial(Ask.DIFF, *now.names)
