"""Whose lab it is: the screen of numbers, and going over to another."""

from relab.languages import Language
from tests.tui.conftest import Opener, lab_screen, relab, settle, text
from tests.tui.hands import press, step
from tests.tui.world import finished
from tui.moves import Named
from tui.screens.help import Help
from tui.screens.lab import LabScreen
from tui.screens.picker import Picker
from tui.widgets.numbers import Numbers


async def test_digits_choose_a_number(opened: Opener) -> None:
    async with opened(tenant=None) as pilot:
        assert isinstance(pilot.app.screen, Picker)
        await press(pilot, "1", "2")
        assert isinstance(pilot.app.screen, LabScreen)
        assert relab(pilot).view.state.tenant == "12"


async def test_a_number_outside_the_roster_is_told(opened: Opener) -> None:
    async with opened(tenant=None, language=Language.EN) as pilot:
        await press(pilot, "9", "9")
        assert "There is no number 99" in text(pilot)
        await press(pilot, "0", "7")
        assert relab(pilot).view.state.tenant == "07"


async def test_arrows_choose_a_number_and_it_is_remembered(opened: Opener) -> None:
    async with opened(tenant=None) as pilot:
        await press(pilot, "down", "down", "enter")
        assert relab(pilot).view.state.tenant == "03"
        await press(pilot, "right")
    async with opened(tenant=None) as again:
        assert relab(again).view.state.tenant == "03"
        assert step(again) == "0.2"


async def test_the_picker_shows_everyone_and_knows_language_help_and_leaving(
    opened: Opener,
) -> None:
    async with opened("80x24", tenant=None, language=Language.EN) as pilot:
        assert "Lab 1-1" in text(pilot)
        for number in (*(f"{n:02}" for n in range(1, 16)), "20 (instructor)"):
            assert number in text(pilot)
        await press(pilot, "f7")
        assert "몇 번이신가요?" in text(pilot)
        await press(pilot, "question_mark", "escape", "f1")
        assert isinstance(pilot.app.screen, Help)
        await press(pilot, "enter")
        assert "Which number are you?" in text(pilot)
        await press(pilot, "q")
        assert pilot.app.return_value == 0


async def test_another_number_has_its_own_lab(opened: Opener) -> None:
    async with opened(tenant="07") as pilot:
        await press(pilot, "right", "m", "2", "0")
        assert relab(pilot).view.state.tenant == "20"
        assert step(pilot) == "0.1"
        await press(pilot, "ㅡ", "0", "7")
        assert step(pilot) == "0.2"


async def test_the_picker_follows_the_profile(opened: Opener) -> None:
    async with opened(tenant=None) as pilot:
        relab(pilot).dispatch(Named(("31", "32"), {}))
        await settle(pilot)
        assert pilot.app.screen.query_one(Numbers).numbers == ("31", "32")


async def test_starting_afresh_forgets_marks_and_clock(opened: Opener) -> None:
    async with opened() as pilot:
        relab(pilot).dispatch(finished())
        await press(pilot, "right")
        await lab_screen(pilot).run_named("afresh")
        await settle(pilot)
        assert relab(pilot).view.state.results == {}
        assert step(pilot) == "0.1"
