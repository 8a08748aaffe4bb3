"""The cycle's screen from recorded moves: what it looks like, and its keys."""

from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from relab.cycle.model import PATIENCE, Stage
from relab.languages import Language
from relab.nuke.model import Refusal
from relab.text import width
from tests.tui import cycle_world as made
from tests.tui import vault_world
from tests.tui.conftest import SIZES, Opener, lines, relab, same_as_file, settle, text
from tests.tui.cycle_hands import NAMED, PICTURES, drawn, flat, look
from tests.tui.hands import press
from tests.tui.test_screens import BOTH_LANGUAGES, BOTH_SIZES
from tui import actions, texts
from tui.cycle_model import Known
from tui.cycle_moves import Order, Page, ProofTold, Way
from tui.cycle_state import Offer
from tui.screens import watching
from tui.screens.cycle import Cycle
from tui.screens.cycle_ask import Begin, Wipe, agreed
from tui.screens.help import Help
from tui.screens.lab import LabScreen
from tui.screens.snapshots import Snapshots
from tui.screens.snapshots_ask import Choices
from tui.widgets.restore_plan import GO
from tui.widgets.restore_result import Report
from tui.widgets.snapshot_rows import Rows

WIPED = (Stage.SAVE, Stage.VERIFY, Stage.GATE, Stage.WIPE)

pytestmark = pytest.mark.usefixtures("still_seconds")


def top(pilot: Pilot[Any]) -> object:
    """Return the screen that is on top."""
    return pilot.app.screen


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Way, Order]]:
    """Give the list of what the desk is asked to run, and let it run nothing."""
    found: list[tuple[Way, Order]] = []
    go = "tui.cycle_desk.CycleDesk._go"
    monkeypatch.setattr(go, lambda _, way, order: found.append((way, order)))
    return found


@BOTH_LANGUAGES
@BOTH_SIZES
@pytest.mark.parametrize("name", sorted(PICTURES))
async def test_each_page_looks_as_it_should(
    opened: Opener, name: str, size: str, language: Language
) -> None:
    async with opened(size, language=language) as pilot:
        await look(pilot, PICTURES[name])
        same_as_file(pilot, f"cycle-{name}-{size}-{language}")
        assert all(width(line) <= SIZES[size][0] for line in lines(pilot))


@BOTH_LANGUAGES
@BOTH_SIZES
@pytest.mark.parametrize("name", ["form", "wipe"])
async def test_each_sheet_looks_as_it_should(
    opened: Opener, name: str, size: str, language: Language
) -> None:
    async with opened(size, language=language) as pilot:
        await look(pilot, PICTURES["begin" if name == "form" else "proof"])
        await press(pilot, "f2")
        same_as_file(pilot, f"cycle-{name}-{size}-{language}")


@pytest.mark.parametrize("letter", ["5", "c", "ㅊ"])
async def test_the_snapshots_screen_leads_here_and_back(opened: Opener, letter: str) -> None:
    async with opened(language=Language.EN) as pilot:
        relab(pilot).dispatch(NAMED)
        await press(pilot, "d", letter)
        assert isinstance(top(pilot), Cycle)
        await press(pilot, "escape")
        assert isinstance(top(pilot), Snapshots)


async def test_the_palette_leads_here(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        relab(pilot).dispatch(NAMED)
        await press(pilot, "question_mark", *"next cohort", "enter")
        assert isinstance(top(pilot), Cycle)
        await press(pilot, "escape")
        assert isinstance(top(pilot), LabScreen)


async def test_nothing_is_wiped_before_the_alias_is_typed(
    opened: Opener, ways: list[tuple[Way, Order]]
) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        await look(pilot, made.at_gate())
        await press(pilot, "enter")
        assert isinstance(top(pilot), Wipe)
        shown = flat(pilot)
        for word in (made.ACCOUNT, made.ALIAS, "profile: ha-mlops", f"snapshot: {made.NAME}"):
            assert word in shown
        await press(pilot, "enter")
        assert "Nothing is wiped until you type" in flat(pilot)
        for wrong in (made.ALIAS.upper(), made.ACCOUNT, "yes", made.ALIAS[:-1]):
            await press(pilot, *["backspace"] * 20, *wrong, "enter")
            assert isinstance(top(pilot), Wipe)
        await press(pilot, "escape")
        assert ways == []
        await press(pilot, "f2", "enter", *made.ALIAS, "enter")
        assert ways == [(Way.END, Order())]
        assert "Nothing is wiped until you type" not in flat(pilot)


async def test_what_goes_with_its_holder_is_not_waited_for(opened: Opener) -> None:
    wiping = made.heard(*made.until(Stage.WIPE, *made.TOLD[Stage.WIPE]))
    async with opened("80x24", language=Language.EN) as pilot:
        await look(pilot, [*made.at_gate(), made.asked(Way.END), *wiping])
        assert "2 of 4 things gone (1 more go with what holds them)" in flat(pilot)


@pytest.mark.parametrize("typed", [False, True])
async def test_a_proof_that_was_read_for_too_long_is_made_anew_and_not_wiped_on(
    opened: Opener, ways: list[tuple[Way, Order]], monkeypatch: pytest.MonkeyPatch, typed: bool
) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        await look(pilot, made.at_gate())
        if typed:
            await press(pilot, "f2", *made.ALIAS)
        monkeypatch.setattr(watching, "steady", lambda: 113.0 + PATIENCE.total_seconds())
        await press(pilot, "enter" if typed else "f2")
        assert ways == [(Way.GATE, Order())]
        assert isinstance(top(pilot), Cycle)
        assert "it saves anew" in flat(pilot)


def test_an_account_without_an_alias_is_never_agreed_to() -> None:
    assert agreed(f" {made.ALIAS} ", made.KNOWN)
    for typed in ("", " "):
        assert not agreed(typed, Known(account=made.ACCOUNT))


async def test_without_the_proof_the_gate_looks_anew_and_no_alias_is_asked(
    opened: Opener, ways: list[tuple[Way, Order]]
) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, PICTURES["unfinished"])
        screen.desk.go()
        assert ways == []
        await press(pilot, "enter")
        assert ways == [(Way.GATE, Order())]
        assert top(pilot) is screen


