"""Hostile names, plain terminals and great numbers on the restore screen."""

import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from relab.languages import Language
from relab.text import width
from tests.tui import restore_world as made
from tests.tui.conftest import SIZES, Opener, lines, settle, text
from tests.tui.hands import press
from tests.tui.test_restore_screen import PICTURES, REMOVING, drawn, look
from tests.tui.test_snapshots_outside import HOSTILE
from tui.restore_model import Check, Flag
from tui.restore_moves import ChecksTold, Looked, NotTold, PlanTold, RunAsked, RunEnded
from tui.screens.restore import Restore
from tui.vault_moves import Folded, Heard


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("size", sorted(SIZES))
async def test_names_from_outside_are_shown_as_text(
    opened: Opener, hostile: str, size: str
) -> None:
    one = replace(made.ITEMS[6], key=hostile, type=hostile, tenant=hostile, reason=hostile)
    odd = replace(one, action=hostile, identity=hostile)
    lost = replace(one, action="skip", lost=True)
    choice = {"tenants": [hostile], "only": [hostile], "existing": hostile, "source": hostile}
    plan = replace(
        made.PLAN,
        items=(one, odd, lost, made.DATA),
        choice=choice,
        snapshot=hostile,
        account=hostile,
        profile=hostile,
        moved=hostile,
        made_at=hostile,
        flags=(Flag(hostile, hostile, hostile, hostile),),
    )
    wrong = replace(
        made.DIFFERENT,
        identity=f"aws:{hostile}",
        tenant=hostile,
        fields=({"pointer": hostile, "change": "changed", "before": hostile, "after": hostile},),
    )
    events = (
        replace(made.STARTED, by_tenant={hostile: 2}),
        replace(made.FAILED, identity=hostile, why=hostile, tenant=hostile),
        replace(made.NOTED, identity=hostile, note=hostile, tenant=hostile),
        wrong,
    )
    ended = list(made.verified())[-2:]
    moves = (
        Looked(hostile),
        PlanTold(plan),
        Folded(("of", hostile)),
        Folded(("of", hostile, "aws")),
        RunAsked(plan, resumed=False, report=hostile, at=100.0),
        *(Heard(event, 105.0) for event in events),
        *ended,
        ChecksTold((Check(hostile, hostile, hostile, hostile),)),
        NotTold(1, hostile),
    )
    async with opened(size) as pilot:
        await look(pilot, moves)
        for keys in (["1"], ["2"], ["3"], ["f4"], ["escape", "1"], ["f2"]):
            await press(pilot, *keys)
            _all_is_text(text(pilot))
            assert all(width(line) <= SIZES[size][0] for line in lines(pilot))


def _all_is_text(shown: str) -> None:
    assert not {char for char in shown if unicodedata.category(char) in {"Cc", "Cf"}} - {"\n"}


async def test_ascii_terminals_get_no_ambiguous_sign(opened: Opener) -> None:
    for language in Language:
        async with opened(ascii=True, language=language) as pilot:
            await look(pilot, (*PICTURES["plan"], PlanTold(REMOVING), *PICTURES["result"]))
            for key in ("1", "2", "3", "f3", "escape", "f2", "escape", "f4", "escape"):
                await press(pilot, key)
                wide = {char for char in text(pilot) if unicodedata.east_asian_width(char) == "A"}
                assert not wide, (key, wide)


async def test_a_great_plan_is_folded_and_its_counts_are_whole(opened: Opener) -> None:
    many = 20_000
    items = tuple(
        made.row("s3.bucket", f"bucket-{n:05}", "create", tenant=f"{n % 16:02}")
        for n in range(many)
    )
    async with opened(language=Language.EN) as pilot:
        await look(pilot, made.planned(replace(made.PLAN, items=items)))
        shown = text(pilot)
        assert "+ 20,000 create" in shown
        assert "user15  +1,250" in shown


async def test_a_storm_of_events_is_drawn_now_and_then(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = 0
    show = Restore.show

    def counting(self: Restore, view: Any) -> None:
        nonlocal times
        times += 1
        show(self, view)

    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, made.begun(0))
        monkeypatch.setattr(Restore, "show", counting)
        for number in range(20_000):
            screen.desk.take(Heard(made.done(number), 105.0))
        await settle(pilot)
        assert times < 20
        await drawn(pilot)
        assert "20,000 of 12 steps" in text(pilot)


async def test_one_that_ends_before_it_begins_says_that_nothing_was_changed(opened: Opener) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        asked = RunAsked(made.PLAN, resumed=False, report=made.REPORT, at=100.0)
        moves = (*made.planned(), asked, RunEnded(13, "relab: the world has moved", 101.0))
        await look(pilot, moves)
        assert "Refused: the world has moved" in text(pilot)
        assert "Nothing was changed" in text(pilot)
