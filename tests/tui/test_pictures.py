"""Pictures: Hangul is as wide as its cells, and the README's are drawn from what is recorded."""

import re
from pathlib import Path

import pytest

from relab.languages import Language
from relab.text import width
from tui import shot
from tui.journal import read
from tui.moves import Opened

IMAGES = Path(__file__).parents[2] / "docs" / "images"
RUN = '<text class="a" x="0" y="1" textLength="{}" clip-path="url(#l)">{}</text>'


def length(svg: str, words: str) -> float:
    found = re.search(rf'textLength="([\d.]+)"[^>]*>{words}<', svg)
    assert found
    return float(found[1])


def test_a_run_of_hangul_is_as_long_as_its_cells() -> None:
    svg = shot.corrected(RUN.format("48.8", "abcd") + RUN.format("48.8", "한글ab"))
    assert length(svg, "abcd") == 48.8
    assert length(svg, "한글ab") == pytest.approx(12.2 * 6)


@pytest.mark.parametrize("language", list(Language))
async def test_the_recorded_session_draws_a_picture(language: Language) -> None:
    svg = await shot.shoot(IMAGES / "session.jsonl", (120, 36), language, [])
    words = {Language.KO: "다시 나빠짐", Language.EN: "regressed"}
    assert words[language] in svg.replace("&#160;", " ")
    assert "textLength" in svg
    for run, text in re.findall(r'textLength="([\d.]+)"[^>]*>([^<&]+)<', svg):
        assert float(run) == pytest.approx(width(text) * 12.2, rel=0.01)


def test_the_recorded_session_tells_nothing_of_the_machine_it_was_made_on() -> None:
    text = (IMAGES / "session.jsonl").read_text("utf-8")
    assert not re.search(r"/(home|root|tmp|Users)/", text)
    assert any(isinstance(event, Opened) for event in read(IMAGES / "session.jsonl"))