async def test_after_the_wipe_it_goes_on_without_asking_for_a_wipe(
    opened: Opener, ways: list[tuple[Way, Order]]
) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        await look(pilot, made.opened(made.book(*WIPED)))
        assert "goes on: the snapshot is restored" in flat(pilot)
        await press(pilot, "f4")
        assert "has begun to wipe" in flat(pilot)
        assert isinstance(top(pilot), Cycle)
        await press(pilot, "enter")
        assert ways == [(Way.END, Order())]


async def test_a_cycle_is_begun_on_a_form(opened: Opener, ways: list[tuple[Way, Order]]) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        await look(pilot, made.opened())
        await press(pilot, "enter")
        assert isinstance(top(pilot), Begin)
        keys = [*"mine", "tab", *"a.b", "space", *"c.d", "tab", "space", "enter"]
        await press(pilot, *keys)
        assert ways == [(Way.BEGIN, Order("mine", soft=True, accepted=("a.b", "c.d")))]
        await press(pilot, "f3", "escape")
        assert len(ways) == 1


async def test_the_profile_may_want_a_soft_wipe(
    opened: Opener, ways: list[tuple[Way, Order]]
) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, made.opened())
        known = screen.desk.cycle.known
        assert known is not None
        object.__setattr__(known, "soft", True)
        await press(pilot, "f2", "enter")
        assert ways == [(Way.BEGIN, Order(soft=True))]


async def test_losses_are_accepted_by_type_after_a_refusal(
    opened: Opener, ways: list[tuple[Way, Order]]
) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        await look(pilot, made.refused())
        shown = flat(pilot)
        assert "The gate refuses, for 2 reasons. The wipe does not begin." in shown
        assert "resize would be lost → --accept-loss lambda.function" in shown
        assert "lambda.function resize: cannot be captured" in shown
        await press(pilot, "f3", *"lambda.function", "enter")
        assert ways == [(Way.GATE, Order(accepted=("lambda.function",)))]
        await press(pilot, "f4", "enter")
        assert ways[-1] == (Way.BEGIN, Order())


async def test_a_new_proof_is_read_from_its_first_line(opened: Opener) -> None:
    many = tuple(
        Refusal("loss", f"thing {number} would be lost", "save it") for number in range(40)
    )
    async with opened("80x24", language=Language.EN) as pilot:
        screen = await look(pilot, made.at_gate())
        await press(pilot, "end")
        great = ProofTold(made.proof(made.LOST, *many))
        for move in [*made.refused()][2:]:
            screen.desk.take(great if isinstance(move, ProofTold) else move)
            await drawn(pilot)
        shown = text(pilot)
        assert "The gate refuses, for 40 reasons" in shown
        assert "thing 0 would be lost" in shown


async def test_the_proof_names_all_that_goes_and_stays(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, made.refused())
        rows = screen._pages[Page.PROOF]
        for group in (("goes", "s3"), ("goes", "s3", "07"), ("kept",), ("notes",)):
            assert rows.stand_on(group)
            await press(pilot, "enter")
            await drawn(pilot)
        shown = flat(pilot)
        for word in (
            "data/학습.csv: captured · removed by the end of what holds it",
            "2 iam.role: service-linked",
            "ecr.rule docker-hub: aws-nuke does not know it",
            "the vault is a folder",
        ):
            assert word in shown


