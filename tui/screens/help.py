"""The keys of the focused pane: searchable, and each can be run."""

from operator import itemgetter
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from relab.text import pad
from tui import actions
from tui.actions import Action
from tui.view import View

_KEYS_WIDTH = 16


class Help(ModalScreen[str]):
    """Gives the name of the action to run, or an empty string."""

    BINDINGS: ClassVar = [
        ("escape", "close"),
        ("f1", "close"),
        ("down", "move(1)"),
        ("up", "move(-1)"),
    ]

    def __init__(self, pane: str, view: View) -> None:
        super().__init__()
        self._pane = pane
        self._view = view

    def compose(self) -> ComposeResult:
        """Give the search line and the list."""
        view = self._view
        title = view.say("help.title", pane=view.say(f"help.pane-{self._pane}"))
        with Vertical(classes="sheet"):
            yield Static(Text(title, "bold"), markup=False)
            yield Input(placeholder=view.say("help.search"))
            yield OptionList(markup=False)

    def on_mount(self) -> None:
        """List everything first."""
        self.query_one(OptionList).can_focus = False
        self._list("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """List what matches."""
        self._list(event.value)

    def _list(self, wanted: str) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        for action in self._matching(wanted.casefold()):
            keys = self._view.plain(action.shown_keys)
            words = self._view.say(f"action.{action.name}")
            line = Text.assemble((pad(keys, _KEYS_WIDTH), "bold"), words)
            options.add_option(Option(line, id=action.name))
        options.highlighted = 0 if options.option_count else None

    def _matching(self, wanted: str) -> list[Action]:
        """Return the actions whose words, name or keys hold `wanted`, the earliest match first."""
        found: list[tuple[int, Action]] = []
        for action in actions.of_pane(self._pane):
            words = self._view.say(f"action.{action.name}")
            at = f"{words} {action.name} {action.shown_keys}".casefold().find(wanted)
            found += [(at, action)] if at >= 0 else []
        return [action for _, action in sorted(found, key=itemgetter(0))]

    def on_input_submitted(self) -> None:
        """Run the action under the cursor."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            self.dismiss(str(options.get_option_at_index(options.highlighted).id))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Run the action that was clicked."""
        self.dismiss(str(event.option.id))

    def action_move(self, by: int) -> None:
        """Move the cursor while the search line keeps the focus."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            options.highlighted = (options.highlighted + by) % options.option_count

    def action_close(self) -> None:
        """Run nothing."""
        self.dismiss("")
