"""The lab: outline, the step's text, and the live panel."""

from textual.app import ComposeResult
from textual.containers import Container

from tui import actions
from tui.actions import BY_NAME
from tui.screens.base import Shown
from tui.view import View
from tui.widgets.card import Card
from tui.widgets.command import CommandBox
from tui.widgets.header import Header
from tui.widgets.hints import Hints
from tui.widgets.outline import Outline
from tui.widgets.page import Page
from tui.widgets.panel import Panel

Pane = Outline | Page | Panel


class LabScreen(Shown[None]):
    """Walks through the lab; every action of `tui.actions` is a method here."""

    BINDINGS = actions.bindings(actions.ANYWHERE)
    AUTO_FOCUS = "Page"
    offers = actions.ACTIONS

    def __init__(self) -> None:
        super().__init__()
        self._header = Header()
        self._outline = Outline()
        self._page = Page(id=actions.PAGE)
        self._panel = Panel()
        self._hints = Hints()
        self._panes: tuple[Pane, ...] = (self._outline, self._page, self._panel)

    def compose(self) -> ComposeResult:
        """Give header, the three panes and the hints."""
        view = self.relab.view
        self._page.show(view)
        self._panel.show(view, len(self._page.lines) + 1)
        yield self._header
        with Container(id="panes"):
            yield from self._panes
        yield self._hints

    def show(self, view: View) -> None:
        """Draw `view` in every pane."""
        self.tick(view)
        self._outline.show(view)
        self._page.show(view)
        self._panel.show(view, len(self._page.lines) + 1)
        self._hints.show(view)

    def tick(self, view: View) -> None:
        """Draw what changes with time alone."""
        self._header.show(view)

    def on_resize(self) -> None:
        """Draw again what depends on the width."""
        self.show(self.relab.view)

    def action_turn(self, by: int) -> None:
        """Go so many steps on, or back; after the last one comes what follows."""
        view = self.relab.view
        steps = view.lab.steps
        to = steps.index(view.step) + by
        if 0 <= to < len(steps):
            self.relab.turn_to(steps[to].id)
        elif by > 0:
            self.relab.show_sheet("finish")
        else:
            self.relab.notice("notice.first-step")

    def on_outline_opened(self, event: Outline.Opened) -> None:
        """Turn to the step chosen in the outline."""
        self.relab.turn_to(event.step)
        self._focus_pane(self._page)

    def action_follow(self, target: str) -> None:
        """Follow a link of the text."""
        self.relab.follow(target)

    def _focus_pane(self, pane: Pane) -> None:
        self.set_class(pane is self._outline, "-drawer")
        zoomed = self.has_class("-zoomed")
        for each in self._panes:
            each.set_class(zoomed and each is not pane, "-hidden")
        self.set_focus(pane)

    def _focused_pane(self) -> Pane:
        return next((pane for pane in self._panes if pane is self.focused), self._page)

    def action_go(self, name: str) -> None:
        """Go to the pane called `name`, or back to the text when it has the focus already."""
        wanted = next(pane for pane in self._panes if pane.id == name)
        self._focus_pane(self._page if wanted is self.focused else wanted)

    def action_next_pane(self) -> None:
        """Go to the next pane that is in sight."""
        panes = [pane for pane in self._panes if pane is not self._outline or self._is_wide]
        focused = self._focused_pane()
        at = panes.index(focused) if focused in panes else -1
        self._focus_pane(panes[(at + 1) % len(panes)])

    @property
    def _is_wide(self) -> bool:
        return not self.has_class("-narrow")

    def action_zoom(self) -> None:
        """Make the focused pane full size, or small again."""
        self.toggle_class("-zoomed")
        self._focus_pane(self._focused_pane())

    def action_read_on(self) -> None:
        """Scroll the text on, and go to the next step at its end."""
        if self._page.at_end:
            self.action_turn(1)
        else:
            self._page.action_page_down()

    def on_card_clicked(self, event: Card.Clicked) -> None:
        """Show or hide the evidence of the check that was clicked."""
        self._panel.toggle(event.check)

    def action_copy_number(self, number: int) -> None:
        """Copy the command with this number, of the text or of a remedy."""
        self.copy_line((*self._page.lines, *self._panel.lines), number)

    def action_copy_next(self) -> None:
        """Copy the first command of the step that was not copied yet."""
        copied = self.relab.view.state.copied
        left = [line for line in self._page.lines if line.text not in copied]
        if left:
            self.relab.copy(left[0].text)
        else:
            self.relab.notice("notice.all-copied")

    def on_command_box_chosen(self, event: CommandBox.Chosen) -> None:
        """Copy the command that was clicked."""
        self.relab.copy(event.line.text)

    def action_recheck(self) -> None:
        """Check this step now; the whole lab when it has no checks."""
        self.relab.recheck(self.relab.view.step.checks)

    def action_check_all(self) -> None:
        """Check the whole lab now."""
        self.relab.recheck(())

    def action_shell(self) -> None:
        """Show the commands of the other shell."""
        self.relab.switch_shell()

    def action_pause(self) -> None:
        """Pause the clock, or let it go on."""
        self.relab.switch_clock()

    def action_sheet(self, name: str) -> None:
        """Lay a sheet over the lab."""
        self.relab.show_sheet(name)

    def action_snapshots(self) -> None:
        """Look at the snapshots of the vault."""
        from tui.screens.snapshots import Snapshots

        self.app.push_screen(Snapshots())

    def action_restore(self) -> None:
        """Choose a snapshot to restore."""
        self.action_snapshots()
        self.relab.notice("notice.choose-restore")

    def action_tenant(self) -> None:
        """Choose another number."""
        self.relab.whose.ask_another()

    def action_afresh(self) -> None:
        """Start the lab afresh."""
        self.relab.whose.open_afresh()

    def action_help(self) -> None:
        """List the keys of the focused pane, and run what is chosen."""
        self.help_with(str(self._focused_pane().id))

    async def run_named(self, name: str | None) -> None:
        """Run the action called `name`, if any."""
        if name:
            await self.app.run_action(BY_NAME[name].method, self._focused_pane())

    def action_quit(self) -> None:
        """Leave the lab."""
        self.relab.leave(0)
