"""Keys and clicks: every action, with the Hangul input method on, at every size."""

import pytest
from textual.widgets import OptionList

from relab.events import Verdict
from relab.languages import Language
from tests.tui.conftest import VALUES, Opener, lab_screen, relab, settle, text
from tests.tui.hands import focus, press, step
from tests.tui.world import MISSING, finished
from tui import actions, texts
from tui.actions import ACTIONS, JAMO
from tui.live import checks_of
from tui.moves import Named, Shell
from tui.screens.help import Help
from tui.screens.lab import LabScreen
from tui.screens.reader import Reader
from tui.widgets.command import LAST_DIGIT, CommandBox


@pytest.mark.parametrize("letter", sorted(JAMO))
def test_each_letter_key_is_also_bound_as_its_jamo(letter: str) -> None:
    for action in ACTIONS:
        if letter in action.keys:
            assert JAMO[letter] in action.all_keys


def test_keys_are_unique_where_they_work() -> None:
    for pane in (actions.OUTLINE, actions.PAGE, actions.PANEL):
        keys = [key for action in actions.of_pane(pane) for key in action.all_keys]
        assert len(keys) == len(set(keys)), pane


def test_each_action_can_be_reached_without_letters_or_from_the_palette() -> None:
    assert {action.name for action in ACTIONS if not action.keys} == {"afresh", "restore", "cycle"}
    for language in Language:
        words = texts.catalogue(language)
        assert {f"action.{action.name}" for action in ACTIONS} <= set(words)
        assert {f"hint.{action.name}" for action in ACTIONS if action.hint} <= set(words)


def test_both_languages_have_the_same_texts_and_placeholders() -> None:
    import re

    ko, en = (texts.catalogue(language) for language in Language)
    assert set(ko) == set(en)
    holes = re.compile(r"\{(\w+)")
    for key in ko:
        assert set(holes.findall(ko[key])) == set(holes.findall(en[key])), key


@pytest.mark.parametrize(("forward", "back"), [("right", "left"), ("n", "p"), ("ㅜ", "ㅔ")])
async def test_steps_are_turned(opened: Opener, forward: str, back: str) -> None:
    async with opened() as pilot:
        await press(pilot, forward, forward)
        assert step(pilot) == "0.3"
        await press(pilot, back)
        assert step(pilot) == "0.2"


async def test_space_reads_on_and_then_turns(opened: Opener) -> None:
    async with opened("80x24") as pilot:
        seen = []
        for _ in range(12):
            await press(pilot, "space")
            seen.append(step(pilot))
        assert seen[0] == "0.1"
        assert "0.2" in seen


@pytest.mark.parametrize("size", ["80x24", "120x36"])
async def test_the_outline_opens_a_step(opened: Opener, size: str) -> None:
    async with opened(size) as pilot:
        await press(pilot, "f2", "down", "down", "enter")
        assert step(pilot) == "0.3"
        assert focus(pilot) == actions.PAGE


async def test_a_click_in_the_outline_opens_a_step(opened: Opener) -> None:
    async with opened() as pilot:
        row = next(y for y, line in enumerate(text(pilot).split("\n")) if " 0.4 " in line)
        await pilot.click(offset=(8, row))
        await settle(pilot)
        assert step(pilot) == "0.4"


async def test_the_drawer_opens_over_the_text_and_closes(opened: Opener) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        assert "Outline" not in text(pilot)
        await press(pilot, "f2")
        assert "Outline" in text(pilot)
        await press(pilot, "f2")
        assert "Outline" not in text(pilot)


async def test_tab_goes_round_the_panes_in_sight(opened: Opener) -> None:
    for size, panes in (("80x24", ["panel", "page"]), ("120x36", ["panel", "outline", "page"])):
        async with opened(size) as pilot:
            seen = []
            for _ in panes:
                await press(pilot, "tab")
                seen.append(focus(pilot))
            assert seen == panes


