"""What the command palette offers: every action of the lab, by its name."""

from collections.abc import Callable, Iterator
from functools import partial

from textual.app import SystemCommand

from tui.actions import ACTIONS
from tui.view import View


def offered(view: View, run: Callable[[str], object]) -> Iterator[SystemCommand]:
    """Yield a command for each action, named in the view's language; `run` takes its name."""
    for action in ACTIONS:
        title = view.say(f"action.{action.name}")
        yield SystemCommand(title, action.shown_keys, partial(run, action.name))
