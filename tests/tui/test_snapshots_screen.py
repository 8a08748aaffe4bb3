"""The snapshots screen from recorded moves: what it looks like, keys, and hostile names."""

import re
from collections.abc import Iterable
from typing import Any

import pytest
from textual.pilot import Pilot

from relab.languages import Language
from tests.tui import vault_world as made
from tests.tui.conftest import SIZES, VALUES, Opener, relab, same_as_file, settle, text
from tests.tui.hands import press
from tests.tui.test_screens import BOTH_LANGUAGES, BOTH_SIZES
from tui import actions, texts
from tui.moves import Named
from tui.screens import watching
from tui.screens.help import Help
from tui.screens.lab import LabScreen
from tui.screens.snapshots import Snapshots
from tui.screens.snapshots_ask import Document, Form
from tui.vault_moves import (
    LIVE,
    Answered,
    Ask,
    Compared,
    Folded,
    Heard,
    Move,
    Order,
    Question,
    Tab,
    TabShown,
    Unanswered,
)

NAMED = Named(("01", "07", "20"), VALUES)


async def look(pilot: Pilot[Any], moves: Iterable[Move] = ()) -> Snapshots:
    """Open the screen and let it know of `moves`."""
    relab(pilot).dispatch(NAMED)
    await press(pilot, "d")
    for move in moves:
        relab(pilot).desks.vault.take(move)
    return await drawn(pilot)


async def drawn(pilot: Pilot[Any]) -> Snapshots:
    """Wait until the screen is drawn anew."""
    screen = pilot.app.screen
    assert isinstance(screen, Snapshots)
    screen._draw()
    await settle(pilot)
    return screen


@pytest.fixture(autouse=True)
def _still_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the screen's clock stand at the 20th second of the save."""
    monkeypatch.setattr(watching, "steady", lambda: 120.0)


def unfolded() -> Iterable[Move]:
    return (Folded(("07",)), Folded(("07", "aws", "s3.object")))


PICTURES: dict[str, Iterable[Move]] = {
    "asking": (),
    "none": (made.no_vault(),),
    "list": tuple(made.vault()),
    "contents": (*made.vault(), *unfolded()),
    "coverage": (*made.vault(), TabShown(Tab.COVERAGE)),
    "diff": (*made.vault(), Compared(made.OLD.name)),
    "saving": (*made.vault(), *made.save()),
    "saved": (*made.vault(), *made.finished()),
    "stopped": (*made.vault(), *made.cancelled()),
}


@BOTH_SIZES
@BOTH_LANGUAGES
@pytest.mark.parametrize("name", PICTURES)
async def test_what_it_looks_like(opened: Opener, size: str, language: Language, name: str) -> None:
    async with opened(size, language=language) as pilot:
        screen = await look(pilot, PICTURES[name])
        if name not in {"asking", "none", "list"}:
            screen.action_tab(screen.desk.vault.tab.value)
        await drawn(pilot)
        same_as_file(pilot, f"snapshots-{name}-{size}-{language}")


@BOTH_LANGUAGES
async def test_the_form_and_a_document(opened: Opener, language: Language) -> None:
    async with opened("80x24", language=language) as pilot:
        await look(pilot, PICTURES["contents"])
        await press(pilot, "f2")
        same_as_file(pilot, f"snapshots-form-80x24-{language}")
        await press(pilot, "escape", "1", "down", "down", "down", "down", "enter")
        await pilot.pause(0.2)
        assert isinstance(pilot.app.screen, Document)
        same_as_file(pilot, f"snapshots-document-80x24-{language}")


async def test_it_paints_before_anything_is_known_and_goes_back(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        await look(pilot)
        assert "Asking the vault" in text(pilot)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, LabScreen)


@pytest.mark.parametrize("size", sorted(SIZES))
async def test_back_leads_to_the_list_and_then_to_the_lab(opened: Opener, size: str) -> None:
    async with opened(size, language=Language.EN) as pilot:
        screen = await look(pilot, PICTURES["list"])
        await press(pilot, "2")
        assert screen.focused is screen._pages[Tab.COVERAGE]
        await press(pilot, "ㅂ")
        assert screen.focused is screen._list
        await press(pilot, "q")
        assert isinstance(pilot.app.screen, LabScreen)


async def test_the_list_chooses_and_the_contents_follow(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, PICTURES["list"])
        await press(pilot, "home", "down")
        assert screen.desk.vault.chosen == made.NEW.name
        await press(pilot, "ㅓ")
        assert screen.desk.vault.chosen == made.OLD.name
        await press(pilot, "k", "enter", "down", "enter")
        await drawn(pilot)
        assert ("07",) in screen.desk.vault.unfolded
        assert "v1/Secret" in text(pilot)


async def test_one_tenant_can_be_looked_at_alone(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, PICTURES["coverage"])
        assert "user01" in text(pilot)
        await press(pilot, "f4", "down", "down", "enter")
        await drawn(pilot)
        assert screen.desk.vault.tenant == "07"
        assert "user01" not in text(pilot)
        assert "only user07" in text(pilot)
        await press(pilot, "t", "home", "enter")
        await drawn(pilot)
        assert "user01" in text(pilot)


async def test_gaps_come_first_and_are_not_cut(opened: Opener) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        await look(pilot, PICTURES["coverage"])
        await press(pilot, "2")
        shown = " ".join(re.sub("[│┃]", "", text(pilot)).split())
        assert made.LINES[0].detail.strip() in shown
        assert shown.index("✗ denied 1 · user07") < shown.index("✓ captured 1 · user07")


