"""The restore screen from recorded moves: what it looks like, and its keys."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from relab.languages import Language
from relab.text import width
from restore.model import Existing
from tests.tui import restore_world as made
from tests.tui import vault_world
from tests.tui.conftest import SIZES, VALUES, Opener, lines, relab, same_as_file, settle, text
from tests.tui.hands import press
from tests.tui.test_screens import BOTH_LANGUAGES, BOTH_SIZES
from tui import actions, texts
from tui.moves import Named
from tui.restore_model import Flag
from tui.restore_moves import Move, Order, Page
from tui.screens import watching
from tui.screens.help import Help
from tui.screens.restore import Restore
from tui.screens.restore_ask import Scope, Sure, agreed
from tui.screens.snapshots import Snapshots
from tui.screens.snapshots_ask import Choices
from tui.vault_moves import Folded
from tui.widgets.restore_result import Report
from tui.widgets.restore_signs import SIGNS
from tui.widgets.snapshot_rows import Rows

NAMED = Named(("01", "07", "20"), VALUES)
PICTURES: dict[str, Iterable[Move]] = {
    "reading": tuple(made.reading()),
    "plan": (*made.planned(), Folded(("of", "07")), Folded(("of", "07", "s3"))),
    "unfinished": tuple(made.unfinished()),
    "locked-key": (*made.reading(), made.NO_KEY),
    "running": tuple(made.running()),
    "stopped": tuple(made.stopped()),
    "refused": tuple(made.refused()),
    "result": tuple(made.checked()),
}


async def look(pilot: Pilot[Any], moves: Iterable[Move] = ()) -> Restore:
    """Open the screen of the newest snapshot and let it know of `moves`."""
    relab(pilot).dispatch(NAMED)
    await press(pilot, "d")
    for move in vault_world.vault():
        relab(pilot).desks.vault.take(move)
    await settle(pilot)
    await press(pilot, "r")
    for each in moves:
        relab(pilot).desks.restore.take(each)
    return await drawn(pilot)


def top(pilot: Pilot[Any]) -> object:
    """Return the screen that is on top."""
    return pilot.app.screen


async def drawn(pilot: Pilot[Any]) -> Restore:
    """Wait until the screen is drawn anew."""
    screen = pilot.app.screen
    assert isinstance(screen, Restore)
    screen._draw()
    await settle(pilot)
    return screen


@pytest.fixture(autouse=True)
def _still_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the screen's clock stand at the 12th second of the restore."""
    monkeypatch.setattr(watching, "steady", lambda: 112.0)


@BOTH_LANGUAGES
@BOTH_SIZES
@pytest.mark.parametrize("name", sorted(PICTURES))
async def test_each_page_looks_as_it_should(
    opened: Opener, name: str, size: str, language: Language
) -> None:
    async with opened(size, language=language) as pilot:
        await look(pilot, PICTURES[name])
        same_as_file(pilot, f"restore-{name}-{size}-{language}")
        assert all(width(line) <= SIZES[size][0] for line in lines(pilot))


@BOTH_LANGUAGES
@pytest.mark.parametrize("key", ["f2", "f3"])
async def test_each_sheet_looks_as_it_should(opened: Opener, key: str, language: Language) -> None:
    async with opened("80x24", language=language) as pilot:
        await look(pilot, PICTURES["plan"])
        await press(pilot, key)
        name = {"f2": "sure", "f3": "scope"}[key]
        same_as_file(pilot, f"restore-{name}-80x24-{language}")


@pytest.mark.parametrize("letter", ["f6", "r", "ㄱ"])
async def test_the_snapshot_under_the_cursor_is_restored(opened: Opener, letter: str) -> None:
    async with opened(language=Language.EN) as pilot:
        relab(pilot).dispatch(NAMED)
        await press(pilot, "d", letter)
        assert "No snapshot is chosen" in text(pilot)
        for move in vault_world.vault():
            relab(pilot).desks.vault.take(move)
        await settle(pilot)
        await press(pilot, letter)
        assert isinstance(pilot.app.screen, Restore)
        assert relab(pilot).desks.restore.restore.snapshot == vault_world.NEW.name
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, Snapshots)


