"""What the screens look like: dumps at two sizes in two languages, and hostile input."""

import unicodedata
from dataclasses import replace

import pytest

from relab.events import Finding, Message, Progress, Trouble, Verdict
from relab.languages import Language
from tests.tui.conftest import SIZES, VALUES, Opener, lines, relab, same_as_file, settle, text
from tests.tui.world import MISSING, evidence, finished, round_of
from tui.live import checks_of
from tui.moves import HelperDown, HelperUp, Named
from tui.state import State, reduce
from tui.view import View

BOTH_SIZES = pytest.mark.parametrize("size", sorted(SIZES))
BOTH_LANGUAGES = pytest.mark.parametrize("language", list(Language))
NAMED = Named(("01", "07", "20"), VALUES)


@BOTH_SIZES
@BOTH_LANGUAGES
async def test_a_step_with_a_regression(opened: Opener, size: str, language: Language) -> None:
    async with opened(size, language=language) as pilot:
        relab(pilot).dispatch(NAMED)
        for check in checks_of(relab(pilot).lab):
            relab(pilot).dispatch(finished(check))
        relab(pilot).turn_to("1.1")
        bad = finished(verdict=Verdict.FAIL, second=9, findings=[MISSING])
        relab(pilot).dispatch(bad)
        await settle(pilot)
        relab(pilot).notices.hush()
        await settle(pilot)
        same_as_file(pilot, f"step-{size}-{language}")


@BOTH_SIZES
@BOTH_LANGUAGES
async def test_the_checklist(opened: Opener, size: str, language: Language) -> None:
    async with opened(size, language=language) as pilot:
        relab(pilot).dispatch(NAMED)
        for check in checks_of(relab(pilot).lab):
            relab(pilot).dispatch(finished(check))
        for step in relab(pilot).lab.sections[1].steps:
            relab(pilot).turn_to(step.id)
        await pilot.press("c")
        relab(pilot).notices.hush()
        await settle(pilot)
        same_as_file(pilot, f"checklist-{size}-{language}")


@BOTH_SIZES
async def test_the_evidence(opened: Opener, size: str) -> None:
    async with opened(size) as pilot:
        relab(pilot).dispatch(NAMED)
        relab(pilot).turn_to("1.1")
        for event in round_of(finished()):
            relab(pilot).dispatch(event)
        await settle(pilot)
        relab(pilot).notices.hush()
        await pilot.press("f4", "enter")
        await settle(pilot)
        same_as_file(pilot, f"evidence-{size}")


@BOTH_LANGUAGES
async def test_every_step_fits_both_sizes(opened: Opener, language: Language) -> None:
    for size, (width, _) in SIZES.items():
        async with opened(size, language=language) as pilot:
            relab(pilot).dispatch(NAMED)
            for step in relab(pilot).lab.steps:
                relab(pilot).turn_to(step.id)
                await settle(pilot)
                assert step.id in text(pilot)
                assert max(map(cells, lines(pilot))) <= width


def cells(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


async def test_ascii_terminals_get_no_ambiguous_sign_at_all(opened: Opener) -> None:
    async with opened(ascii=True) as pilot:
        relab(pilot).dispatch(NAMED)
        for step in relab(pilot).lab.steps:
            relab(pilot).turn_to(step.id)
            await settle(pilot)
            wide = {char for char in text(pilot) if unicodedata.east_asian_width(char) == "A"}
            assert not wide, (step.id, wide)
        for key in ("c", "escape", "x", "escape", "question_mark"):
            await pilot.press(key)
            await settle(pilot)
            assert all(unicodedata.east_asian_width(char) != "A" for char in text(pilot))


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[31mred\x1b]52;c;AAAA\x07",
        "[bold red]not markup[/] [@click=app.quit]x[/] [link=http://x]y[/]",
        "`code` **bold** [step](step:3.1)",
        "\u202eright to left\u2066",
        "x" * 10_000,
        "가" * 10_000,
        "line\nline\r\nline\u2028line",
    ],
)
async def test_outside_text_is_shown_as_text(opened: Opener, hostile: str) -> None:
    message = Message("kubeflow.namespace.missing", {"names": hostile})
    remedy = Message("kubeflow.namespace.ask", {"user": hostile, "namespace": hostile})
    bad = finished(verdict=Verdict.FAIL, findings=[Finding("it", Verdict.FAIL, message, remedy)])
    bad = replace(bad, evidence=(evidence(hostile, answer={hostile: hostile}),))
    async with opened() as pilot:
        relab(pilot).turn_to("1.1")
        relab(pilot).dispatch(bad)
        relab(pilot).dispatch(Trouble(hostile, hostile, hostile, 1))
        relab(pilot).dispatch(HelperDown("checks", hostile, 1.0))
        relab(pilot).dispatch(bad)
        await pilot.press("f4", "enter")
        await settle(pilot)
        shown = text(pilot)
        assert not {char for char in shown if unicodedata.category(char) in {"Cc", "Cf"}} - {"\n"}
        if "[" in hostile and "\x1b" not in hostile:
            assert hostile[:10] in shown


