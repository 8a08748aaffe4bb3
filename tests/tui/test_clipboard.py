"""Copying: every way that applies is tried, and what worked is told."""

import base64
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from relab.languages import Language
from relab.paths import state_dir
from tests.tui.conftest import VALUES, Opener, lab_screen, relab, settle, text
from tui import clipboard
from tui.clipboard import CopyReport, copy, programs
from tui.moves import Named


def program(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder that is all of PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    return tmp_path


async def test_a_program_that_took_the_text_is_named(tools: Path) -> None:
    program(tools, "wl-copy", f"cat > {tools}/taken")
    report = await copy("kubectl get pods # 한글", {"WAYLAND_DISPLAY": "wayland-0"})
    assert report == CopyReport(("wl-copy",), state_dir() / "clipboard.txt")
    assert (tools / "taken").read_text("utf-8") == "kubectl get pods # 한글"


async def test_a_program_that_fails_or_hangs_is_not_named(
    tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard, "_SECONDS", 0.2)
    for body in ("exit 1", "exec sleep 60"):
        program(tools, "wl-copy", body)
        assert (await copy("x", {"WAYLAND_DISPLAY": "wayland-0"})).programs == ()


async def test_the_file_is_always_written_for_its_owner_only() -> None:
    report = await copy("line 1\nline 2", {})
    assert report.file is not None
    assert report.file.read_text("utf-8") == "line 1\nline 2\n"
    assert stat.S_IMODE(report.file.stat().st_mode) == 0o600


async def test_a_home_that_cannot_be_written_costs_only_the_file() -> None:
    blocked = state_dir()
    blocked.parent.mkdir(parents=True)
    blocked.write_text("")
    assert await copy("x", {}) == CopyReport((), None)


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("darwin", {}, ["pbcopy"]),
        ("win32", {}, ["clip.exe"]),
        ("linux", {"WSL_DISTRO_NAME": "Ubuntu"}, ["clip.exe"]),
        ("linux", {"WAYLAND_DISPLAY": "w"}, ["wl-copy"]),
        ("linux", {"DISPLAY": ":0"}, ["xclip"]),
        ("linux", {"DISPLAY": ":10", "SSH_TTY": "/dev/pts/1"}, []),
        ("linux", {"TMUX": "x"}, ["tmux"]),
        ("linux", {}, []),
    ],
)
def test_each_desktop_has_its_program(
    tools: Path, platform: str, environ: dict[str, str], expected: list[str]
) -> None:
    for name in ("pbcopy", "clip.exe", "wl-copy", "xclip", "tmux"):
        program(tools, name, "cat >/dev/null")
    assert [command[0] for command in programs(environ, platform)] == expected


class Written:
    """What the application sent to the terminal itself."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pilot: Any) -> None:
        self.text = ""
        monkeypatch.setattr(pilot.app._driver, "write", self._take)

    def _take(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("key", ["1", "enter"])
async def test_one_key_copies_a_command_whole(
    opened: Opener, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    async with opened(language=Language.EN) as pilot:
        written = Written(monkeypatch, pilot)
        await pilot.press(key)
        await pilot.pause(0.3)
        command = "aws --version\nkubectl version --client\ngit --version"
        osc52 = f"\x1b]52;c;{base64.b64encode(command.encode()).decode()}\a"
        assert osc52 in written.text
        assert (state_dir() / "clipboard.txt").read_text("utf-8") == f"{command}\n"
        assert "copied" in text(pilot)
        assert command in relab(pilot).view.state.copied


async def test_enter_goes_on_to_the_next_command(opened: Opener) -> None:
    async with opened() as pilot:
        for expected in (1, 2):
            await pilot.press("enter")
            await pilot.pause(0.3)
            assert len(relab(pilot).view.state.copied) == expected


async def test_a_click_copies_a_command(opened: Opener) -> None:
    async with opened() as pilot:
        await pilot.click("CommandBox")
        await pilot.pause(0.3)
        assert len(relab(pilot).view.state.copied) == 1


async def test_a_wrapped_command_is_copied_unwrapped(opened: Opener) -> None:
    async with opened("80x24") as pilot:
        relab(pilot).dispatch(Named(("07",), VALUES))
        relab(pilot).turn_to("0.4")
        await settle(pilot)
        await pilot.press("1")
        await pilot.pause(0.3)
        copied = (state_dir() / "clipboard.txt").read_text("utf-8").rstrip("\n")
        assert copied in {line.text for line in lab_screen(pilot)._page.lines}


async def test_a_number_without_a_command_says_so(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        await pilot.press("9")
        await settle(pilot)
        assert "No command has number 9" in text(pilot)


async def test_what_worked_is_told(
    opened: Opener, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tools, "wl-copy", "cat >/dev/null")
    async with opened(language=Language.EN) as pilot:
        await pilot.press("1")
        await pilot.pause(0.5)
        assert "clipboard.txt" in text(pilot)
        relab(pilot).clear_notifications()
        monkeypatch.setitem(os.environ, "WAYLAND_DISPLAY", "wayland-0")
        await pilot.press("1")
        await pilot.pause(0.5)
        assert "Copied by wl-copy" in text(pilot)


async def test_a_command_whose_names_are_not_known_yet_is_not_copied(opened: Opener) -> None:
    async with opened(language=Language.EN) as pilot:
        relab(pilot).turn_to("1.1")
        await settle(pilot)
        await pilot.press("1")
        await settle(pilot)
        assert "names are still being read" in text(pilot)
        assert not (state_dir() / "clipboard.txt").exists()
