"""A list of any length: only the rows in sight are ever drawn."""

from bisect import bisect_right
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from rich.text import Text
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui import actions
from tui.view import View

_MARK = 2


class Source:
    """Rows to show; each takes one line unless `tall`."""

    tall = False

    def __len__(self) -> int:
        """Return the number of rows."""
        raise NotImplementedError

    def draw(self, row: int, width: int) -> Sequence[Text]:
        """Return the lines of `row`, each at most `width` cells where nothing may be cut."""
        raise NotImplementedError

    def height(self, row: int, width: int) -> int:
        """Return how many lines `row` takes."""
        return len(self.draw(row, width))

    def key(self, row: int) -> Hashable:
        """Return what `row` is about, by which it is found again."""
        return row

    def find(self, key: Hashable) -> int | None:
        """Return the row that is about `key`; None when there is none."""
        return next((row for row in range(len(self)) if self.key(row) == key), None)


class Texts(Source):
    """A few texts, folded at the width there is."""

    tall = True

    def __init__(self, texts: Sequence[Text], keys: Sequence[Hashable] | None = None) -> None:
        self._texts = texts
        self._keys = range(len(texts)) if keys is None else keys

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self._texts)

    def draw(self, row: int, width: int) -> Sequence[Text]:
        """Return the lines of a text."""
        return folded(self._texts[row], width)

    def key(self, row: int) -> Hashable:
        """Return the key that was given for a text, else its number."""
        return self._keys[row]


def folded(text: Text, width: int, indent: int = 0) -> list[Text]:
    """Return `text` in lines of at most `width` cells; those after the first are indented."""
    if text.cell_len <= width:
        return [text]
    lines: list[Text] = []
    for piece in _pieces(text, width, indent):
        lines.append(Text(" " * indent).append_text(piece) if lines else piece)
    return lines


def _pieces(text: Text, width: int, indent: int) -> Sequence[Text]:
    from tui.fold import fold

    # The first line is the wider one: what follows is folded to what the indent leaves.
    first = next(fold(text.plain, width))
    rest = text.plain[len(first) :]
    room = max(width - indent, _MARK)
    lengths = [len(first), *map(len, fold(rest, room))] if rest else [len(first)]
    return list(text.divide(list(accumulate(lengths))[:-1]))


class Rows(ScrollView, can_focus=True):
    """Shows a `Source`; the cursor moves over its rows, Enter or a click chooses one."""

    BINDINGS = actions.bind(one for one in actions.ON_SNAPSHOTS if one.pane == actions.SNAPSHOTS)

    @dataclass
    class Moved(Message):
        """The cursor of `rows` came to stand on `key`."""

        rows: "Rows"
        key: Hashable

    @dataclass
    class Picked(Message):
        """The person chose `key`."""

        rows: "Rows"
        key: Hashable

    def __init__(self, name: str) -> None:
        super().__init__(id=name, classes="rows")
        self.source: Source = Texts(())
        self.cursor = 0
        self._starts: Sequence[int] | None = None
        self._mark = " "
        self._drawn: tuple[int, Sequence[Text]] | None = None

    def show(self, source: Source, view: View) -> None:
        """Draw `source`; the cursor stays on what it is about where that is still there."""
        before = self.key
        self.source, self._mark = source, view.plain("┃")
        if self.key != before and before is not None:
            found = source.find(before)
            self.cursor = self.cursor if found is None else found
        self.cursor = min(self.cursor, max(len(source) - 1, 0))
        self._measure()

    @property
    def key(self) -> Hashable:
        """What the row under the cursor is about; None when there is no row."""
        return self.source.key(self.cursor) if self.cursor < len(self.source) else None

    @property
    def _width(self) -> int:
        return max(self.scrollable_content_region.width - _MARK, 1)

    def _measure(self) -> None:
        source, width = self.source, self._width
        self._drawn = None
        self._starts = None
        if source.tall:
            heights = (source.height(row, width) for row in range(len(source)))
            self._starts = list(accumulate(heights, initial=0))
        lines = self._starts[-1] if self._starts else len(source)
        self.virtual_size = Size(self.scrollable_content_region.width, lines)
        self.refresh()
        self._see()

    def on_resize(self) -> None:
        """Fold anew."""
        self._measure()

    def _span(self, row: int) -> tuple[int, int]:
        """Return the first line of `row` and the one after its last."""
        return (self._starts[row], self._starts[row + 1]) if self._starts else (row, row + 1)

    def _row(self, line: int) -> int:
        return bisect_right(self._starts, line) - 1 if self._starts else line

    def render_line(self, y: int) -> Strip:
        """Return the line at `y` of what is in sight."""
        line = y + self.scroll_offset.y
        row = self._row(line)
        if row >= len(self.source):
            return Strip.blank(self.size.width, self.rich_style)
        text = self._text(row, line - self._span(row)[0])
        width = self.scrollable_content_region.width
        text.truncate(width, overflow="crop", pad=True)
        if row == self.cursor and self.has_focus:
            text.stylize("reverse")
        strip = Strip(text.render(self.app.console), width).apply_style(self.rich_style)
        return strip.adjust_cell_length(self.size.width, self.rich_style)

    def _text(self, row: int, line: int) -> Text:
        if self._drawn is None or self._drawn[0] != row:
            self._drawn = (row, self.source.draw(row, self._width))
        mark = self._mark if row == self.cursor else " "
        text = Text(f"{mark} ", no_wrap=True, end="")
        lines = self._drawn[1]
        return text.append_text(lines[line]) if line < len(lines) else text

    def _see(self) -> None:
        if len(self.source):
            first, last = self._span(self.cursor)
            region = Region(0, first, 1, min(last - first, max(self.size.height, 1)))
            self.scroll_to_region(region, animate=False)

    def _stand(self, row: int) -> None:
        row = min(max(row, 0), len(self.source) - 1)
        if row < 0 or row == self.cursor:
            return
        self.cursor = row
        self.refresh()
        self._see()
        self.post_message(self.Moved(self, self.key))

    def stand_on(self, key: Hashable) -> bool:
        """Move the cursor to the row about `key`; False when there is none."""
        row = self.source.find(key)
        if row is not None and row != self.cursor:
            self.cursor = row
            self.refresh()
            self._see()
        return row is not None

    def action_move(self, by: int) -> None:
        """Move the cursor by so many rows; a row taller than the screen is scrolled first."""
        first, last = self._span(self.cursor) if len(self.source) else (0, 0)
        top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.size.height
        if (by > 0 and last > bottom) or (by < 0 and first < top):
            self.scroll_relative(y=by, animate=False)
        else:
            self._stand(self.cursor + by)

    def action_turn(self, by: int) -> None:
        """Move the cursor by a page."""
        line = self._span(self.cursor)[0] + by * max(self.size.height - 1, 1)
        last = self.virtual_size.height - 1
        self._stand(self._row(min(max(line, 0), max(last, 0))))

    def action_go(self, row: int) -> None:
        """Move the cursor to `row`; -1 is the last."""
        self._stand(row if row >= 0 else len(self.source) - 1)

    def choose(self) -> None:
        """Choose the row under the cursor."""
        if self.key is not None:
            self.post_message(self.Picked(self, self.key))

    def on_click(self, event: events.Click) -> None:
        """Choose the row that was clicked."""
        spot = event.get_content_offset(self)
        if spot is None:
            return
        row = self._row(spot.y + self.scroll_offset.y)
        if row < len(self.source):
            self._stand(row)
            self.choose()

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Show it no more."""
        self.refresh()