async def test_zoom_fills_the_screen_and_gives_it_back(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        before = text(pilot)
        await press(pilot, "ㅋ")
        assert "Live" not in text(pilot)
        await press(pilot, "z")
        assert text(pilot) == before


async def test_language_switches_at_once_and_loses_nothing(opened: Opener) -> None:
    async with opened(language=Language.KO) as pilot:
        await press(pilot, "right", "right", "f4")
        relab(pilot).dispatch(finished())
        await settle(pilot)
        before = relab(pilot).view.state
        await press(pilot, "ㅣ")
        assert "AWS credentials" in text(pilot)
        assert focus(pilot) == actions.PANEL
        await press(pilot, "f7")
        assert "AWS 자격 증명" in text(pilot)
        assert relab(pilot).view.state.results == before.results
        assert step(pilot) == "0.3"


async def test_the_other_shell_shows_its_own_commands(opened: Opener) -> None:
    async with opened() as pilot:
        await press(pilot, "right", "f8")
        assert relab(pilot).view.shell is Shell.POWERSHELL
        assert "$env:USER_NUM" in text(pilot)
        await press(pilot, "ㄴ")
        assert "$env:USER_NUM" not in text(pilot)


async def test_the_clock_can_be_paused(opened: Opener) -> None:
    async with opened() as pilot:
        await press(pilot, "f9")
        assert relab(pilot).view.state.paused
        await press(pilot, "ㅅ")
        assert not relab(pilot).view.state.paused


@pytest.mark.parametrize("key", ["f1", "question_mark", "h", "ㅗ"])
async def test_help_lists_searches_and_runs(opened: Opener, key: str) -> None:
    async with opened(language=Language.EN) as pilot:
        await press(pilot, key)
        assert isinstance(pilot.app.screen, Help)
        assert "Copy the first command not copied yet" in text(pilot)
        await press(pilot, *"next step", "enter")
        assert isinstance(pilot.app.screen, LabScreen)
        assert step(pilot) == "0.2"


async def test_help_runs_the_keys_of_the_pane_it_was_asked_from(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        relab(pilot).dispatch(finished("prep.tools"))
        await press(pilot, "f4", "f1", *"evidence", "enter")
        await settle(pilot)
        assert "/api/v1/namespaces" in text(pilot)


async def test_every_action_stands_in_the_palette(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        offered = {command.title for command in relab(pilot).get_system_commands(lab_screen(pilot))}
        assert offered == {texts.say(Language.EN, f"action.{action.name}") for action in ACTIONS}
        await press(pilot, "colon", *"checklist")
        await pilot.pause(0.5)
        await press(pilot, "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, Reader)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("i", "About this lab"),
        ("c", "Completion checklist"),
        ("x", "Known problems"),
        ("u", "References"),
        ("g", "After this lab"),
        ("ㅕ", "References"),
    ],
)
async def test_sheets_open_and_close(opened: Opener, key: str, words: str) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        relab(pilot).dispatch(Named(("07",), VALUES))
        await press(pilot, key)
        assert words in text(pilot)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, LabScreen)


async def test_the_checklist_ticks_live(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        await press(pilot, "c")
        assert "[✓]" not in text(pilot)
        relab(pilot).dispatch(finished("prep.credentials"))
        await settle(pilot)
        assert "[✓]" not in text(pilot)
        assert "AWS credentials are set up (step not opened yet)" in text(pilot)
        relab(pilot).turn_to("0.3")
        await settle(pilot)
        assert "[✓] AWS credentials" in text(pilot)


async def test_praise_is_for_those_who_did_all_of_it(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        steps = relab(pilot).lab.steps
        for check in checks_of(relab(pilot).lab):
            relab(pilot).dispatch(finished(check))
        relab(pilot).dispatch(finished("storage.bucket", Verdict.FAIL, second=2))
        await press(pilot, "g")
        assert "Well done" not in text(pilot)
        assert "not opened yet:" in text(pilot)
        for step in steps:
            relab(pilot).turn_to(step.id)
        await settle(pilot)
        assert "not opened yet" not in text(pilot)
        assert "do not pass now:" in text(pilot)
        await pilot.app.screen.run_action("screen.follow('step:3.1')")
        await settle(pilot)
        assert isinstance(pilot.app.screen, LabScreen)
        relab(pilot).dispatch(finished("storage.bucket", second=3))
        relab(pilot).turn_to(steps[-1].id)
        await press(pilot, "right")
        assert "Well done" in text(pilot)
        assert "do not pass" not in text(pilot)


async def test_a_link_of_the_text_leads_on(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        await pilot.app.screen.run_action("screen.follow('step:2.3')")
        await settle(pilot)
        assert step(pilot) == "2.3"
        await pilot.app.screen.run_action("screen.follow('trouble:no-bucket')")
        await settle(pilot)
        assert isinstance(pilot.app.screen, Reader)


async def test_hints_can_be_clicked(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        shown = text(pilot).split("\n")[35]
        await pilot.click(offset=(shown.index("next"), 35))
        await settle(pilot)
        assert step(pilot) == "0.2"


async def test_a_check_that_was_clicked_shows_its_evidence(opened: Opener) -> None:
    async with opened() as pilot:
        relab(pilot).turn_to("1.1")
        relab(pilot).dispatch(finished(verdict=Verdict.FAIL, findings=[MISSING]))
        await settle(pilot)
        await pilot.click("Card")
        await settle(pilot)
        assert "404" in text(pilot) or "200" in text(pilot)


async def test_known_problems_begin_with_those_that_the_step_shows(opened: Opener) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        relab(pilot).dispatch(Named(("07",), VALUES))
        relab(pilot).turn_to("3.1")
        relab(pilot).dispatch(finished("storage.bucket", Verdict.FAIL))
        await press(pilot, "x")
        options = pilot.app.screen.query_one(OptionList)
        assert options.option_count == len(relab(pilot).lab.troubleshooting)
        ids = [str(option.id) for option in options.options]
        assert set(ids[:3]) == {"no-bucket", "access-denied", "access-denied-policy"}
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, Reader)
        await press(pilot, "1")
        assert "no-bucket" in ids[0]
        assert relab(pilot).view.state.copied
        await press(pilot, "escape", "escape")
        assert isinstance(pilot.app.screen, LabScreen)


async def test_every_command_of_every_problem_has_a_number(opened: Opener) -> None:
    async with opened() as pilot:
        for trouble in relab(pilot).lab.troubleshooting:
            relab(pilot).show_sheet("troubles", trouble.id)
            await settle(pilot)
            assert len(pilot.app.screen.query(CommandBox)) <= LAST_DIGIT
            await press(pilot, "escape")


async def test_a_language_asked_for_once_is_not_remembered_but_a_switch_is(
    opened: Opener,
) -> None:
    async with opened(asked_language=Language.EN) as pilot:
        assert "Outline" in text(pilot)
    async with opened() as pilot:
        assert "Outline" not in text(pilot)
    async with opened(asked_language=Language.KO) as pilot:
        await press(pilot, "f7")
        assert "Outline" in text(pilot)
    async with opened() as pilot:
        assert "Outline" in text(pilot)


@pytest.mark.parametrize("key", ["ctrl+p", "colon"])
async def test_the_palette_speaks_the_language(opened: Opener, key: str) -> None:
    async with opened(language=Language.KO) as pilot:
        await press(pilot, key)
        assert "입력하면 찾기" in text(pilot)


async def test_escape_closes_the_drawer(opened: Opener) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        await press(pilot, "f2", "escape")
        assert "Outline" not in text(pilot)
        assert focus(pilot) == actions.PAGE


async def test_a_wide_drawing_tells_how_to_see_more_of_it(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        relab(pilot).turn_to("3.5")
        await settle(pilot)
        hints = pilot.app.screen.query(".diagram-hint")
        assert [hint.display for hint in hints] == [True] * len(hints) != []
        await press(pilot, "z")
        assert not hints.first().display
