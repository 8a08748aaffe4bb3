"""One item as YAML; what is sealed stays a token and is said to be sealed."""

from collections.abc import Sequence

from rich.text import Text

from relab.text import safe
from tui.fold import fold
from tui.view import View
from tui.widgets.snapshot_rows import Source

_SEALED = "$sealed"


class Document(Source):
    """A row a line, folded where it is long; only lines in sight are looked at closely."""

    tall = True

    def __init__(self, text: str, view: View) -> None:
        self._view = view
        self._lines = text.splitlines()

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self._lines)

    def height(self, row: int, width: int) -> int:
        """Return how many lines a line is folded to."""
        line = self._lines[row]
        fits = len(line) <= width and line.isascii() and line.isprintable()
        return 1 if fits else len(self.draw(row, width))

    def draw(self, row: int, width: int) -> Sequence[Text]:
        """Return a line, folded."""
        plain = self._view.plain(safe(self._lines[row]))
        ink = "bold magenta" if _SEALED in plain else ""
        lines = [Text(piece, ink) for piece in fold(plain, width)]
        return lines or [Text("")]
