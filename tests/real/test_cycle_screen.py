"""The cycle's screen with relab's own commands and the real aws-nuke, up to the gate."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from relab.cycle.model import Stage
from relab.events import GateLooked, StageEnded
from relab.languages import Language
from relab.sandbox.session import Session
from tests.real.nuke_world import ALIAS, World, world
from tests.tui.conftest import Opener, opened, relab, settle
from tests.tui.hands import press
from tests.tui.test_restore_real import profile_of
from tests.tui.test_snapshots_real import seen
from tui import journal
from tui.cycle_moves import Page
from tui.cycle_state import Offer
from tui.screens.cycle_ask import Wipe

pytestmark = pytest.mark.timeout(900)
__all__ = ["opened"]
BUCKET = "mlops-training-user07"


@pytest.fixture
def made(changeable: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Give a world that the screen's own programs find, too."""
    with world(changeable, tmp_path) as found:
        for name, value in found.env.items():
            if name not in {"HOME", "XDG_STATE_HOME"}:
                monkeypatch.setenv(name, value)
        monkeypatch.setenv("RELAB_PROFILE", profile_of(changeable))
        yield found


async def over(pilot: Pilot[Any]) -> None:
    """Wait until the cycle's process has ended; the test's own limit is the only one."""
    while relab(pilot).desks.cycle.cycle.is_running:
        await asyncio.sleep(0.2)
        await pilot.pause()
    await settle(pilot)


async def test_up_to_the_gate_nothing_is_wiped_and_the_proof_is_shown(
    opened: Opener, made: World
) -> None:
    before = made.buckets()
    profile = profile_of(made.sandbox)
    async with opened("80x24", language=Language.EN, profile=profile) as pilot:
        desk = relab(pilot).desks.cycle
        desk.live = relab(pilot).desks.vault.live = True
        await press(pilot, "d", "5")
        await seen(pilot, "It stops at the gate")
        await press(pilot, "enter", *"one", "enter")
        await over(pilot)
        run, proof = desk.cycle.run, desk.cycle.proof
        assert run is not None
        assert proof is not None
        assert (run.code, desk.cycle.offer, proof.refusals) == (0, Offer.WIPE, ()), run.words
        assert len(proof.forecast.doomed) == run.ends[Stage.GATE].facts["doomed"] > 1000
        await seen(pilot, "The gate lets it through")
        await press(pilot, "f2")
        assert isinstance(pilot.app.screen, Wipe)
        await seen(pilot, made.sandbox.profile.aws.account, ALIAS, "snapshot: one")
        await press(pilot, "enter", "escape")
        assert desk.cycle.offer is Offer.WIPE
        made.client("s3").put_object(Bucket=BUCKET, Key="came-later", Body=b"new")
        await press(pilot, "f5")
        await over(pilot)
        assert (desk.cycle.page, desk.cycle.offer) == (Page.PROOF, Offer.GATE)
        await seen(pilot, "The gate refuses", "came-later", "--accept-loss s3.object")
        await press(pilot, "f3", *"s3.object", "enter")
        await over(pilot)
        assert desk.cycle.offer is Offer.WIPE
        await seen(pilot, "all but the accepted losses can come back")
    assert made.buckets() == before
    _goes_on()


def _goes_on() -> None:
    """Look into the session's file and the cycle that is left to be gone on with."""
    [file] = journal.folder().glob("*.jsonl")
    written = list(journal.read(file))
    ends = [one.stage for one in written if isinstance(one, StageEnded)]
    assert ends == ["save", "verify", "gate", "gate", "gate"]
    assert sum(isinstance(one, GateLooked) for one in written) == 3
    command = [sys.executable, "-m", "relab", "cycle", "--unfinished", "--json"]
    told = subprocess.run(command, capture_output=True, check=True)
    book = json.loads(told.stdout)["cycle"]
    assert (book["snapshot"], book["wiping"]) == ("one", False)
    assert book["accepted"] == ["s3.object"]
