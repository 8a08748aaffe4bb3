"""Choose a number: typed directly, or with the arrow keys."""

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from tui.actions import BY_NAME, ON_PICKER, PICKER, bind
from tui.screens.base import Shown
from tui.view import View
from tui.widgets.numbers import Numbers

USUAL = (*(f"{number:02}" for number in range(1, 16)), "20")
INSTRUCTOR = "20"
_DIGITS = 2


class Picker(Shown[str]):
    """Gives the number that was chosen."""

    BINDINGS: ClassVar = [("escape", "cancel"), *bind(ON_PICKER)]
    pane = PICKER

    def __init__(self, *, leaving: bool) -> None:
        super().__init__()
        self._tenants = USUAL
        self._leaving = leaving
        self._typed = ""

    def compose(self) -> ComposeResult:
        """Give the question, the numbers and a line for what is typed."""
        with Vertical(id="picker"):
            yield Static(markup=False, id="picker-title")
            yield Numbers()
            yield Static(markup=False, id="typed")

    def show(self, view: View) -> None:
        """Draw the question in the language of `view`, and the roster as far as it is known."""
        self._tenants = view.state.tenants or self._tenants
        lab = view.plain(view.lab.title.say(view.language))
        title = Text.assemble((lab, "bold"), f"\n\n{view.say('picker.title')}")
        self.query_one("#picker-title", Static).update(title)
        numbers = self.query_one(Numbers)
        words = [
            view.say("picker.instructor", number=number) if number == INSTRUCTOR else number
            for number in self._tenants
        ]
        numbers.show(self._tenants, words)
        numbers.focus()
        self._say(view.say("picker.help"))

    def _say(self, words: str) -> None:
        self.query_one("#typed", Static).update(words)

    def on_key(self, event: events.Key) -> None:
        """Take digits; two of them choose."""
        if not (event.character or "").isdecimal():
            return
        event.stop()
        self._typed += str(int(event.character or "0"))
        view = self.relab.view
        if len(self._typed) < _DIGITS:
            self._say(f"{self._typed}_")
            return
        number, self._typed = self._typed, ""
        if number in self._tenants:
            self.dismiss(number)
            return
        numbers = ", ".join(self._tenants)
        self._say(view.say("picker.unknown", number=number, numbers=numbers))

    def on_numbers_chosen(self, event: Numbers.Chosen) -> None:
        """Choose the number under the cursor."""
        self.dismiss(event.number)

    async def run_named(self, name: str | None) -> None:
        """Run the action called `name`, if any."""
        if name:
            await self.app.run_action(BY_NAME[name].method, self)

    def action_quit(self) -> None:
        """Leave relab."""
        self.relab.leave(0)

    def action_cancel(self) -> None:
        """Leave everything as it is, where there is something to go back to."""
        if self._leaving:
            self.app.exit(0)
        else:
            self.dismiss(self.relab.view.state.tenant)
