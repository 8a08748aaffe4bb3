"""How a terminal of one's own reaches the practice sandbox."""

from textual.containers import Vertical
from textual.widgets import Static

from tui.moves import Shell
from tui.view import View
from tui.widgets.command import CommandBox, Line

_COMMANDS = {
    Shell.SH: 'eval "$({relab} sandbox env --tenant {tenant})"',
    Shell.POWERSHELL: "& {relab} sandbox env --tenant {tenant} --shell powershell"
    " | Out-String | Invoke-Expression",
}


def line(view: View, number: int) -> Line | None:
    """Return the command to copy; None where it is not the time for it."""
    at_start = view.lab.section_of(view.step) == view.lab.sections[0]
    if not (view.sandbox and at_start and "sandbox" in view.state.now.up):
        return None
    command = _COMMANDS[view.shell].format(relab=view.relab, tenant=view.state.tenant)
    return Line(number, command)


class OwnShell(Vertical):
    """Shows the command, or nothing."""

    def __init__(self) -> None:
        super().__init__(id="own-shell")
        self._drawn: object = None

    def show(self, command: Line | None, view: View) -> None:
        """Draw `command`."""
        self.display = command is not None
        if (command, view.language) != self._drawn and self.is_attached:
            self._drawn = (command, view.language)
            self.remove_children()
            if command:
                self.mount_all([Static(view.say("panel.own-shell")), CommandBox(command)])
        for box in self.query(CommandBox):
            box.show(view)
