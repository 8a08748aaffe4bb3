"""The state of the restore screen: a pure reduction of what is told."""

from dataclasses import replace
from functools import reduce as fold

import pytest

from relab.events import StepDone, Verified
from tests.tui import restore_world as made
from tui.restore_model import Plan, Unfinished, plan
from tui.restore_moves import (
    ChecksNotTold,
    Looked,
    Move,
    NotTold,
    Order,
    Page,
    PageShown,
    PlanAsked,
    PlanTold,
    RunAsked,
    RunEnded,
    StopAsked,
    UnfinishedTold,
)
from tui.restore_run import LATEST, Run, Stage, Tally
from tui.restore_state import Restore, reduce
from tui.vault_moves import Folded, Heard, Narrowed


def after(*moves: Move, start: Restore | None = None) -> Restore:
    return fold(reduce, moves, start or Restore())


def run_of(*moves: Move) -> Run:
    found = after(*moves).run
    assert found is not None
    return found


def test_a_plan_is_counted_without_its_data() -> None:
    counts = {"create": 2, "adopt": 1, "update": 1, "skip": 3, "blocked": 1}
    assert made.PLAN.counts == counts
    assert made.PLAN.changes == 3
    assert [row.key for row in made.PLAN.data] == [made.DATA.key]
    assert {row.key for row in made.PLAN.lost} == {"user07", "user08"}
    assert [row.service for row in made.ITEMS[:5:4]] == ["s3", "kubernetes"]


def test_what_is_no_plan_is_an_error() -> None:
    for raw in (None, 7, {}, {"id": "x"}, {**_raw(), "items": [7]}, {**_raw(), "choice": None}):
        with pytest.raises((TypeError, KeyError, ValueError)):
            plan(raw)
    assert plan(_raw()) == Plan("a", "b", "c", "d", "e", {}, ())


def _raw() -> dict[str, object]:
    words = dict(zip(("id", "snapshot", "profile", "account", "made_at"), "abcde", strict=True))
    return {**words, "choice": {}, "items": []}


def test_a_plan_is_waited_for_then_shown() -> None:
    state = after(*made.reading())
    assert state.planning == 100.0
    assert state.shown is None
    told = after(PlanTold(made.PLAN), start=state)
    assert (told.planning, told.shown, told.waits) == (None, made.PLAN, None)


def test_what_could_not_be_told_stays_until_it_is_asked_anew() -> None:
    state = after(*made.reading(), made.NO_KEY)
    assert state.trouble == made.NO_KEY
    assert state.planning is None
    assert after(PlanAsked(Order(), 1.0), start=state).trouble is None


def test_an_unfinished_restore_is_shown_until_a_plan_is_made_anew() -> None:
    state = after(*made.unfinished())
    assert state.shown is state.waits is made.PLAN
    again = after(PlanAsked(Order(), 1.0), PlanTold(replace(made.PLAN, id="new")), start=state)
    assert again.shown is not None
    assert again.shown.id == "new"
    assert again.waits is None


def test_steps_are_counted_by_tenant() -> None:
    run = run_of(*made.running())
    assert run.stage is Stage.APPLYING
    assert (run.steps, run.done, run.failed) == (12, 7, 1)
    assert run.tallies == {"07": Tally(8, 5, 1), "08": Tally(3, 2, 0), "": Tally(1, 0, 0)}
    assert run.failures == (made.FAILED,)
    assert run.notes == (made.NOTED,)


def test_the_stages_follow_from_what_is_told() -> None:
    moves = list(made.checked())
    seen = [run.stage for run in (after(*moves[:n]).run for n in range(len(moves) + 1)) if run]
    assert list(dict.fromkeys(seen)) == [
        Stage.READING,
        Stage.APPLYING,
        Stage.VERIFYING,
        Stage.OVER,
        Stage.CHECKING,
    ]
    assert seen[-1] is Stage.OVER


def test_no_time_is_promised_before_steps_have_shown_their_speed() -> None:
    assert run_of(*made.begun(4)).seconds_left(110.0) is None


def test_no_time_is_promised_while_data_is_left_and_none_was_put() -> None:
    run = run_of(*made.begun())
    assert run.waiting == made.DATA.size
    assert run.seconds_left(109.0) is None
    data = StepDone(made.DATA.identity.removesuffix("/*"), "data", "07", 42, 7, 5)
    put = run_of(*made.begun(), Heard(data, 110.0))
    assert put.waiting == 0
    assert put.seconds_left(110.0) == pytest.approx(5 * 7 / 7)


