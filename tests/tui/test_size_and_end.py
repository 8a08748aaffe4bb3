"""Terminals that are small, and every way to leave."""

import pytest
from textual.widgets import Input

from relab.languages import Language
from tests.tui.conftest import Opener, relab, settle, text
from tests.tui.hands import press
from tui import actions
from tui.actions import ACTIONS, ANYWHERE
from tui.screens.small import Small


async def test_a_terminal_that_is_too_small_says_so_and_recovers(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        await press(pilot, "right")
        before = text(pilot)
        await pilot.resize_terminal(60, 15)
        await settle(pilot)
        assert isinstance(pilot.app.screen, Small)
        assert "60x16" in text(pilot)
        await pilot.resize_terminal(50, 12)
        await settle(pilot)
        assert "50x12" in text(pilot)
        assert len([line for line in text(pilot).split("\n") if line.strip()]) <= 2
        await pilot.resize_terminal(120, 36)
        await settle(pilot)
        relab(pilot).notices.hush()
        await settle(pilot)
        assert text(pilot).split("\n")[2:] == before.split("\n")[2:]


async def test_the_layout_follows_the_width(opened: Opener) -> None:
    async with opened("120x36", language=Language.EN) as pilot:
        assert "Outline" in text(pilot)
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert "Outline" not in text(pilot)
        assert "Live" in text(pilot)


@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+ㅊ"])
@pytest.mark.parametrize("before", [(), ("f1",), ("c",), ("colon",)])
async def test_ctrl_c_ends_with_130_everywhere(
    opened: Opener, key: str, before: tuple[str, ...]
) -> None:
    async with opened() as pilot:
        await press(pilot, *before)
        await pilot.press(key)
        await settle(pilot)
        assert pilot.app.return_value == 130


@pytest.mark.parametrize("key", ["q", "ㅂ", "ctrl+q"])
async def test_quit_ends_with_0(opened: Opener, key: str) -> None:
    async with opened() as pilot:
        await pilot.press(key)
        await settle(pilot)
        assert pilot.app.return_value == 0


async def test_letters_typed_while_searching_run_nothing(opened: Opener) -> None:
    async with opened() as pilot:
        await press(pilot, "f1", "q", "n")
        assert pilot.app.screen.query_one(Input).value == "qn"
        assert pilot.app.return_value is None


def test_pane_names_are_known_to_the_table() -> None:
    assert {action.pane for action in ACTIONS} == {
        ANYWHERE,
        actions.OUTLINE,
        actions.PAGE,
        actions.PANEL,
    }
