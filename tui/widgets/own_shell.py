"""How a terminal of one's own reaches the practice sandbox."""

from textual.containers import Vertical
from textual.widgets import Static

from tui.moves import Shell
from tui.view import View
from tui.widgets.command import CommandBox, Line

_COMMANDS = {
    Shell.SH: 'eval "$({relab} sandbox env --tenant {tenant})"',
    Shell.POWERSHELL: "{relab} sandbox env --tenant {tenant} --shell powershell"
    " | Out-String | Invoke-Expression",
}


def line(view: View, number: int) -> Line | None:
    """Return the command to copy; None while there is no sandbox to reach."""
    if not (view.sandbox and "sandbox" in view.state.now.up):
        return None
    command = _COMMANDS[view.shell].format(relab=view.own, tenant=view.state.tenant)
    return Line(number, command)


def is_first(view: View) -> bool:
    """Tell whether the command goes before the checks: in the section that prepares terminals."""
    return view.lab.section_of(view.step) == view.lab.sections[0]


class Offer(Vertical):
    """Words and the command they offer, or nothing."""

    def __init__(self) -> None:
        super().__init__(classes="offer")
        self._drawn: object = None
        self.display = False

    def show(self, words: str, command: Line | None, view: View) -> None:
        """Draw `words` over `command`."""
        self.display = command is not None
        if (words, command) != self._drawn and self.is_attached:
            self._drawn = (words, command)
            self.remove_children()
            if command:
                self.mount_all([Static(words, markup=False), CommandBox(command)])
        for box in self.query(CommandBox):
            box.show(view)
