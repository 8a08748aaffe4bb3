"""The signs that the screen draws with, and their ASCII stand-ins.

Some terminals of East Asian users draw ambiguous signs two cells wide, which breaks every border
and column; there only ASCII is drawn.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from tui.marks import Mark


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of signs; `ascii` tells whether all of it is ASCII."""

    ascii: bool
    marks: Mapping[Mark, str]
    asking: str
    here: str
    open: str
    folded: str
    bar: str
    gap: str
    between: str
    border: str


UNICODE = Glyphs(
    ascii=False,
    marks={
        Mark.PASS: "✓",
        Mark.SKIP: "–",
        Mark.READ: "✓",
        Mark.OPEN: "·",
        Mark.WARN: "!",
        Mark.ERROR: "?",
        Mark.REGRESSED: "↓",
        Mark.FAIL: "✗",
    },
    asking="…",
    here="▸",
    open="▾",
    folded="▸",
    bar="━",
    gap="─",
    between=" · ",
    border="round",
)
ASCII = Glyphs(
    ascii=True,
    marks={
        Mark.PASS: "v",
        Mark.SKIP: "-",
        Mark.READ: "v",
        Mark.OPEN: ".",
        Mark.WARN: "!",
        Mark.ERROR: "?",
        Mark.REGRESSED: "<",
        Mark.FAIL: "x",
    },
    asking="~",
    here=">",
    open="v",
    folded=">",
    bar="=",
    gap="-",
    between=" | ",
    border="ascii",
)

_STAND_INS = str.maketrans(
    {
        "·": "-",
        "…": "...",
        "→": "->",
        "←": "<-",
        "▶": ">",
        "◀": "<",
        "▸": ">",
        "●": "*",
        "○": "o",
        "※": "*",
        "×": "x",
        "–": "-",
        "—": "-",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "─": "-",
        "│": "|",
        "━": "=",
        "┃": "|",
        "①": "(1)",
        "②": "(2)",
        "③": "(3)",
    }
)


def _narrow(char: str) -> str:
    if unicodedata.east_asian_width(char) != "A":
        return char
    return "+" if "\u2500" <= char <= "\u257f" else "?"


def drawable(text: str, glyphs: Glyphs) -> str:
    """Return `text` with ambiguous-width signs replaced when `glyphs` is ASCII."""
    if not glyphs.ascii or text.isascii():
        return text
    return "".join(_narrow(char) for char in text.translate(_STAND_INS))
