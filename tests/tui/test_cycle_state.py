"""The state of the cycle's screen: a pure reduction of what is told."""

from dataclasses import asdict, replace
from functools import reduce as fold
from typing import Any

import pytest

from relab.cycle.model import Stage, to_json
from relab.errors import Exit, UsageError
from relab.events import CheckFinished, StageStarted, StepDone, UnitSaved, Verdict
from relab.nuke.model import Fate
from relab.nuke.model import to_json as proof_json
from tests.tui import cycle_world as made
from tui import cycle_model
from tui.cycle_moves import KnownTold, Looked, Move, Page, PageShown, ProofNotTold, ProofTold, Way
from tui.cycle_run import Doing, Run
from tui.cycle_state import Cycle, Offer, reduce
from tui.restore_moves import RunEnded, StopAsked
from tui.vault_moves import Folded, Heard


def after(*moves: Move, start: Cycle | None = None) -> Cycle:
    return fold(reduce, moves, start or Cycle())


def run_of(*moves: Move) -> Run:
    found = after(*moves).run
    assert found is not None
    return found


def doing(stage: Stage) -> Doing:
    found = run_of(*made.running(stage)).doing
    assert found is not None
    assert found.stage is stage
    return found


def test_what_relab_tells_is_read_back() -> None:
    raw = {"profile": "p", "account": "1", "alias": "a", "vault": "/v", "preset": "soft"}
    book = made.book(Stage.SAVE)
    assert cycle_model.known({**raw, "cycle": None}).book is None
    found = cycle_model.known({**raw, "cycle": to_json(book)})
    assert (found.book, found.soft, found.alias) == (book, True, "a")
    for wrong in (None, 7, {}, raw, {**raw, "cycle": {"format": "x"}}):
        with pytest.raises((TypeError, KeyError, UsageError)):
            cycle_model.known(wrong)


def test_a_proof_is_read_whole() -> None:
    assert made.REFUSED.forecast == made.LOST
    assert made.REFUSED.refusals == made.REFUSALS
    assert made.REFUSED.fates == {Fate.CAPTURED: 4, Fate.REBUILT: 1, Fate.NEVER: 1}
    assert sum(map(len, made.REFUSED.going.values())) == len(made.LOST.doomed)
    assert {one.key for one in made.PASSED.going["s3", "07"]} == {
        one.key for one in made.DOOMED if one.tenant == "07"
    }
    assert made.PASSED.kept["service-linked", "iam.role"] == 2


def _wrong_proofs() -> list[Any]:
    whole = proof_json(made.FORECAST, ())
    doomed = {**asdict(made.LOSS), "fate": "never heard"}
    return [None, 7, {}, {**whole, "kept": [7]}, {**whole, "doomed": [doomed]}]


@pytest.mark.parametrize("raw", _wrong_proofs())
def test_what_is_no_proof_is_an_error(raw: Any) -> None:
    with pytest.raises((TypeError, KeyError, ValueError)):
        cycle_model.proof(raw)


@pytest.mark.parametrize(
    ("stages", "offer"),
    [
        ((), Offer.GATE),
        ((Stage.SAVE, Stage.VERIFY), Offer.GATE),
        ((Stage.SAVE, Stage.VERIFY, Stage.GATE), Offer.GATE),
        ((Stage.SAVE, Stage.VERIFY, Stage.GATE, Stage.WIPE), Offer.REST),
        (tuple(Stage), Offer.BEGIN),
    ],
)
def test_an_unfinished_cycle_is_offered_and_never_wiped_without_a_proof(
    stages: tuple[Stage, ...], offer: Offer
) -> None:
    state = after(*made.opened(made.book(*stages)))
    assert state.offer is offer
    assert (state.cycle, state.snapshot) == (made.ID, made.NAME)


def test_nothing_is_offered_before_relab_has_told_nor_while_it_runs() -> None:
    assert Cycle().offer is Offer.NONE
    assert after(Looked(), made.NO_VAULT).offer is Offer.NONE
    assert after(*made.opened()).offer is Offer.BEGIN
    for stage in Stage:
        assert after(*made.running(stage)).offer is Offer.NONE


def test_the_wipe_is_offered_only_when_gate_proof_and_exit_code_agree() -> None:
    state = after(*made.at_gate())
    assert (state.offer, state.page) == (Offer.WIPE, Page.PROOF)
    moves = list(made.at_gate())
    without = [move for move in moves if not isinstance(move, ProofTold)]
    assert after(*without).offer is Offer.GATE
    assert after(*without, ProofNotTold("gone")).unread == "gone"
    assert after(*moves, ProofNotTold("gone")).offer is Offer.GATE
    for code in (Exit.CANCELLED, Exit.FAILED, Exit.PARTIAL):
        assert after(*moves[:-1], RunEnded(int(code), "", 112.0)).offer is Offer.GATE


