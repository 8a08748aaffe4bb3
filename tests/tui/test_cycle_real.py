"""The cycle's screen with relab's own commands, a real vault and a running sandbox."""

import os
import signal

import pytest

from relab.cycle.model import Stage
from relab.events import CycleStarted, StageEnded, StageStarted
from relab.languages import Language
from relab.sandbox.session import Session
from snapshot.vault.vault import Vault
from tests.tui.conftest import Opener, relab
from tests.tui.hands import press
from tests.tui.test_restore_real import cloud, place, profile_of
from tests.tui.test_snapshots_real import seen, until
from tui import journal
from tui.cycle_state import Offer

__all__ = ["cloud", "place"]


@pytest.mark.timeout(600)
async def test_a_stopped_cycle_is_kept_and_offered(opened: Opener, cloud: Session) -> None:
    profile = profile_of(cloud)
    async with opened("80x24", language=Language.EN, profile=profile) as pilot:
        desk = relab(pilot).desks.cycle
        desk.live = True
        await press(pilot, "d", "5")
        await seen(pilot, "Enter or F2 begins")
        await press(pilot, "enter", *"one", "enter")
        await seen(pilot, "tasks")
        await press(pilot, "ctrl+c")
        await until(pilot, lambda: not desk.cycle.is_running, "the end")
        await seen(pilot, "stopped, unfinished", "Cut short", "relab cycle --resume")
        assert desk.is_left_over
        assert not desk.cycle.has_wiped
    async with opened("80x24", language=Language.EN, profile=profile) as pilot:
        desk = relab(pilot).desks.cycle
        desk.live = True
        await press(pilot, "d", "5")
        await seen(pilot, "A cycle is unfinished", "goes on up to the gate")
        assert (desk.cycle.offer, desk.cycle.snapshot) == (Offer.GATE, "one")
        await press(pilot, "enter")
        await seen(pilot, "tasks")
        assert desk.cycle.run is not None
        assert desk._running is not None
        assert desk._running.pid is not None
        os.kill(desk._running.pid, signal.SIGKILL)
        await seen(pilot, "✗ 1 save", "goes on up to the gate")
        assert desk.cycle.next is Stage.SAVE
    [file] = journal.folder().glob("*.jsonl")
    written = [type(event) for event in journal.read(file)]
    assert (written.count(CycleStarted), written.count(StageStarted)) == (2, 2)
    assert StageEnded not in written


async def test_an_account_without_an_alias_is_refused_before_anything_is_called(
    opened: Opener, place: Vault
) -> None:
    del place
    async with opened("80x24", language=Language.EN, profile="ha-mlops") as pilot:
        relab(pilot).desks.cycle.live = True
        await press(pilot, "d", "5")
        await seen(pilot, "Enter or F2 begins")
        await press(pilot, "enter", "enter")
        await seen(pilot, "✗ 1 save", "names no account alias", "set aws.alias")


async def test_without_a_vault_it_says_so(
    opened: Opener, place: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    del place
    monkeypatch.setenv("RELAB_VAULT", "/nowhere/vault")
    async with opened("80x24", language=Language.EN, profile="ha-mlops") as pilot:
        relab(pilot).desks.cycle.live = True
        await press(pilot, "d", "5")
        await seen(pilot, "No vault:", "relab vault init", "F5 asks again")
