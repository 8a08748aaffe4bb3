"""All numbers at once, in columns; one is under the cursor."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from relab.text import pad

_GAP = 2


class Numbers(Widget, can_focus=True):
    """Arrow keys move, Enter or a click chooses."""

    BINDINGS = [  # noqa: RUF012 - Textual's own declaration
        ("up", "move(-1)"),
        ("down", "move(1)"),
        ("left", "jump(-1)"),
        ("right", "jump(1)"),
        ("enter", "choose"),
    ]

    @dataclass
    class Chosen(Message):
        """The person chose `number`."""

        number: str

    def __init__(self) -> None:
        super().__init__(id="numbers")
        self.numbers: Sequence[str] = ()
        self._words: Sequence[str] = ()
        self._cursor = 0

    def show(self, numbers: Sequence[str], words: Sequence[str]) -> None:
        """Draw `words`, one for each of `numbers`."""
        self.numbers, self._words = numbers, words
        self._cursor = min(self._cursor, len(numbers) - 1)
        self.refresh(layout=True)

    @property
    def _cell(self) -> int:
        return max(map(cell_len, self._words), default=1) + _GAP

    def _rows(self, width: int) -> int:
        columns = max(width // self._cell, 1)
        return -(-len(self._words) // columns)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the rows that all numbers take at `width`."""
        del container, viewport
        return self._rows(width)

    def render(self) -> Text:
        """Return the columns, read from top to bottom."""
        rows = self._rows(self.content_size.width)
        lines = []
        for row in range(rows):
            line = Text(no_wrap=True)
            for at in range(row, len(self._words), rows):
                ink = "reverse" if at == self._cursor else ""
                line.append(self._words[at], ink).append(pad("", self._room(at)))
            lines.append(line)
        return Text("\n").join(lines)

    def _room(self, at: int) -> int:
        return self._cell - cell_len(self._words[at])

    def action_move(self, by: int) -> None:
        """Move the cursor by one number."""
        self._cursor = min(max(self._cursor + by, 0), len(self.numbers) - 1)
        self.refresh()

    def action_jump(self, by: int) -> None:
        """Move the cursor by one column, where there is one."""
        to = self._cursor + by * self._rows(self.content_size.width)
        if 0 <= to < len(self.numbers):
            self.action_move(to - self._cursor)

    def action_choose(self) -> None:
        """Choose the number under the cursor."""
        self.post_message(self.Chosen(self.numbers[self._cursor]))

    def on_click(self, event: events.Click) -> None:
        """Choose the number that was clicked."""
        spot = event.get_content_offset(self)
        if spot is None:
            return
        at = spot.x // self._cell * self._rows(self.content_size.width) + spot.y
        if at < len(self.numbers):
            self._cursor = at
            self.action_choose()
