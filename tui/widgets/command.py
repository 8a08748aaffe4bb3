"""A command that wraps in full and is copied by one key or a click."""

from dataclasses import dataclass

from rich.table import Table as Grid
from rich.text import Text
from textual.message import Message
from textual.widgets import Static

from relab.lab.block import MARKS
from tui.view import View

LAST_DIGIT = 9


@dataclass(frozen=True, slots=True)
class Line:
    """A command to copy: its number on the screen, its text, and what to know before running it."""

    number: int
    text: str
    marks: tuple[str, ...] = ()


class CommandBox(Static):
    """Shows one command; a click copies it."""

    @dataclass
    class Chosen(Message):
        """The person wants `line` copied."""

        line: Line

    def __init__(self, line: Line) -> None:
        super().__init__(classes="command")
        self.line = line
        self._drawn: object = None

    def show(self, view: View) -> None:
        """Draw the command, ticked once it was copied."""
        copied = self.line.text in view.state.copied
        drawn = (self.line, copied, view.language, view.glyphs.ascii)
        if drawn != self._drawn:
            self._drawn = drawn
            self.set_class(copied, "-copied")
            self.update(self._grid(view, copied))

    def _grid(self, view: View, copied: bool) -> Grid:
        grid = Grid.grid(padding=(0, 1, 0, 0))
        grid.add_column(no_wrap=True, width=3)
        grid.add_column(overflow="fold")
        shown = str(self.line.number) if self.line.number <= LAST_DIGIT else " "
        badge = Text(f" {shown} ", "bold reverse")
        grid.add_row(badge, Text(view.plain(self.line.text), overflow="fold"))
        known = [view.say(f"mark.{mark}") for mark in self.line.marks if mark in MARKS]
        words = [*known, *([view.say("command.copied")] if copied else [])]
        if words:
            grid.add_row("", Text(view.glyphs.between.join(words), "dim italic"))
        return grid

    def on_click(self) -> None:
        """Ask for the command to be copied."""
        self.post_message(self.Chosen(self.line))
