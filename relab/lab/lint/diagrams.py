"""Rules on drawings: they fit an 80-column screen and their lines meet, in Korean too."""

import re
from collections.abc import Iterator
from itertools import pairwise

from relab.lab.block import Diagram
from relab.lab.lint.book import Book, Finding, Page
from relab.lab.placeholders import named
from relab.text import width

WIDEST = 74

_PLAIN = re.compile("[\x20-\x7e\u2500-\u257f\uac00-\ud7a3]*")
_BOX = re.compile("[\u2500-\u257f]")
_UP = frozenset("│└┘├┤┴┼")
_DOWN = frozenset("│┌┐├┤┬┼")


def drawings(book: Book) -> Iterator[Finding]:
    """Require that each drawing is narrow, plain, and has no loose ends."""
    for page in book.pages:
        for block in page.blocks:
            if isinstance(block, Diagram):
                yield from _lines(page, block)
                yield from _loose_ends(page, block)


def _lines(page: Page, block: Diagram) -> Iterator[Finding]:
    for number, line in enumerate(block.text.splitlines(), start=block.line + 1):
        if width(line) > WIDEST:
            yield page.finding(
                number, f"{width(line)} cells wide", f"keep it within {WIDEST} cells"
            )
        if not _PLAIN.fullmatch(line):
            fix = "draw with letters, Hangul and box lines only"
            yield page.finding(number, "a character that terminals draw differently", fix)
        if any(True for _ in named(line)) and _BOX.search(line.rpartition("}")[2]):
            fix = "move it to the end of a line: its length is not known"
            yield page.finding(number, "a placeholder inside a box", fix)


def _cells(line: str) -> str:
    """Return `line` with one character a cell; the second half of a wide one is `~`."""
    return "".join(char + "~" * (width(char) - 1) for char in line)


def _loose_ends(page: Page, block: Diagram) -> Iterator[Finding]:
    rows = ["", *(_cells(line) for line in block.text.splitlines()), ""]
    for number, (above, below) in enumerate(pairwise(rows), start=block.line):
        for column in range(max(len(above), len(below))):
            top, bottom = above[column : column + 1] or " ", below[column : column + 1] or " "
            if (top in _DOWN and bottom == " ") or (bottom in _UP and top == " "):
                what = f"a line ends in the air at column {column + 1}"
                line = number if top in _DOWN else number + 1
                yield page.finding(line, what, "align it with the line it should meet")


RULES = (drawings,)
