"""The reducer: any order of late results, latches, the clock."""

import itertools
import random
from dataclasses import replace
from functools import reduce as fold
from typing import get_args

import pytest

from relab import events
from relab.events import RunFinished, RunStarted, Trouble, Verdict
from relab.languages import Language
from tests.tui.world import AT, LAB, MISSING, finished, round_of
from tui import marks
from tui.marks import Mark
from tui.moves import (
    Closed,
    Confirmed,
    HelperDown,
    HelperUp,
    LanguageChosen,
    Move,
    Opened,
    Paused,
    Resumed,
    StepShown,
    Ticked,
)
from tui.state import LONGEST_GAP, REDUCERS, State, reduce, settled

OPENED = Opened(AT.format(0), "lab-1-1", "sandbox", "07")
START = reduce(reduce(State(), OPENED), StepShown(AT.format(0), "1.1"))
CHECK = "kubeflow.namespace"


def after(*events: object, start: State = START) -> State:
    return fold(reduce, events, start)  # type: ignore[arg-type] # events of every kind


def test_every_event_of_the_lab_has_its_own_reducer() -> None:
    assert set(REDUCERS) == {*events.LAB, *get_args(Move)}


def test_what_goes_on_beside_the_lab_changes_nothing() -> None:
    assert reduce(START, events.UnitSaved("aws/s3.bucket", 3, 4096, False, 5, 2, True)) is START


def test_results_give_the_same_state_in_any_order() -> None:
    verdicts = [Verdict.PASS, Verdict.FAIL, Verdict.ERROR, Verdict.WARN]
    results = [finished(verdict=v, second=i, run=f"r{i}") for i, v in enumerate(verdicts)]
    known = {repr(after(*order).results) for order in itertools.permutations(results)}
    assert len(known) == 1


def test_late_and_repeated_rounds_of_many_checks_settle_alike() -> None:
    checks = [check for step in LAB.steps for check in step.checks][:8]
    dice = random.Random(7)  # the same orders each time
    results = [
        finished(check, dice.choice(list(Verdict)), second=second, run=f"r{second}")
        for second in range(5)
        for check in checks
    ]
    settled_alike = set()
    for _ in range(30):
        order = results + dice.sample(results, 5)
        dice.shuffle(order)
        state = after(*order)
        settled_alike.add(repr(sorted(state.results.items())))
    assert len(settled_alike) == 1


@pytest.mark.parametrize(
    ("verdicts", "now"),
    [
        ([Verdict.PASS], Mark.PASS),
        ([Verdict.FAIL], Mark.FAIL),
        ([Verdict.PASS, Verdict.FAIL], Mark.REGRESSED),
        ([Verdict.PASS, Verdict.WARN], Mark.REGRESSED),
        ([Verdict.PASS, Verdict.ERROR], Mark.ERROR),
        ([Verdict.PASS, Verdict.SKIP], Mark.SKIP),
        ([Verdict.ERROR], Mark.ERROR),
        ([Verdict.FAIL, Verdict.PASS], Mark.PASS),
        ([Verdict.PASS, Verdict.FAIL, Verdict.PASS], Mark.PASS),
        ([Verdict.SKIP], Mark.SKIP),
    ],
)
def test_marks_tell_the_present_and_a_failure_after_a_pass_is_a_regression(
    verdicts: list[Verdict], now: Mark
) -> None:
    state = after(*(finished(verdict=v, second=i) for i, v in enumerate(verdicts)))
    assert marks.of_result(state.results[CHECK]) is now
    assert marks.of_step(state, LAB.step("1.1")) is now
    assert marks.ticked(state, CHECK) is now
    assert marks.tally(state, LAB)[now] == 1


def test_a_regression_quotes_the_latest_pass() -> None:
    state = after(finished(second=1), finished(verdict=Verdict.ERROR, second=2))
    state = after(finished(second=5), start=state)
    state = after(settled(state, finished(second=9)), start=state)
    state = after(finished(verdict=Verdict.FAIL, second=12), start=state)
    assert state.results[CHECK].passed_at == AT.format(9)


def test_a_section_is_skipped_only_where_all_of_it_is() -> None:
    storage = next(section for section in LAB.sections if section.id == "storage")
    checks = [check for step in storage.steps for check in step.checks]
    gone = after(*(finished(check, Verdict.SKIP) for check in checks))
    assert marks.of_section(gone, storage) is Mark.SKIP
    partly = after(finished(checks[0], second=2), start=gone)
    assert marks.of_section(partly, storage) is Mark.PASS