def test_a_refusal_shows_why_and_offers_the_gate_again() -> None:
    state = after(*made.refused())
    assert (state.offer, state.page, state.proof) == (Offer.GATE, Page.PROOF, made.REFUSED)
    assert not state.has_wiped
    anew = after(made.asked(Way.GATE), start=state)
    assert (anew.proof, anew.page) == (None, Page.STAGES)
    assert after(made.asked(Way.END), start=after(*made.at_gate())).proof == made.PASSED


def test_a_stage_that_is_begun_again_forgets_what_came_after_it() -> None:
    state = after(*made.running(Stage.RESTORE), Heard(StageStarted(made.ID, "gate", ""), 111.0))
    assert set(state.ends) == {Stage.SAVE, Stage.VERIFY}


def test_a_stage_that_was_cut_short_is_the_next_one() -> None:
    state = after(*made.interrupted())
    assert state.next is Stage.WIPE
    assert not state.ends[Stage.WIPE].said
    assert state.has_wiped
    assert state.offer is Offer.GATE
    broken = after(*made.running(Stage.VERIFY), RunEnded(1, "relab: no disk", 112.0))
    assert broken.ends[Stage.VERIFY].said == ("relab: no disk",)


def test_at_the_end_the_report_is_shown_and_a_new_one_offered() -> None:
    state = after(*made.finished())
    assert (state.page, state.offer, state.next) == (Page.REPORT, Offer.BEGIN, None)
    assert set(state.ends) == set(Stage)


def test_each_stage_counts_what_it_is_told() -> None:
    assert doing(Stage.SAVE).save.pace.items == 32
    assert (doing(Stage.GATE).read, doing(Stage.GATE).left) == (30, 12)
    assert doing(Stage.GATE).nuke.seen == 2
    wipe = doing(Stage.WIPE).nuke
    assert (wipe.things, wipe.gone, len(wipe.bad), wipe.wrongs) == (5, 2, 1, 1)
    back = doing(Stage.RESTORE).back
    assert (back.steps, back.done, back.failed) == (12, 6, 1)
    assert doing(Stage.PROVE).back.differing == 1
    check = doing(Stage.CHECK)
    assert check.checks == {Verdict.PASS: 1, Verdict.FAIL: 1}
    assert [one.check for one in check.wrong] == ["storage.bucket"]


def test_what_one_stage_told_is_not_of_the_next() -> None:
    state = after(*made.running(Stage.WIPE), Heard(StageStarted(made.ID, "restore", ""), 111.0))
    assert state.run is not None
    assert state.run.doing is not None
    assert state.run.doing.nuke.gone == 0
    assert after(Heard(UnitSaved("u", 1, 1, False, 1, 1, False), 1.0), start=Cycle()) == Cycle()


def test_a_long_wipe_keeps_only_the_latest_lines() -> None:
    lines = [Heard(made.said("finished", f"b{n}"), 111.0) for n in range(500)]
    found = run_of(*made.running(Stage.WIPE), *lines).doing
    assert found is not None
    assert found.nuke.gone == 502
    assert [one.name for one in found.nuke.lines][-1] == "s3://b499"
    assert len(found.nuke.lines) < 10


def test_pages_and_groups_are_kept_until_relab_is_asked_anew() -> None:
    state = after(*made.at_gate(), PageShown(Page.STAGES), Folded(("kept",)))
    assert (state.page, state.unfolded) == (Page.STAGES, frozenset({("kept",)}))
    again = after(Looked(), KnownTold(made.KNOWN), start=state)
    assert (again.run, again.proof) == (None, None)
    assert after(Looked(), start=after(*made.running(Stage.SAVE))).is_running
    assert run_of(*made.running(Stage.SAVE), StopAsked()).stopping


def test_a_new_cycle_forgets_the_stages_of_the_one_before() -> None:
    state = after(*made.refused(), made.asked(Way.BEGIN))
    assert state.ends == {}
    gone_on = after(*made.opened(made.book(Stage.SAVE)), made.asked(Way.GATE))
    assert set(gone_on.ends) == {Stage.SAVE}
    assert gone_on.snapshot == made.NAME


def test_checks_and_steps_of_other_stages_are_not_counted() -> None:
    step = StepDone("i", "create", "07", 1, 1, 0, "", before=False)
    found = run_of(*made.running(Stage.GATE), Heard(step, 111.0)).doing
    assert found is not None
    assert found.back.done == 0
    assert isinstance(made.TOLD[Stage.CHECK][0], CheckFinished)
    assert replace(found, checks={}) == found