async def test_the_palette_leads_here(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        relab(pilot).dispatch(NAMED)
        await press(pilot, "question_mark", *"restore a", "enter")
        assert isinstance(pilot.app.screen, Snapshots)
        assert "press F6" in text(pilot)


async def test_nothing_begins_before_the_word_is_typed(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, PICTURES["plan"])
        begun: list[bool] = []
        monkeypatch.setattr(screen.desk, "go", lambda: begun.append(True))
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, Sure)
        shown = text(pilot)
        assert "Account 123456789012, profile ha-mlops" in shown
        assert "left as they are: 1" in shown
        await press(pilot, "enter")
        assert "Nothing is done until you type restore" in text(pilot)
        await press(pilot, *"yes", "enter")
        assert isinstance(pilot.app.screen, Sure)
        await press(pilot, "escape")
        assert begun == []
        await press(pilot, "f2", *"restore", "enter")
        assert begun == [True]


REMOVING = replace(
    made.PLAN,
    items=(
        *made.ITEMS,
        made.row("sqs.queue", "stray", "remove", "the snapshot does not have it", extra=True),
        made.row("s3.object", "mine/*", "remove", "not in the snapshot", count=7, extra=True),
    ),
    choice={**made.CHOICE, "exact": True},
    moved="from account 111122223333",
    flags=(Flag(made.ITEMS[0].identity, "/Policy", "AROA1", "the role is deleted"),),
)


@pytest.mark.parametrize(("word", "removal"), [("restore", " Remove "), (" Restore ", "삭제")])
def test_either_language_agrees_and_removals_have_a_word_of_their_own(
    word: str, removal: str
) -> None:
    assert agreed(word, made.PLAN)
    assert agreed(removal, REMOVING)
    for typed, plan in ((removal, made.PLAN), (word, REMOVING), ("", REMOVING), ("", made.PLAN)):
        assert not agreed(typed, plan)


async def test_removals_and_flags_come_first_and_are_counted(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        await look(pilot, made.planned(REMOVING))
        shown = text(pilot)
        assert "- 8 remove" in shown
        assert "8 REMOVED: the snapshot does not have them" in shown
        assert "- sqs.queue stray: the snapshot does not have it" in shown
        assert "- s3.object mine/* (7): not in the snapshot" in shown
        assert "/Policy: AROA1: the role is deleted" in shown
        assert "what the snapshot does not have is removed · from account 111122223333" in shown
        assert shown.index("REMOVED") < shown.index("1 blocked: left")
        await press(pilot, "enter")
        assert "REMOVED from the world: 8" in text(pilot)
        assert "Type the word remove" in text(pilot)


async def test_what_can_be_begun_is_under_the_cursor(opened: Opener) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        screen = await look(pilot, made.unfinished())
        shown = " ".join(text(pilot).replace("│", " ").replace("┃", " ").split())
        assert "is unfinished (5 steps done)" in shown
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, Sure)
        assert "Go on with the restore" in text(pilot)
        del screen


async def test_groups_are_opened_and_items_tell_their_reason(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, made.planned())
        assert "choose --existing update" in text(pilot)
        rows = screen._pages[Page.PLAN]
        assert rows.stand_on(("of", "07"))
        await press(pilot, "enter")
        await drawn(pilot)
        assert rows.stand_on(("of", "07", "kubernetes"))
        assert "mlflow-config" not in text(pilot)
        await press(pilot, "enter")
        await drawn(pilot)
        assert "+ v1/ConfigMap kubeflow-user07/mlflow-config: not there" in text(pilot)
        await press(pilot, "f4", "end", "enter")
        await drawn(pilot)
        assert screen.desk.restore.tenant == "08"
        assert "only user08" in text(pilot)
        assert "mlflow-config" not in text(pilot)


