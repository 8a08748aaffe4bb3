"""The snapshots screen with relab's own commands, a real vault and a running sandbox."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from relab.languages import Language
from relab.sandbox.session import Session
from snapshot.vault.vault import Vault
from tests.tui.conftest import Opener, relab, settle, text
from tests.tui.hands import press
from tests.vault.world import CANARY, save_all, world
from tui.screens.snapshots_ask import Document
from tui.vault_moves import Ask, Order, Tab
from tui.vault_save import Save

PATIENCE = 150.0


async def until(pilot: Pilot[Any], happened: Callable[[], object], what: str) -> None:
    """Wait until `happened`; what is on the screen is told when it never does."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, f"{what} never came:\n{text(pilot)}"
        await asyncio.sleep(0.05)
        await pilot.pause()
    await settle(pilot)


async def seen(pilot: Pilot[Any], *words: str) -> None:
    """Wait until `words` are on the screen."""
    await until(pilot, lambda: all(word in text(pilot) for word in words), str(words))


@pytest.fixture
def place(vault: Vault, key_path: Any, monkeypatch: pytest.MonkeyPatch) -> Vault:
    """Let programs find the test's empty vault and its key."""
    monkeypatch.setenv("RELAB_VAULT", vault.where)
    monkeypatch.setenv("RELAB_VAULT_KEY", str(key_path))
    return vault


async def look(pilot: Pilot[Any]) -> None:
    relab(pilot).desks.vault.live = True
    await press(pilot, "d")


async def test_a_vault_is_looked_through(opened: Opener, place: Vault) -> None:
    save_all(place, "one", world(2, 2, 3))
    save_all(place, "two", world(2, 2, 4))
    async with opened("80x24", language=Language.EN) as pilot:
        await look(pilot)
        await seen(pilot, "complete · two", "16 items", "complete · one", "12 items")
        await press(pilot, "enter")
        await seen(pilot, "user01", "user02")
        await press(pilot, "enter")
        await seen(pilot, "aws made.type0")
        await press(pilot, "down", "enter")
        await seen(pilot, "01-0", "01-3")
        await press(pilot, "down", "enter")
        await seen(pilot, "key: 01-0", "$sealed", "2 values sealed")
        assert isinstance(pilot.app.screen, Document)
        assert CANARY not in text(pilot)
        await press(pilot, "q", "2")
        await seen(pilot, "0 gaps in 4 lines", "captured 4")
        await press(pilot, "f3", "enter")
        await seen(pilot, "from one to two", "+ 4 added", "made.type1 02-3")


async def test_a_snapshot_is_pinned_and_verified(opened: Opener, place: Vault) -> None:
    save_all(place, "one", world(1, 1, 2))
    async with opened(language=Language.EN) as pilot:
        await look(pilot)
        await seen(pilot, "complete · one", "not verified")
        await press(pilot, "p")
        await seen(pilot, "pinned")
        await press(pilot, "v")
        await seen(pilot, "Verified, all as it was saved", "deep-verified")
    found = place.reader().snapshot("one")
    assert found.pinned
    assert found.verified_deep


async def test_without_a_vault_it_says_how_to_make_one(
    opened: Opener, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("RELAB_VAULT", str(tmp_path / "nowhere"))
    async with opened("80x24", language=Language.EN) as pilot:
        await look(pilot)
        await seen(pilot, "There is no vault yet", "relab vault init")
        await press(pilot, "enter")
        await until(pilot, lambda: relab(pilot).session.state.copied, "the command")
        assert relab(pilot).session.state.copied == {"relab vault init"}


async def test_a_name_no_command_line_can_hold_is_told(opened: Opener, place: Vault) -> None:
    save_all(place, "one", world(1, 1, 1))
    async with opened(language=Language.EN) as pilot:
        await look(pilot)
        await seen(pilot, "complete · one")
        relab(pilot).desks.vault.ask(Ask.DOCUMENT, "one", "aws:t:r:nul\x00nul")
        await seen(pilot, "Failed: embedded null byte")


def save_of(pilot: Pilot[Any]) -> Save:
    found = relab(pilot).desks.vault.vault.save
    assert found is not None
    return found


@pytest.fixture
def cloud(sandbox: Session, place: Vault, monkeypatch: pytest.MonkeyPatch) -> Vault:
    """Let programs speak to the sandbox, too."""
    for name, value in sandbox.env().items():
        if name not in {"HOME", "RELAB_VAULT", "RELAB_VAULT_KEY"}:
            monkeypatch.setenv(name, value)
    return place


async def test_a_save_is_watched_live(opened: Opener, cloud: Vault) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        await look(pilot)
        await seen(pilot, "No snapshots yet")
        await press(pilot, "f2", *["backspace"] * 40, *"mine", "down", *["backspace"] * 3, *"07")
        await press(pilot, "tab", *"s3.*", "tab", "space", "enter")
        assert save_of(pilot).order == Order("mine", "07", ("s3.*",), data=False)
        await seen(pilot, "account 123456789012")
        await until(pilot, lambda: save_of(pilot).pace.done, "a unit")
        await until(pilot, lambda: not save_of(pilot).is_running, "the end")
        assert save_of(pilot).pace.finished is not None
        await seen(pilot, "Press 1 to see")
        await press(pilot, "1")
        await seen(pilot, "user07")
        assert relab(pilot).desks.vault.vault.chosen == "mine"
    found = cloud.reader().snapshot("mine")
    assert found.items
    assert found.scope["data"] is False


async def test_a_save_is_stopped_and_gone_on_with(opened: Opener, cloud: Vault) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        await look(pilot)
        relab(pilot).desks.vault.save(Order("mine", data=False))
        await press(pilot, "4")
        await until(pilot, lambda: save_of(pilot).pace.items > 20, "a few items")
        await press(pilot, "x")
        await until(pilot, lambda: not save_of(pilot).is_running, "the end")
        assert save_of(pilot).was_cancelled, save_of(pilot).words
        assert save_of(pilot).is_resumable
        assert cloud.writer() is None
        assert [one.name for one in cloud.reader().unfinished()] == ["mine"]
        await press(pilot, "escape")
        await seen(pilot, "unfinished · mine")
        await press(pilot, "home", "enter")
        await seen(pilot, "Go on with a save")
        await press(pilot, "enter")
        await until(pilot, lambda: not save_of(pilot).is_running, "the end")
        assert save_of(pilot).order.resume
        assert save_of(pilot).pace.finished is not None, save_of(pilot).words
        assert save_of(pilot).pace.reused
    assert [one.name for one in cloud.reader().snapshots()] == ["mine"]


async def test_a_save_goes_on_beside_the_lab_and_ends_with_it(opened: Opener, cloud: Vault) -> None:
    async with opened("80x24", language=Language.EN) as pilot:
        await look(pilot)
        relab(pilot).desks.vault.save(Order("mine", data=False))
        await until(pilot, lambda: save_of(pilot).pace.done > 1, "a unit")
        await press(pilot, "escape", "escape")
        done = save_of(pilot).pace.done
        await until(pilot, lambda: save_of(pilot).pace.done > done, "more units")
        await press(pilot, "d")
        await press(pilot, "4")
        await seen(pilot, "saving mine")
        assert relab(pilot).desks.vault.vault.tab is Tab.PROGRESS
    assert cloud.writer() is None
    assert [one.name for one in cloud.reader().unfinished()] == ["mine"]
