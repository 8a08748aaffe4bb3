"""What the command palette offers: every action of the screen, by its name."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from textual.app import SystemCommand

from tui.screens.base import Shown
from tui.view import View


def offered(view: View, screen: Shown[Any]) -> Iterator[SystemCommand]:
    """Yield a command for each action of `screen`, named in the view's language."""
    for action in screen.offers:
        title = view.say(f"action.{action.name}")
        yield SystemCommand(title, action.shown_keys, partial(screen.run_named, action.name))
