"""Hostile names, plain terminals and great numbers on the snapshots screen."""

import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from relab.languages import Language
from tests.tui import vault_world as made
from tests.tui.conftest import SIZES, Opener, settle, text
from tests.tui.hands import press
from tests.tui.test_snapshots_screen import PICTURES, drawn, look, unfolded
from tui.screens.snapshots import Snapshots
from tui.screens.snapshots_ask import Document
from tui.vault_moves import (
    Ask,
    Chosen,
    Folded,
    Heard,
    Order,
    Question,
    SaveAsked,
    Tab,
    Unanswered,
)
from tui.widgets.snapshot_contents import Contents

HOSTILE = (
    "\x1b[31mred\x1b]52;c;AAAA\x07",
    "[bold red]not markup[/] [@click=app.quit]x[/] [link=http://x]y[/]",
    "\u202eright to left\u2066",
    "x" * 5_000,
    "가" * 5_000,
    "line\nline\r\nline\u2028line\x00",
    "../../../etc/passwd",
)


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("size", sorted(SIZES))
async def test_names_from_outside_are_shown_as_text(
    opened: Opener, hostile: str, size: str
) -> None:
    snapshot = replace(made.NEW, name=hostile, cohort=hostile)
    item = replace(made.ITEMS[0], key=hostile, type=hostile, region=hostile, tenant=hostile)
    count = replace(made.COUNTS[0], tenant=hostile, type=hostile)
    line = replace(made.LINES[0], type=hostile, region=hostile, detail=hostile, state=hostile)
    change = replace(made.CHANGES[2], key=hostile, type=hostile, tenant=hostile)
    field = replace(made.CHANGES[2].fields[1], pointer=hostile, before={hostile: hostile})
    moves = (
        made.told(Ask.WHERE, hostile),
        made.listed(made.OLD, snapshot),
        made.told(Ask.UNFINISHED, (replace(made.WAITING, name=hostile),)),
        made.told(Ask.COUNTS, (count,), hostile),
        made.told(Ask.ITEMS, (item,), hostile, hostile, hostile),
        made.told(Ask.COVERAGE, (line,), hostile),
        made.told(Ask.DIFF, (replace(change, fields=(field,)),), made.OLD.name, hostile),
        made.told(Ask.DOCUMENT, hostile, hostile, item.identity),
        Chosen(hostile),
        Folded((hostile,)),
        Folded((hostile, "aws", hostile)),
        SaveAsked(Order(hostile, hostile), 100.0),
        Heard(replace(made.STARTED, name=hostile, where=hostile, account=hostile), 101.0),
        Heard(replace(made.DENIED, type=hostile, state=hostile, detail=hostile), 101.0),
        Unanswered(Question(Ask.PIN, (hostile,)), 1, hostile),
    )
    async with opened(size) as pilot:
        await look(pilot, moves)
        for keys in (["1"], ["2"], ["3"], ["f3", "enter"], ["4"], ["f4"], ["escape", "f2"]):
            await press(pilot, *keys)
            _all_is_text(text(pilot))
        await press(pilot, "escape", "1", "home", "down", "down", "enter")
        await pilot.pause(0.2)
        assert isinstance(pilot.app.screen, Document)
        _all_is_text(text(pilot))


def _all_is_text(shown: str) -> None:
    assert not {char for char in shown if unicodedata.category(char) in {"Cc", "Cf"}} - {"\n"}


async def test_markup_in_a_key_is_shown_as_it_is(opened: Opener) -> None:
    item = replace(made.ITEMS[0], key="[red]x[/red]")
    answer = made.told(Ask.ITEMS, (item,), made.NEW.name, "07", "s3.object")
    async with opened() as pilot:
        await look(pilot, (*made.vault(), answer, *unfolded()))
        assert "[red]x[/red]" in text(pilot)


async def test_ascii_terminals_get_no_ambiguous_sign(opened: Opener) -> None:
    for language in Language:
        async with opened(ascii=True, language=language) as pilot:
            await look(pilot, (*PICTURES["contents"], *made.save()))
            for key in ("4", "1", "2", "3", "f3", "enter", "f2", "escape", "f4", "escape"):
                await press(pilot, key)
                wide = {char for char in text(pilot) if unicodedata.east_asian_width(char) == "A"}
                assert not wide, (key, wide)


async def test_only_rows_in_sight_are_drawn(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, many = made.NEW.name, 100_000
    items = tuple(replace(made.ITEMS[1], key=f"bucket/{n:06}") for n in range(many))
    seen: set[int] = set()
    draw = Contents.draw

    def counting(self: Contents, row: int, width: int) -> Any:
        seen.add(row)
        return draw(self, row, width)

    monkeypatch.setattr(Contents, "draw", counting)
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, (*made.vault(), *unfolded()))
        screen.desk.take(made.told(Ask.ITEMS, items, name, "07", "s3.object"))
        await drawn(pilot)
        await press(pilot, "1", "end", "pageup", "pagedown", "up", "home", "down")
        rows = screen._pages[Tab.CONTENTS]
        assert len(rows.source) > many
        assert rows.cursor == 1
        assert "bucket/000001" in text(pilot)
    assert len(seen) < 300


async def test_a_storm_of_events_is_drawn_now_and_then(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = 0
    show = Snapshots.show

    def counting(self: Snapshots, view: Any) -> None:
        nonlocal times
        times += 1
        show(self, view)

    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, made.save())
        monkeypatch.setattr(Snapshots, "show", counting)
        for number in range(20_000):
            screen.desk.take(Heard(made.unit(number, left=3), 105.0))
        await settle(pilot)
        assert times < 20
        await drawn(pilot)
        assert "80,040 items" in text(pilot)