async def test_markup_of_outside_text_cannot_be_clicked(opened: Opener) -> None:
    message = Message("kubeflow.namespace.missing", {"names": "[x](step:3.1)"})
    async with opened() as pilot:
        relab(pilot).turn_to("1.1")
        found = Finding("it", Verdict.FAIL, message, message)
        relab(pilot).dispatch(finished(verdict=Verdict.FAIL, findings=[found]))
        await settle(pilot)
        assert "[x](step:3.1)" in text(pilot).replace("│", "")


async def test_what_the_helpers_do_is_one_line_in_the_panel(opened: Opener) -> None:
    async with opened(sandbox=True, language=Language.EN) as pilot:
        assert "Starting the practice sandbox" in text(pilot)
        relab(pilot).dispatch(Progress("kubernetes", 3, 16))
        await settle(pilot)
        assert "kubernetes 3/16" in text(pilot)
        relab(pilot).dispatch(HelperUp("sandbox"))
        await settle(pilot)
        assert "relab sandbox env" in text(pilot)
        relab(pilot).dispatch(HelperDown("checks", "exit 3", 4.0))
        await settle(pilot)
        assert "exit 3" in text(pilot)
        relab(pilot).dispatch(HelperUp("checks"))
        await settle(pilot)
        assert "exit 3" not in text(pilot)


async def test_cannot_tell_is_shown_apart_from_a_failure(opened: Opener) -> None:
    message = Message("kubeflow.namespace.missing", {"names": "x"})
    async with opened(language=Language.EN) as pilot:
        relab(pilot).turn_to("1.1")
        unsure = finished(verdict=Verdict.ERROR, findings=[Finding("it", Verdict.ERROR, message)])
        relab(pilot).dispatch(unsure)
        await settle(pilot)
        shown = text(pilot)
        assert "cannot tell" in shown
        assert "failed" not in shown
        assert "? 1.1" in shown


async def test_old_verdicts_are_painted_first_and_marked(opened: Opener) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        relab(pilot).turn_to("1.1")
        relab(pilot).dispatch(replace(finished(), at="2026-01-04T01:00:00+00:00"))
        await settle(pilot)
        assert "(from last time)" in text(pilot)
        relab(pilot).dispatch(finished(second=30))
        await settle(pilot)
        assert "(from last time)" not in text(pilot)


async def test_the_log_paints_the_same_screen(opened: Opener) -> None:
    async with opened() as pilot:
        relab(pilot).dispatch(NAMED)
        relab(pilot).turn_to("1.1")
        for event in round_of(finished(verdict=Verdict.FAIL, findings=[MISSING])):
            relab(pilot).dispatch(event)
        await settle(pilot)
        relab(pilot).notices.hush()
        await settle(pilot)
        before = text(pilot)
    async with opened() as again:
        await settle(again)
        assert text(again) == before


def test_a_view_is_made_from_state_alone() -> None:
    assert "state" in View.__slots__
    state = reduce(State(), NAMED)
    assert state.values == VALUES
