"""Lists of rows one below the other, as one list."""

from bisect import bisect_right
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from rich.text import Text

from tui.widgets.snapshot_rows import Source, folded


@dataclass(frozen=True, slots=True)
class Piece:
    """A row: what it is about, its words, and how far the lines after the first are indented."""

    key: Hashable
    text: Text
    indent: int = 0


class Pieces(Source):
    """A few rows, folded at the width there is."""

    tall = True

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._pieces)

    def draw(self, row: int, width: int) -> Sequence[Text]:
        """Return the lines of a row."""
        piece = self._pieces[row]
        return folded(piece.text, width, piece.indent)

    def key(self, row: int) -> Hashable:
        """Return what a row is about."""
        return self._pieces[row].key


class Stack(Source):
    """The rows of `parts`, in their order."""

    tall = True

    def __init__(self, parts: Sequence[Source]) -> None:
        self._parts = [part for part in parts if len(part)]
        self._starts = list(accumulate((len(part) for part in self._parts), initial=0))

    def __len__(self) -> int:
        """Return the number of rows of all parts."""
        return self._starts[-1]

    def _at(self, row: int) -> tuple[Source, int]:
        part = bisect_right(self._starts, row) - 1
        return self._parts[part], row - self._starts[part]

    def draw(self, row: int, width: int) -> Sequence[Text]:
        """Return the lines of a row."""
        part, inner = self._at(row)
        return part.draw(inner, width)

    def height(self, row: int, width: int) -> int:
        """Return how many lines a row takes."""
        part, inner = self._at(row)
        return part.height(inner, width)

    def key(self, row: int) -> Hashable:
        """Return what a row is about."""
        part, inner = self._at(row)
        return part.key(inner)
