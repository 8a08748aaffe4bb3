"""Sheets that ask before something is done: fields to fill, or a word to type."""

from collections.abc import Iterable
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from tui.screens.base import Shown
from tui.view import View

Answer = TypeVar("Answer")


class Asking(Shown[Answer]):
    """Gives an answer, or None when it is closed."""

    BINDINGS: ClassVar = [
        ("escape", "close"),
        ("f7", "language"),
    ]
    AUTO_FOCUS = "Input"


class Filling(Asking[Answer]):
    """Fields, and a key to go on: `action_submit` gives what stands in them."""

    BINDINGS: ClassVar = [
        ("enter", "submit"),
        ("up", "app.focus_previous"),
        ("down", "app.focus_next"),
    ]

    def action_submit(self) -> None:
        """Give the answer."""
        raise NotImplementedError

    def on_input_submitted(self) -> None:
        """Give the answer, as Enter does outside of the fields."""
        self.action_submit()

    def fields(self, values: Iterable[tuple[str, str]], *, disabled: bool = False) -> ComposeResult:
        """Give a label and a line for each name with its value."""
        for name, value in values:
            yield Static(markup=False, id=f"label-{name}")
            yield Input(value, id=f"form-{name}", disabled=disabled)

    def typed(self, name: str) -> str:
        """Return what stands in the line of `name`."""
        return self.query_one(f"#form-{name}", Input).value.strip()

    def label(self, names: Iterable[str], words: str, view: View) -> None:
        """Draw the labels of `names`; their texts are called `words` and the name."""
        for name in names:
            self.query_one(f"#label-{name}", Static).update(view.say(f"{words}.{name}"))


class Typing(Asking[bool]):
    """Gives True when the person has typed what is asked for; Enter alone does nothing."""

    def compose(self) -> ComposeResult:
        """Give what would be done, and a line to type in."""
        with Vertical(classes="sheet"):
            yield Static(markup=False, id="sheet-title")
            yield Static(markup=False, id="sure-about")
            yield Input(id="sure-word")
            yield Static(markup=False, id="sheet-help")

    def agrees(self, typed: str) -> bool:
        """Tell whether `typed` is what is asked for."""
        raise NotImplementedError

    def not_yet(self) -> None:
        """Say what is missing."""
        raise NotImplementedError

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on when it was typed."""
        if self.agrees(event.value):
            # What was said to be missing is not missing any more.
            self.relab.notices.hush()
            self.dismiss(True)
        else:
            self.not_yet()
