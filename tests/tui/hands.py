"""What the tests of the screens do with their hands."""

from typing import Any

from textual.pilot import Pilot

from tests.tui.conftest import relab, settle


def step(pilot: Pilot[Any]) -> str:
    return str(relab(pilot).view.step.id)


def focus(pilot: Pilot[Any]) -> str:
    focused = pilot.app.focused
    return str(focused.id) if focused else ""


async def press(pilot: Pilot[Any], *keys: str) -> None:
    for key in keys:
        await pilot.press(key if key != " " else "space")
        await settle(pilot)
