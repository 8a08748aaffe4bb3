"""A page as plain text for a terminal: no fence words, no link targets that only a screen knows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from relab.lab.block import (
    Block,
    Bullets,
    Command,
    Diagram,
    Expected,
    Heading,
    Listing,
    Note,
    Paragraph,
    Table,
)
from relab.lab.inline import Span, Style, spans
from relab.lab.model import Phrase
from relab.languages import Language
from relab.text import pad, width

_INDENT = "    "
_WIDEST = 100
_COMPOUND = ("for ", "foreach ", "cat > ", "@'")
_CONTINUED = ("\\", "`", "|")
_OPTIONS = {"step": "--step", "trouble": "--page"}
_KINDS = {
    "note": Phrase(ko="참고", en="Note"),
    "tip": Phrase(ko="도움말", en="Tip"),
    "warning": Phrase(ko="주의", en="Warning"),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: in `language`, at `shell` (`sh` or `powershell`); `show` opens another page."""

    language: Language
    shell: str
    show: str = "relab lab show"


def plain(page: Iterable[Block], reader: Reader) -> str:
    """Return the blocks of `page` as text, with the commands of the reader's shell alone."""
    shells = {"any", reader.shell}
    meant = [block for block in page if not isinstance(block, Command) or block.shell in shells]
    parts = [_DRAWN[type(block)](block, reader) for block in meant]
    gaps = [_gap(before, after) for before, after in pairwise(meant)]
    return "".join(part + gap for part, gap in zip(parts, [*gaps, "\n"], strict=True))


def _gap(before: Block, after: Block) -> str:
    answered = isinstance(before, Command) and isinstance(after, Expected)
    return "\n" if answered else "\n\n"


def _words(text: str, reader: Reader) -> str:
    return "".join(_span(span, reader) for span in spans(text))


def _span(span: Span, reader: Reader) -> str:
    if span.style is Style.CODE:
        return f"`{span.text}`"
    if span.style is not Style.LINK:
        return span.text
    kind, _, page = span.target.partition(":")
    where = f"{reader.show} {_OPTIONS[kind]} {page}" if kind in _OPTIONS else span.target
    return f"{span.text} ({where})"


def _heading(block: Heading, reader: Reader) -> str:
    text = _words(block.text, reader)
    return f"{text}\n{'-' * width(text)}"


def _bullets(block: Bullets, reader: Reader) -> str:
    marks = (f"{number}." if block.ordered else "-" for number in range(1, len(block.items) + 1))
    return "\n".join(
        f"{mark} {_words(item, reader)}" for mark, item in zip(marks, block.items, strict=True)
    )


def _table(block: Table, reader: Reader) -> str:
    rows = [[_words(cell, reader) for cell in row] for row in (block.header, *block.rows)]
    cells = [max(map(width, column)) for column in zip(*rows, strict=True)]
    if sum(cells) > _WIDEST:
        return "\n".join(f"- {_record(rows[0], row)}" for row in rows[1:])
    rows.insert(1, ["-" * size for size in cells])
    return "\n".join(
        "  ".join(pad(cell, size) for cell, size in zip(row, cells, strict=True)).rstrip()
        for row in rows
    )


def _record(header: Sequence[str], row: Sequence[str]) -> str:
    """Return a row of a table that is too wide, each cell with the head of its column."""
    pairs = zip(header[1:], row[1:], strict=True)
    return "\n    ".join([row[0], *(f"{head}: {cell}" for head, cell in pairs)])


def _note(block: Note, reader: Reader) -> str:
    return f"{_KINDS[block.kind].say(reader.language)}: {_words(block.text, reader)}"


def _command(block: Command, _: Reader) -> str:
    prompt = "> " if block.shell == "powershell" else "$ "
    return "\n".join(
        f"{_INDENT}{prompt if starts else '  '}{line}".rstrip()
        for line, starts in _lines(block.text)
    )


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each line of a command, and whether a command starts there."""
    compound = any(mark in text for mark in _COMPOUND)
    starts = True
    for line in text.splitlines():
        yield line, starts and bool(line)
        starts = not compound and not line.endswith(_CONTINUED)


def _indented(block: Expected | Diagram | Listing, _: Reader) -> str:
    return "\n".join(f"{_INDENT}{line}".rstrip() for line in block.text.splitlines())


_DRAWN: dict[type[Block], Callable[[Any, Reader], str]] = {
    Heading: _heading,
    Paragraph: lambda block, reader: _words(block.text, reader),
    Bullets: _bullets,
    Table: _table,
    Note: _note,
    Command: _command,
    Expected: _indented,
    Diagram: _indented,
    Listing: _indented,
}