async def test_what_can_be_done_is_under_the_cursor(opened: Opener) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        for moves, offer in ((made.opened(), Offer.BEGIN), (made.at_gate(), Offer.WIPE)):
            screen = await look(pilot, moves)
            assert screen.desk.cycle.offer is offer
            assert screen._pages[screen.desk.cycle.page].key == GO
            await press(pilot, "escape", "escape")


async def test_the_gate_looks_anew_on_request(
    opened: Opener, ways: list[tuple[Way, Order]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, made.at_gate())
        await press(pilot, "f5")
        assert ways == [(Way.GATE, Order())]
        asked: list[bool] = []
        monkeypatch.setattr(screen.desk, "look", lambda *, anew: asked.append(anew))
        for move in made.finished():
            screen.desk.take(move)
        await press(pilot, "f5")
        assert asked == [True]


@pytest.mark.parametrize("key", ["f2", "f3", "f4", "f5"])
async def test_nothing_is_begun_while_it_runs(
    opened: Opener, key: str, ways: list[tuple[Way, Order]]
) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, made.running(Stage.WIPE))
        await press(pilot, key)
        assert top(pilot) is screen
        assert "still running" in text(pilot)
        assert ways == []


async def test_leaving_a_running_cycle_is_asked_about(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, made.running(Stage.RESTORE))
        stopped: list[bool] = []
        monkeypatch.setattr(screen.desk, "cancel", lambda: stopped.append(True))
        await press(pilot, "escape")
        assert isinstance(top(pilot), Choices)
        await press(pilot, "enter", "escape", "end", "enter")
        assert stopped == [True]
        assert "it can go on later" in text(pilot)
        await press(pilot, "q", "down", "enter")
        assert isinstance(top(pilot), Snapshots)
        assert "cycling: restore" in lines(pilot)[0]


async def test_ctrl_c_stops_the_cycle_first_and_leaves_then(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, made.running(Stage.WIPE))
        asked = iter([True, False])
        monkeypatch.setattr(screen.desk, "cancel", lambda: next(asked))
        await press(pilot, "ctrl+c")
        assert "Ctrl+C again leaves" in text(pilot)
        assert pilot.app.is_running
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert pilot.app.return_value == 130
        assert relab(pilot).desks.cycle.is_left_over


async def test_a_stopped_cycle_says_how_it_goes_on(opened: Opener) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        await look(pilot, made.interrupted())
        shown = flat(pilot)
        assert "stopped, unfinished" in shown
        assert "Cut short. Going on begins with this stage." in shown
        assert "relab cycle --resume" in shown
        assert "Nothing more is wiped before you type the account's alias" in shown
        assert f"relab restore {made.NAME}" in shown


async def test_trouble_is_one_line_with_what_to_do(opened: Opener) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        await look(pilot, (made.NO_VAULT,))
        shown = flat(pilot)
        assert "No vault: /srv/vault: no vault here -> make one: relab vault init" in shown
        assert "F5 asks again" in shown
        await press(pilot, "f2")
        assert "nothing to go on with yet" in flat(pilot)


async def test_the_report_is_copied_by_its_name(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        await look(pilot, made.finished())
        page = pilot.app.screen.query_one("#cycle-report")
        assert isinstance(page, Rows)
        assert page.stand_on(Report(made.REPORT))
        await press(pilot, "enter")
        await pilot.app.workers.wait_for_complete()
        await settle(pilot)
        assert made.REPORT in relab(pilot).session.state.copied
        assert not relab(pilot).desks.cycle.is_left_over


async def test_language_switches_at_once(opened: Opener) -> None:
    async with opened(language=Language.KO) as pilot:
        await look(pilot, made.refused())
        assert "관문이 거부했습니다" in text(pilot)
        await press(pilot, "ㅣ")
        await settle(pilot)
        assert "The gate refuses" in text(pilot)


async def test_help_and_palette_offer_what_can_be_done_here(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        screen = await look(pilot, made.at_gate())
        commands = relab(pilot).get_system_commands(screen)
        names = {action.name for action in actions.ON_CYCLE}
        words = {texts.say(Language.EN, f"action.{name}") for name in names}
        assert {command.title for command in commands} == words
        await press(pilot, "f1")
        assert isinstance(top(pilot), Help)
        await press(pilot, *"the report", "enter")
        await drawn(pilot)
        assert screen.desk.cycle.page is Page.REPORT


async def test_a_vault_that_is_looked_at_stays_where_it_is(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        relab(pilot).dispatch(NAMED)
        await press(pilot, "d")
        for move in vault_world.vault():
            relab(pilot).desks.vault.take(move)
        await press(pilot, "c", "escape")
        await settle(pilot)
        assert relab(pilot).desks.vault.vault.chosen == vault_world.NEW.name
        assert replace(made.KNOWN, book=made.book()).book is not None
