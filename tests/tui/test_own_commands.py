"""The commands of relab itself that are offered: they work in a new terminal, in every step."""

import sys
from pathlib import Path

import pytest

from relab.cli.open import _own_name
from relab.events import Trouble
from relab.languages import Language
from tests.tui.conftest import Opener, lab_screen, lines, relab, settle, text
from tui.moves import HelperUp, Shell
from tui.widgets.command import CommandBox

PROGRAM = Path(sys.executable).with_name("relab")


def test_a_path_of_this_environment_alone_is_not_counted_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(PROGRAM.parent))
    assert _own_name() == str(PROGRAM)
    monkeypatch.setenv("PATH", "")
    assert _own_name() == str(PROGRAM)
    (tmp_path / "relab").symlink_to(PROGRAM)
    monkeypatch.setenv("PATH", f"{tmp_path}:{PROGRAM.parent}")
    assert _own_name() == "relab"


async def test_commands_of_the_text_name_the_program_by_its_path(opened: Opener) -> None:
    async with opened(relab="/opt/lab/relab") as pilot:
        relab(pilot).turn_to("1.10")
        await settle(pilot)
        commands = [box.line.text for box in pilot.app.screen.query(CommandBox)]
        own = [command for command in commands if "relab check" in command]
        assert own
        assert all(command.startswith("/opt/lab/relab check") for command in own)


async def test_a_quoted_path_is_called_in_powershell(opened: Opener) -> None:
    async with opened(relab="'/opt/my lab/relab'", shell=Shell.POWERSHELL) as pilot:
        view = relab(pilot).view
        assert view.command("relab check") == "& '/opt/my lab/relab' check"
        assert view.command("kubectl get relab x") == "kubectl get relab x"


async def test_the_way_to_the_sandbox_is_first_at_the_start_and_last_later(
    opened: Opener,
) -> None:
    async with opened("80x24", sandbox=True) as pilot:
        relab(pilot).dispatch(HelperUp("sandbox"))
        for step, place in (("0.1", 0), ("0.3", 0), ("1.1", -1), ("3.6", -1)):
            relab(pilot).turn_to(step)
            await settle(pilot)
            offered = lab_screen(pilot)._panel.lines[place].text
            assert offered == 'eval "$(relab sandbox env --tenant 07)"'
            assert place or offered in text(pilot)


async def test_a_sandbox_that_was_stopped_is_told_with_its_command(opened: Opener) -> None:
    async with opened(sandbox=True, language=Language.KO, relab="/opt/lab/relab") as pilot:
        stopped = Trouble("sandbox is not running", "profile", "relab sandbox up", 4)
        relab(pilot).dispatch(stopped)
        await settle(pilot)
        assert "샌드박스가 꺼져서" in text(pilot)
        assert lab_screen(pilot)._panel.lines[0].text == "/opt/lab/relab sandbox up"


async def test_a_sandbox_started_anew_is_told_when_the_lab_goes_on(opened: Opener) -> None:
    async with opened(sandbox=True, language=Language.EN) as pilot:
        relab(pilot).dispatch(HelperUp("sandbox", anew=True))
        await settle(pilot)
        assert "started anew" not in text(pilot)
    async with opened(sandbox=True, language=Language.EN) as again:
        relab(again).dispatch(HelperUp("sandbox", anew=True))
        await settle(again)
        assert "started anew" in text(again)


async def test_a_notice_covers_nothing_and_the_next_takes_its_place(opened: Opener) -> None:
    async with opened("80x24", language=Language.KO) as pilot:
        before = lines(pilot)
        await pilot.press("f9")
        await settle(pilot)
        assert lines(pilot)[1:-1] == before[1:-1]
        assert "시계를 멈췄습니다. F9를 누르면 다시 갑니다." in lines(pilot)[-1]
        await pilot.press("f9")
        await settle(pilot)
        assert "시계가 다시 갑니다." in lines(pilot)[-1]
        relab(pilot).notices.hush()
        await settle(pilot)
        assert lines(pilot)[1:] == before[1:]


async def test_a_long_notice_is_shown_in_full(opened: Opener) -> None:
    async with opened("80x24", language=Language.KO) as pilot:
        relab(pilot).notice("notice.journal", reason="x" * 60)
        await settle(pilot)
        shown = "".join(line.strip() for line in lines(pilot)[-3:])
        assert relab(pilot).view.notice.replace(" ", "") in shown.replace(" ", "")