async def test_a_second_snapshot_is_chosen_and_values_are_folded(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, PICTURES["list"])
        await press(pilot, "3")
        assert "F3 chooses" in text(pilot)
        await press(pilot, "f3", "enter")
        await drawn(pilot)
        assert screen.desk.vault.sides == (made.OLD.name, made.NEW.name)
        assert "(sealed, changed)" in text(pilot)
        await press(pilot, "end", "enter")
        await drawn(pilot)
        assert "(sealed, changed)" not in text(pilot)


async def test_a_snapshot_is_compared_with_the_world(opened: Opener) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        screen = await look(pilot, PICTURES["list"])
        await press(pilot, "f3", "end")
        assert "the world as it is now" in text(pilot)
        await press(pilot, "enter")
        await drawn(pilot)
        assert "Reading the world" in text(pilot)
        sides = Question(Ask.DIFF, (made.NEW.name, LIVE))
        screen.desk.take(Answered(sides, made.CHANGES, 3))
        await drawn(pilot)
        shown = text(pilot)
        assert "from after-class to the world as it is now" in shown
        assert "(sealed, changed)" in shown
        assert "Some of the world could not be read" in shown


async def test_an_unfinished_save_is_offered_in_its_own_scope(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        await look(pilot, PICTURES["list"])
        await press(pilot, "home", "enter")
        form = pilot.app.screen
        assert isinstance(form, Form)
        assert form._order == Order("half-way", "01,07", ("s3.*",), data=False, resume=True)
        assert "01,07" in text(pilot)


async def test_a_name_is_needed_to_save(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        await look(pilot, PICTURES["list"])
        await press(pilot, "f2", *["backspace"] * 40, "enter")
        assert isinstance(pilot.app.screen, Form)
        assert "needs a name" in text(pilot)


async def test_a_refused_question_is_one_line_with_what_to_do(opened: Opener) -> None:
    words = "relab: /srv/vault: process 7 on host is writing (save x) -> wait for it, or end it"
    async with opened("80x24", language=Language.EN) as pilot:
        pin = Question(Ask.PIN, (made.NEW.name,))
        await look(pilot, (*made.vault(), Unanswered(pin, 11, words)))
        shown = " ".join(text(pilot).split())
        assert "Locked: /srv/vault: process 7" in shown
        assert "wait for it, or end it" in shown


async def test_a_question_that_failed_is_not_asked_again_and_again(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        failed = Unanswered(Question(Ask.COUNTS, (made.NEW.name,)), 1, "relab: damaged")
        screen = await look(pilot, (made.listed(made.OLD, made.NEW), failed))
        screen.desk.live = True
        for _ in range(3):
            await drawn(pilot)
        assert not [one for one in screen.desk.vault.asked if one.ask is Ask.COUNTS]
        assert "F5 tries again" in text(pilot)


async def test_a_verification_says_what_it_found(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        name = made.NEW.name
        screen = await look(pilot, (*made.vault(), made.told(Ask.VERIFY, made.DAMAGED, name)))
        assert "1 damaged: blob-missing aaaa" in text(pilot)
        screen.desk.take(made.told(Ask.VERIFY, (), name))
        await drawn(pilot)
        assert "Verified, all as it was saved" in text(pilot)


async def test_a_stopped_save_is_gone_on_with_by_enter(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        await look(pilot, PICTURES["stopped"])
        shown = " ".join(re.sub("│.*?││|[│┃]", "", text(pilot)).split())
        assert "relab snapshot save --name today --resume" in shown
        await press(pilot, "4", "enter")
        assert isinstance(pilot.app.screen, Form)
        assert pilot.app.screen._order == Order("today", resume=True)


async def test_time_left_is_said_only_when_it_is_known(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, made.save(listing=True))
        assert "still listing" in text(pilot)
        assert "about" not in text(pilot)
        screen.desk.take(Heard(made.unit(11, left=9), 112.0))
        await drawn(pilot)
        assert "9 tasks left, about 0:16" in text(pilot)


async def test_language_switches_at_once(opened: Opener) -> None:
    async with opened(language=Language.KO) as pilot:
        await look(pilot, PICTURES["coverage"])
        assert "거부됨" in text(pilot)
        await press(pilot, "ㅣ")
        await settle(pilot)
        assert "denied" in text(pilot)


async def test_help_and_palette_offer_what_can_be_done_here(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, PICTURES["list"])
        commands = relab(pilot).get_system_commands(screen)
        titles = {command.title for command in commands}
        names = {action.name for action in actions.ON_SNAPSHOTS}
        assert titles == {texts.say(Language.EN, f"action.{name}") for name in names}
        await press(pilot, "f1")
        assert isinstance(pilot.app.screen, Help)
        await press(pilot, *"coverage", "enter")
        await drawn(pilot)
        assert screen.desk.vault.tab is Tab.COVERAGE
        await press(pilot, "question_mark", *"last line", "enter")
        page = screen._pages[Tab.COVERAGE]
        assert page.cursor == len(page.source) - 1


def test_every_action_here_has_words_and_keys_of_its_own() -> None:
    keys = [key for action in actions.ON_SNAPSHOTS for key in action.all_keys]
    assert len(keys) == len(set(keys))
    for language in Language:
        words = set(texts.catalogue(language))
        assert {f"action.{one.name}" for one in actions.ON_SNAPSHOTS} <= words
        assert {f"hint.{one.name}" for one in actions.ON_SNAPSHOTS if one.hint} <= words


async def test_a_click_chooses_a_row(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, PICTURES["list"])
        row = next(y for y, line in enumerate(text(pilot).split("\n")) if "complete · bef" in line)
        await pilot.click(offset=(8, row))
        await settle(pilot)
        assert screen.desk.vault.chosen == made.OLD.name
        assert screen.focused is screen._pages[Tab.CONTENTS]
