"""How relab is asked to cycle, and how its answers are read."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from relab.cycle.model import Stage
from relab.languages import Language
from relab.nuke.model import By, Fate, to_json
from tests.tui import cycle_world as made
from tui import actions, cycle_words, texts
from tui.cycle_moves import Order, Page, RunAsked, Way
from tui.cycle_state import Offer

ORDER = Order("mine", soft=True, accepted=("lambda.function", "x.y"))
LOSSES = ("--accept-loss=lambda.function", "--accept-loss=x.y")


def test_a_new_cycle_ends_at_the_gate_and_is_not_agreed_to() -> None:
    words = cycle_words.run(RunAsked(Way.BEGIN, ORDER, "", "", 1.0))
    assert words == ("cycle", "--json", "--until=gate", "--name=mine", "--soft", *LOSSES)
    assert cycle_words.run(made.asked()) == ("cycle", "--json", "--until=gate")


def test_only_the_way_to_the_end_agrees_to_a_wipe_and_of_this_very_cycle() -> None:
    this = ("cycle", "--json", "--resume", f"--cycle={made.ID}")
    gate = replace(made.asked(Way.GATE), order=Order(accepted=ORDER.accepted))
    assert cycle_words.run(gate) == (*this, "--until=gate", *LOSSES)
    assert cycle_words.run(made.asked(Way.END)) == (*this, "--yes", f"--report={made.REPORT}")


def test_the_proof_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(to_json(made.LOST, made.REFUSALS)), encoding="utf-8")
    assert cycle_words.told_proof(str(file)) == made.REFUSED


@pytest.mark.parametrize("raw", ["", "{", "7", "[]", "null", '{"cycle": 7}'])
def test_what_is_no_answer_is_an_error(raw: str, tmp_path: Path) -> None:
    with pytest.raises(cycle_words.UNREADABLE):
        cycle_words.told_known(0, raw)
    (tmp_path / "p").write_text(raw, encoding="utf-8")
    for path in (tmp_path / "p", tmp_path / "none"):
        with pytest.raises(cycle_words.UNREADABLE):
            cycle_words.told_proof(str(path))
    with pytest.raises(ValueError, match="exit 10"):
        cycle_words.told_known(10, "{}")


def test_every_action_stage_and_fate_has_words_and_keys_of_its_own() -> None:
    keys = [key for action in actions.ON_CYCLE for key in action.all_keys]
    assert len(keys) == len(set(keys))
    for language in Language:
        words = set(texts.catalogue(language))
        assert {f"action.{one.name}" for one in actions.ON_CYCLE} <= words
        assert {f"hint.{one.name}" for one in actions.ON_CYCLE if one.hint} <= words
        for end in ("", "-what", "-facts"):
            assert {f"stage.{stage}{end}" for stage in Stage} <= words
        assert {f"by.{by.name.lower()}" for by in By} <= words
        assert {f"fate.{fate.name.lower()}" for fate in Fate} <= words
        assert {f"cycle.offer-{offer}" for offer in Offer if offer is not Offer.NONE} <= words
        assert {f"cycle.page-{page}" for page in Page} <= words