def test_data_sets_the_time_where_it_is_slower_than_steps() -> None:
    sizes = {"a": 100, "b": 100, "c": 800}
    rows = [replace(made.DATA, identity=f"{name}/*", size=size) for name, size in sizes.items()]
    asked = RunAsked(replace(made.PLAN, items=tuple(rows)), False, "", 100.0)
    steps = [Heard(event, 101.0) for event in made.told(6)]
    data = [Heard(StepDone(n, "data", "07", 1, 7, 1), at) for n, at in (("a", 110.0), ("b", 115.0))]
    run = run_of(*made.planned(), asked, *steps, *data)
    assert run.seconds_left(115.0) == pytest.approx(800 / (100 / 5))


def test_what_an_earlier_try_did_says_nothing_about_the_speed() -> None:
    early = [Heard(made.done(n, before=True), 101.5) for n in range(1, 7)]
    started = Heard(replace(made.STARTED, resumed=True, before=6), 101.0)
    asked = RunAsked(replace(made.PLAN, items=()), resumed=True, report="", at=100.0)
    run = run_of(*made.planned(), asked, started, *early)
    assert (run.done, run.worked, run.seconds_left(102.0)) == (6, 0, None)
    late = [Heard(made.done(n), 101.0 + n) for n in range(1, 6)]
    run = run_of(*made.planned(), asked, started, *early, *late)
    assert run.rate(106.0) == pytest.approx(1.0)
    assert run.seconds_left(106.0) == pytest.approx(1.0)


def test_a_stopped_restore_can_be_gone_on_with() -> None:
    state = after(*made.begun(), StopAsked())
    assert state.run is not None
    assert state.run.stopping
    ended = after(RunEnded(130, "", 113.0), start=state)
    assert ended.run is not None
    assert ended.run.was_cancelled
    assert ended.waits is made.PLAN
    assert ended.run.seconds(999.0) == pytest.approx(13)


def test_one_that_never_began_leaves_nothing_to_go_on_with() -> None:
    state = after(*made.refused())
    assert state.run is not None
    assert not state.run.is_resumable
    assert state.waits is None
    assert state.shown is made.PLAN


def test_a_restore_with_steps_not_done_can_be_gone_on_with() -> None:
    state = after(*made.verified())
    assert state.page is Page.RESULT
    assert state.run is not None
    assert not state.run.is_clean
    assert state.waits is made.PLAN


def test_blocked_items_keep_a_restore_from_being_clean() -> None:
    whole = replace(made.PLAN, items=made.ITEMS[:6])
    state = after(*made.verified(partly=False))
    assert state.run is not None
    assert state.waits is None
    assert not state.run.is_clean
    assert replace(state.run, plan=whole).is_clean
    assert not replace(state.run, plan=whole, verified=Verified(1, 0, partial=True)).is_clean


def test_the_first_failures_and_differences_are_kept_and_all_counted() -> None:
    many = [Heard(made.FAILED, 102.0)] * (LATEST + 5) + [Heard(made.MISSING, 103.0)] * (LATEST + 7)
    run = run_of(*made.begun(), *many)
    assert (len(run.failures), run.failed) == (LATEST, LATEST + 5)
    assert (len(run.differences), run.differing) == (LATEST, LATEST + 7)


def test_checks_are_told_or_not() -> None:
    run = run_of(*made.checked())
    assert run.checks == made.CHECKS
    failed = run_of(*made.verified(), ChecksNotTold(1, "no"))
    assert failed.unchecked == ChecksNotTold(1, "no")
    assert not failed.checking


def test_another_snapshot_begins_anew_but_never_while_one_runs() -> None:
    assert after(*made.planned(), Looked("other")) == Restore("other")
    running = after(*made.begun())
    assert after(Looked("other"), start=running) == running
    ended = after(*made.stopped())
    assert after(Looked(made.NAME), start=ended) == ended


def test_groups_pages_and_tenants_are_looked_at() -> None:
    state = after(Folded(("of", "07")), PageShown(Page.RESULT), Narrowed(""))
    assert state.unfolded == {("of", "07")}
    assert (state.page, state.tenant) == (Page.RESULT, "")


def test_what_is_told_of_no_restore_changes_nothing() -> None:
    moves = (Heard(made.FAILED, 1.0), RunEnded(0, "", 1.0), StopAsked())
    assert after(*moves) == Restore()
    assert after(UnfinishedTold(Unfinished()), NotTold(1, "x")).trouble == NotTold(1, "x")
