"""Cut text into lines of so many terminal cells, exactly: nothing is dropped or added."""

from collections.abc import Iterator

from rich.cells import cell_len, chop_cells


def fold(text: str, cells: int) -> Iterator[str]:
    """Yield the lines of `text`, those longer than `cells` in several pieces."""
    for line in text.split("\n"):
        if cell_len(line) <= cells:
            yield line
        else:
            yield from _pieces(line, max(cells, 2))


def _pieces(line: str, cells: int) -> Iterator[str]:
    """Yield pieces of `line`, broken after a space where one is near the end.

    Only what may stand on the next piece is looked at, so a long line costs what it is long.
    """
    start = 0
    while start < len(line):
        piece = chop_cells(line[start : start + 2 * cells], cells)[0]
        if start + len(piece) < len(line):
            space = piece.rfind(" ") + 1
            piece = piece[:space] if space > len(piece) // 2 else piece
        yield piece
        start += len(piece)
