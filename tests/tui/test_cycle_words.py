"""How relab is asked to cycle, and how its answers are read."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from relab.nuke.model import to_json
from tests.tui import cycle_world as made
from tui import cycle_words
from tui.cycle_moves import Order, RunAsked, Way

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
