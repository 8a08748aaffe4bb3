"""A command that wraps in full and is copied by one key or a click."""

from dataclasses import dataclass

from rich.text import Text
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from relab.lab.block import MARKS
from tui.fold import fold
from tui.view import View

LAST_DIGIT = 9
_BADGE = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A command to copy: its number on the screen, its text, and what to know before running it."""

    number: int
    text: str
    marks: tuple[str, ...] = ()


class CommandBox(Widget):
    """Shows one command; a click copies it."""

    @dataclass
    class Chosen(Message):
        """The person wants `line` copied."""

        line: Line

    def __init__(self, line: Line) -> None:
        super().__init__(classes="command")
        self.line = line
        self._text = line.text
        self._remarks = ""
        self._drawn: object = None

    def show(self, view: View) -> None:
        """Draw the command, ticked once it was copied."""
        copied = self.line.text in view.state.copied
        drawn = (copied, view.language, view.glyphs.ascii)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._text = view.plain(self.line.text)
        known = [view.say(f"mark.{mark}") for mark in self.line.marks if mark in MARKS]
        known += [view.say("command.copied")] if copied else []
        self._remarks = view.glyphs.between.join(known)
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the lines that the command and its remarks take at `width`."""
        del container, viewport
        return len(self._code(width)) + len(self._notes(width))

    def render(self) -> Text:
        """Return the badge, the folded command and the remarks."""
        width = self.content_size.width
        shown = str(self.line.number) if self.line.number <= LAST_DIGIT else " "
        text = Text.assemble((f" {shown} ", "bold reverse"), " ", no_wrap=True)
        text.append(f"\n{' ' * _BADGE}".join(self._code(width)))
        for note in self._notes(width):
            text.append(f"\n{' ' * _BADGE}{note}", "dim italic")
        return text

    def _code(self, width: int) -> list[str]:
        return list(fold(self._text, width - _BADGE))

    def _notes(self, width: int) -> list[str]:
        return list(fold(self._remarks, width - _BADGE)) if self._remarks else []

    def on_click(self) -> None:
        """Ask for the command to be copied."""
        self.post_message(self.Chosen(self.line))
