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
    """Yield pieces of `line`, broken after a space where one is near the end."""
    while cell_len(line) > cells:
        # What stands far behind the cut is not looked at again for each piece.
        piece = chop_cells(line[: 2 * cells], cells)[0]
        space = piece.rfind(" ") + 1
        cut = space if space > len(piece) // 2 else len(piece)
        yield line[:cut]
        line = line[cut:]
    yield line
