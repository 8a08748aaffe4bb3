"""Hostile names, plain terminals and great numbers on the cycle's screen."""

import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from relab.cycle.model import Stage
from relab.languages import Language
from relab.nuke.model import By, Doomed, Fate, Forecast, Left, Refusal
from relab.text import width
from tests.tui import cycle_world as made
from tests.tui.conftest import SIZES, Opener, lines, settle, text
from tests.tui.cycle_hands import PICTURES, drawn, flat, look
from tests.tui.hands import press
from tests.tui.test_snapshots_outside import HOSTILE
from tui.cycle_moves import KnownTold, Page, ProofNotTold, ProofTold
from tui.screens import watching
from tui.screens.cycle import Cycle
from tui.vault_moves import Folded, Heard

pytestmark = pytest.mark.usefixtures("still_seconds")


def _all_is_text(shown: str, size: str) -> None:
    assert not {char for char in shown if unicodedata.category(char) in {"Cc", "Cf"}} - {"\n"}
    assert all(width(line) <= SIZES[size][0] for line in shown.split("\n"))


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("size", sorted(SIZES))
async def test_names_from_outside_are_shown_as_text(
    opened: Opener, hostile: str, size: str
) -> None:
    left = Left(hostile, hostile, hostile, hostile)
    doomed = Doomed(hostile, hostile, hostile, By.NUKE, Fate.LOST, hostile)
    forecast = Forecast((doomed,), (left,), (left,), notes=(hostile,))
    proof = made.proof(forecast, Refusal(hostile, hostile, hostile))
    known = replace(made.KNOWN, alias=hostile, profile=hostile, vault=hostile, account=hostile)
    groups = (("goes", doomed.service), ("goes", doomed.service, hostile), ("kept",), ("notes",))
    async with opened(size) as pilot:
        screen = await look(pilot, (*made.at_gate(), KnownTold(known), ProofTold(proof)))
        for group in groups:
            screen.desk.take(Folded(group))
        for keys in (["1"], ["2"], ["f2"], ["escape", "f4"], ["escape", "3"]):
            await press(pilot, *keys)
            _all_is_text(text(pilot), size)
        said = made.stopped(Stage.GATE, hostile)
        for move in (*made.running(Stage.WIPE), Heard(made.said(hostile, hostile), 111.0)):
            screen.desk.take(move)
        await drawn(pilot)
        _all_is_text(text(pilot), size)
        for move in (
            Heard(said, 111.0),
            ProofNotTold(hostile),
            replace(made.NO_VAULT, words=hostile),
        ):
            screen.desk.take(move)
        for page in Page:
            screen.action_page(page)
            await settle(pilot)
            _all_is_text(text(pilot), size)


async def test_ascii_terminals_get_no_ambiguous_sign(opened: Opener) -> None:
    for language in Language:
        for name in sorted(PICTURES):
            async with opened("80x24", ascii=True, language=language) as pilot:
                await look(pilot, PICTURES[name])
                for key in ("1", "2", "3", "f2", "escape"):
                    await press(pilot, key)
                    wide = {c for c in text(pilot) if unicodedata.east_asian_width(c) == "A"}
                    assert not wide, (name, key, wide)


async def test_a_great_account_is_folded_and_its_counts_are_whole(opened: Opener) -> None:
    many = tuple(
        Doomed(f"{n % 16:02}", "s3.object", f"bucket/{n:06}", By.HOLDER, Fate.CAPTURED)
        for n in range(20_000)
    )
    async with opened(language=Language.EN) as pilot:
        await look(pilot, (*made.at_gate(), ProofTold(made.proof(Forecast(many)))))
        assert "20,000 things go · 20,000 captured · 0 kept" in flat(pilot)
        assert len(lines(pilot)) == SIZES["120x36"][1]


async def test_a_storm_of_events_is_drawn_now_and_then(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = 0
    show = Cycle.show

    def counting(self: Cycle, view: Any) -> None:
        nonlocal times
        times += 1
        show(self, view)

    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, made.running(Stage.WIPE))
        monkeypatch.setattr(Cycle, "show", counting)
        for number in range(20_000):
            screen.desk.take(Heard(made.said("finished", f"b{number}"), 111.0))
        await settle(pilot)
        assert times < 20
        monkeypatch.setattr(watching, "steady", lambda: 113.0)
        await drawn(pilot)
        assert "20,002 of 20,002 things gone" in text(pilot)
