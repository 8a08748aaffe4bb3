"""What all screens have in common: they are told of a new view, and may be too small to draw."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from textual.screen import Screen

from tui.actions import Action
from tui.view import View
from tui.widgets.command import Line

if TYPE_CHECKING:
    from tui.app import RelabApp

Answer = TypeVar("Answer")


class Shown(Screen[Answer], Generic[Answer]):
    """A screen that draws a `View`; `offers` is what can be found by name while it is on top.

    `pane` is what its help is about, and by which its texts are found.
    """

    offers: ClassVar[Sequence[Action]] = ()
    pane: ClassVar[str] = ""

    @property
    def relab(self) -> "RelabApp":
        """The application, by its own type."""
        return cast("RelabApp", self.app)

    def show(self, view: View) -> None:
        """Draw `view`; called at the start and after each change."""
        raise NotImplementedError

    async def run_named(self, name: str | None) -> None:
        """Run the action called `name`, if any, where the focus is."""
        for action in self.offers:
            if action.name == name:
                await self.app.run_action(action.method, self.focused or self)

    def copy_line(self, lines: Sequence[Line], number: int) -> None:
        """Copy the command of `lines` that is called `number`."""
        text = next((line.text for line in lines if line.number == number), None)
        if text is None:
            self.relab.notice("notice.no-command", number=number)
        else:
            self.relab.copy(text)

    def action_close(self) -> None:
        """Give nothing."""
        self.dismiss(None)

    def action_language(self) -> None:
        """Read the other language."""
        self.relab.switch_language()

    def action_command_palette(self) -> None:
        """Find any action by name."""
        self.relab.action_command_palette()

    def action_help(self) -> None:
        """List the keys, and run what is chosen."""
        self.help_with(self.pane)

    def help_with(self, pane: str) -> None:
        """List the keys of `pane`, and run what is chosen."""
        from tui.screens.help import Help

        self.app.push_screen(Help(pane, self.relab.view), self.run_named)

    def action_cycle(self) -> None:
        """Go from one cohort to the next: save, wipe with proof, restore, check."""
        from tui.screens.cycle import Cycle

        self.app.push_screen(Cycle())

    def on_mount(self) -> None:
        """Draw for the first time."""
        self.show(self.relab.view)