async def test_what_is_restored_is_chosen_on_a_form(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        screen = await look(pilot, made.planned())
        orders: list[Order] = []
        monkeypatch.setattr(screen.desk, "plan", orders.append)
        await press(pilot, "f3")
        assert isinstance(pilot.app.screen, Scope)
        await press(pilot, *["backspace"] * 3, *"07", "tab", *"s3.*", "tab", "space", "tab")
        await press(pilot, "space", "tab", "space", "enter")
        await press(pilot, "f5")
        order = Order("07", ("s3.*",), data=False, existing=Existing.UPDATE, exact=True)
        assert orders == [order, Order()]


async def test_leaving_a_running_restore_is_asked_about(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, made.running())
        stopped: list[bool] = []
        monkeypatch.setattr(screen.desk, "cancel", lambda: stopped.append(True))
        await press(pilot, "escape")
        assert isinstance(top(pilot), Choices)
        await press(pilot, "enter")
        assert top(pilot) is screen
        assert stopped == []
        await press(pilot, "escape", "end", "enter")
        assert stopped == [True]
        assert "it can go on later" in text(pilot)
        await press(pilot, "q", "down", "enter")
        assert isinstance(pilot.app.screen, Snapshots)
        assert relab(pilot).desks.restore.restore.is_running


async def test_ctrl_c_stops_the_restore_first_and_leaves_then(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, made.running())
        asked = iter([True, False])
        monkeypatch.setattr(screen.desk, "cancel", lambda: next(asked))
        await press(pilot, "ctrl+c")
        assert "Ctrl+C again leaves" in text(pilot)
        assert pilot.app.is_running
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert pilot.app.return_value == 130


async def test_nothing_is_planned_while_a_restore_runs(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        await look(pilot, made.running())
        for key in ("f3", "f5"):
            await press(pilot, key)
            assert isinstance(pilot.app.screen, Restore)
            assert "still running" in text(pilot)


@pytest.mark.parametrize("trouble", [made.NO_VAULT, made.NO_KEY, made.UNREACHABLE])
async def test_trouble_is_one_line_with_what_to_do(opened: Opener, trouble: Any) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        await look(pilot, (*made.reading(), trouble))
        shown = " ".join(text(pilot).split())
        assert trouble.words.removeprefix("relab: ") in shown
        assert "F5 tries again" in shown


async def test_the_report_is_copied_by_its_name(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        await look(pilot, PICTURES["result"])
        page = pilot.app.screen.query_one("#restore-result")
        assert isinstance(page, Rows)
        assert page.stand_on(Report(made.REPORT))
        await press(pilot, "enter")
        await pilot.app.workers.wait_for_complete()
        await settle(pilot)
        assert made.REPORT in relab(pilot).session.state.copied


async def test_differences_are_shown_like_a_diff(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        await look(pilot, PICTURES["result"])
        shown = text(pilot)
        assert '- /Tags/0/Value: "옛"' in shown
        assert '+ /Tags/0/Value: "new"' in shown
        assert "~ /Policy: (sealed, changed)" in shown
        assert "- sqs.queue jobs" in shown
        assert "user07  ✓ 1 passed  ✗ 1 failed  ! 1 warning: storage.bucket" in shown


async def test_language_switches_at_once(opened: Opener) -> None:
    async with opened(language=Language.KO) as pilot:
        await look(pilot, PICTURES["plan"])
        assert "되돌릴 수 없는 것 2개" in text(pilot)
        await press(pilot, "ㅣ")
        await settle(pilot)
        assert "2 can never come back" in text(pilot)


async def test_help_and_palette_offer_what_can_be_done_here(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, PICTURES["plan"])
        commands = relab(pilot).get_system_commands(screen)
        names = {action.name for action in actions.ON_RESTORE}
        words = {texts.say(Language.EN, f"action.{name}") for name in names}
        assert {command.title for command in commands} == words
        await press(pilot, "f1")
        assert isinstance(pilot.app.screen, Help)
        await press(pilot, *"how far", "enter")
        await drawn(pilot)
        assert screen.desk.restore.page is Page.PROGRESS


def test_every_action_here_has_words_and_keys_of_its_own() -> None:
    keys = [key for action in actions.ON_RESTORE for key in action.all_keys]
    assert len(keys) == len(set(keys))
    for language in Language:
        words = set(texts.catalogue(language))
        assert {f"action.{one.name}" for one in actions.ON_RESTORE} <= words
        assert {f"hint.{one.name}" for one in actions.ON_RESTORE if one.hint} <= words
        assert {f"plan.{action}" for action in SIGNS} <= words
        assert {f"existing.{one}" for one in Existing} <= words
        assert {f"restore.page-{page}" for page in Page} <= words


async def test_a_restore_that_goes_on_is_told_on_the_snapshots_screen(opened: Opener) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        await look(pilot, made.running())
        await press(pilot, "escape", "down", "enter")
        assert isinstance(top(pilot), Snapshots)
        assert "restoring, 7 of 12 steps" in text(pilot).split("\n")[0]