def test_results_of_another_tenant_are_not_ours() -> None:
    assert after(finished(tenant="08")).results == {}


def test_a_repeated_answer_is_written_short_and_shows_its_new_time() -> None:
    state = after(finished(second=1))
    again = settled(state, finished(second=6, run="r2"))
    assert again == Confirmed("r2", "07", CHECK, AT.format(6))
    assert after(again, start=state).results[CHECK].seen_at == AT.format(6)
    assert settled(state, finished(verdict=Verdict.FAIL, second=6)) != again
    late = finished(second=0, run="r0")
    assert settled(state, late) is late


def test_asking_lasts_from_the_round_to_the_answer_of_the_same_round() -> None:
    asked = after(RunStarted("r1", ("07",), (CHECK,), AT.format(0)))
    assert asked.now.asking == {CHECK: "r1"}
    assert after(finished(run="r0"), start=asked).now.asking == {CHECK: "r1"}
    assert after(finished(run="r1"), start=asked).now.asking == {}
    assert after(RunFinished("r1", AT.format(2), 1.0), start=asked).now.asking == {}
    newer = after(RunStarted("r2", ("07",), ("prep.tools",), AT.format(3)), start=asked)
    assert newer.now.asking == {"prep.tools": "r2"}


def test_a_dead_or_troubled_helper_asks_nothing_any_more() -> None:
    asked = after(RunStarted("r1", ("07",), (CHECK,), AT.format(0)))
    down = HelperDown("checks", "exit 1", 0.5)
    assert after(down, start=asked).now.asking == {}
    assert after(Trouble("no account", "", "log in", 13), start=asked).now.asking == {}
    assert after(down, HelperUp("checks"), start=asked).now.down == {}


def test_the_clock_counts_the_step_that_is_shown() -> None:
    state = after(Ticked(AT.format(10)), StepShown(AT.format(15), "1.2"), Ticked(AT.format(40)))
    assert state.spent == {"1.1": 15.0, "1.2": 25.0}
    assert marks.total_seconds(state) == 40.0


def test_the_clock_stands_still_while_paused_closed_or_asleep() -> None:
    paused = after(Paused(AT.format(10)), Ticked(AT.format(40)), Resumed(AT.format(50)))
    assert after(Ticked(AT.format(55)), start=paused).spent == {"1.1": 15.0}
    closed = after(Closed(AT.format(10)), replace(OPENED, at=AT.format(50)), Ticked(AT.format(55)))
    assert closed.spent == {"1.1": 15.0}
    asleep = Ticked("2026-01-05T03:00:00+00:00")
    assert LONGEST_GAP < 7200
    assert after(Ticked(AT.format(5)), asleep).spent == {"1.1": 5.0}


def test_a_clock_that_goes_backwards_takes_nothing_away() -> None:
    state = after(Ticked(AT.format(30)), Ticked(AT.format(10)), Ticked(AT.format(40)))
    assert state.spent == {"1.1": 40.0}


def test_a_result_from_before_this_opening_is_old() -> None:
    state = after(finished(second=1), replace(OPENED, at=AT.format(30)))
    assert marks.is_old(state, state.results[CHECK])
    again = after(settled(state, finished(second=31)), start=state)
    assert not marks.is_old(again, again.results[CHECK])


def test_steps_and_sections_show_the_gravest_of_their_checks() -> None:
    kubeflow = next(section for section in LAB.sections if section.id == "kubeflow")
    good = after(*(finished(check) for step in kubeflow.steps for check in step.checks))
    assert marks.of_section(good, kubeflow) is Mark.PASS
    bad = after(finished(CHECK, Verdict.FAIL, second=9, findings=[MISSING]), start=good)
    assert marks.of_section(bad, kubeflow) is Mark.REGRESSED
    assert marks.of_step(bad, LAB.step("1.1")) is Mark.REGRESSED
    assert marks.of_step(bad, LAB.step("1.2")) is Mark.PASS


def test_a_checklist_line_may_be_ticked_by_one_finding() -> None:
    state = after(finished(CHECK, Verdict.FAIL, findings=[MISSING]))
    assert marks.ticked(state, f"{CHECK}#missing") is Mark.FAIL
    assert marks.ticked(state, CHECK) is Mark.FAIL
    assert marks.ticked(state, "prep.tools") is Mark.OPEN


def test_the_language_is_part_of_the_state_and_touches_nothing_else() -> None:
    before = after(*round_of(finished()))
    english = after(LanguageChosen(Language.EN), start=before)
    assert replace(english, language=None) == before
