"""The lab's outline: sections and steps with their marks and minutes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Region, Size
from textual.message import Message
from textual.widget import Widget

from relab.lab import Section, Step
from tui import actions, marks
from tui.view import View

MARK_INKS = {
    marks.Mark.PASS: "bold green",
    marks.Mark.SKIP: "dim",
    marks.Mark.READ: "dim green",
    marks.Mark.OPEN: "dim",
    marks.Mark.WARN: "bold yellow",
    marks.Mark.ERROR: "bold magenta",
    marks.Mark.REGRESSED: "bold red",
    marks.Mark.FAIL: "bold red",
}


@dataclass(frozen=True, slots=True)
class _Line:
    step: str
    words: Text
    minutes: str


class _List(Widget):
    """The lines, each cut to the width so that its minutes end at the right."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: Sequence[_Line] = ()
        self.overflow: Literal["crop", "ellipsis"] = "ellipsis"

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines."""
        del container, viewport, width
        return len(self.lines)

    def render(self) -> Text:
        """Return all lines."""
        return Text("\n", no_wrap=True).join(self._fitted(line) for line in self.lines)

    def _fitted(self, line: _Line) -> Text:
        words, room = line.words.copy(), self.content_size.width - cell_len(line.minutes) - 1
        words.truncate(max(room, 1), overflow=self.overflow, pad=True)
        return words.append(f" {line.minutes}", "dim")


class Outline(VerticalScroll, can_focus=True):
    """Lists sections and steps; the cursor moves over the steps."""

    BINDINGS = actions.bindings(actions.OUTLINE)

    @dataclass
    class Opened(Message):
        """The person turned to step `step`."""

        step: str

    def __init__(self) -> None:
        super().__init__(id=actions.OUTLINE)
        self._list = _List()
        self._view: View | None = None
        self._shown_step = ""
        self._cursor = ""
        self._rows: list[str] = []
        self._drawn = ""

    def compose(self) -> ComposeResult:
        """Give the list."""
        yield self._list

    def show(self, view: View) -> None:
        """Draw the outline of `view`."""
        self._view = view
        if view.step.id != self._shown_step:
            self._shown_step = self._cursor = view.step.id
        self._redraw()

    def action_move(self, by: int) -> None:
        """Move the cursor by so many steps."""
        steps = [row for row in self._rows if row]
        if self._cursor in steps:
            at = min(max(steps.index(self._cursor) + by, 0), len(steps) - 1)
            self._cursor = steps[at]
            self._redraw()

    def action_open(self) -> None:
        """Turn to the step under the cursor."""
        if self._cursor:
            self.post_message(self.Opened(self._cursor))

    def on_click(self, event: events.Click) -> None:
        """Turn to the step that was clicked."""
        row = event.get_content_offset(self._list)
        if row is not None and 0 <= row.y < len(self._rows) and self._rows[row.y]:
            self._cursor = self._rows[row.y]
            self.action_open()

    def on_focus(self) -> None:
        """Show the cursor."""
        self._redraw()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self._redraw()

    def _redraw(self) -> None:
        view = self._view
        if view is None:
            return
        self.border_title = view.say("outline.title")
        lines = list(self._lines(view))
        self._rows = [line.step for line in lines]
        drawn = repr([(line.words.plain, line.words.spans, line.minutes) for line in lines])
        if drawn != self._drawn:
            self._drawn = drawn
            self._list.lines, self._list.overflow = lines, view.overflow
            self._list.refresh(layout=True)
        if self._cursor in self._rows:
            row = self._rows.index(self._cursor)
            self.scroll_to_region(Region(0, row, 1, 1), center=True, animate=False)

    def _lines(self, view: View) -> Iterator[_Line]:
        for section in view.lab.sections:
            yield _section_line(view, section)
            yield from (self._step_line(view, step) for step in section.steps)

    def _step_line(self, view: View, step: Step) -> _Line:
        mark = marks.of_step(view.state, step)
        here = step.id == view.step.id
        words = Text(view.glyphs.here if here else " ")
        words.append(view.glyphs.marks[mark], MARK_INKS[mark])
        words.append(f" {step.id} {view.plain(step.title.say(view.language))}")
        if here:
            words.stylize("bold")
        if step.id == self._cursor and self.has_focus:
            words.stylize("reverse")
        return _Line(step.id, words, str(step.minutes or ""))


def _section_line(view: View, section: Section) -> _Line:
    mark = marks.of_section(view.state, section)
    words = Text.assemble((view.glyphs.marks[mark], MARK_INKS[mark]))
    words.append(f" {view.plain(section.title.say(view.language))}", "bold")
    minutes = f"{section.minutes}{view.say('unit.minutes')}" if section.minutes else ""
    return _Line("", words, minutes)
