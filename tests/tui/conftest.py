"""Screens without a terminal: sizes, a still clock, and their text compared with files.

Run with UPDATE_SCREENS=1 to write the files anew.
"""

import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from relab.languages import Language
from tests.tui.world import AT
from tui import app as application
from tui import session
from tui.app import RelabApp
from tui.options import Options
from tui.screens import watching
from tui.screens.lab import LabScreen

SCREENS = Path(__file__).parent / "screens"
UPDATE = "UPDATE_SCREENS" in os.environ
SIZES = {"80x24": (80, 24), "120x36": (120, 36)}
STILL = AT.format(0)
VALUES = {
    "user": "user07",
    "namespace": "kubeflow-user07",
    "profile": "profile-user07",
    "owner": "user07@mlops.local",
    "bucket": "mlops-training-user07",
    "repository": "mlops-training/user07",
    "cpu": "8",
    "memory": "16Gi",
    "other_namespace": "kubeflow-user08",
    "account": "123456789012",
    "region": "ap-northeast-2",
    "cluster": "mlops-training-cluster",
}
OPTIONS = Options(tenant="07", live=False, sandbox=False, language=Language.KO)

Opener = Callable[..., AbstractAsyncContextManager[Pilot[Any]]]


@pytest.fixture(autouse=True)
def _still_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make every moment the same one, read in UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(application, "now", lambda: STILL)
    monkeypatch.setattr(session, "_now", lambda: STILL)
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def still_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock of what is watched stand at the 12th second of the cycle."""
    monkeypatch.setattr(watching, "steady", lambda: 112.0)


@pytest.fixture
def opened() -> Opener:
    """Give a function that opens the lab in a screen of some size."""

    @asynccontextmanager
    async def _open(size: str = "120x36", **changes: Any) -> AsyncIterator[Pilot[Any]]:
        app = RelabApp(replace(OPTIONS, **changes))
        async with app.run_test(size=SIZES[size]) as pilot:
            await settle(pilot)
            app.notices.hush()
            await settle(pilot)
            yield pilot

    return _open


def relab(pilot: Pilot[Any]) -> RelabApp:
    """Return the application of `pilot`, by its own type."""
    assert isinstance(pilot.app, RelabApp)
    return pilot.app


def lab_screen(pilot: Pilot[Any]) -> LabScreen:
    """Return the lab's screen, which is on top."""
    assert isinstance(pilot.app.screen, LabScreen)
    return pilot.app.screen


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until everything that was asked for is drawn."""
    for _ in range(4):
        await pilot.pause()


def lines(pilot: Pilot[Any]) -> list[str]:
    """Return what the screen shows, line by line."""
    strips = pilot.app.screen._compositor.render_strips()
    return [strip.text.rstrip() for strip in strips]


def text(pilot: Pilot[Any]) -> str:
    """Return what the screen shows."""
    return "\n".join(lines(pilot)) + "\n"


def same_as_file(pilot: Pilot[Any], name: str) -> None:
    """Compare the screen with its file."""
    path = SCREENS / f"{name}.txt"
    if UPDATE:
        path.write_text(text(pilot), "utf-8")
    assert text(pilot) == path.read_text("utf-8"), f"differs from {path.name}; UPDATE_SCREENS=1"
