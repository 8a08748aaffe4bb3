"""Reads the part of Markdown that labs use into blocks; it never fails, lint finds the faults."""

import re
from collections.abc import Callable, Iterator
from itertools import takewhile

from relab.lab.block import (
    SHELLS,
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

_Rows = list[tuple[int, str]]

_HEADING = re.compile(r"(#{1,6})\s+(.+)")
_ITEM = re.compile(r"(?:[-*]|(\d+)\.)\s+(.*)")
_NOTE = re.compile(r"\[!(\w+)\]\s*(.*)")
_CELLS = re.compile(r"(?<!\\)\|")
_STARTS = {">": "quote", "|": "table"}


def blocks(body: str) -> tuple[Block, ...]:
    """Return the blocks of Markdown `body` in order."""
    return tuple(_READERS[kind](rows) for kind, rows in _chunks(body))


def _chunks(body: str) -> Iterator[tuple[str, _Rows]]:
    lines = iter(enumerate(body.splitlines(), start=1))
    kind, rows = "", list[tuple[int, str]]()
    for number, line in lines:
        now = _kind(line, kind)
        if now and now == kind and now not in {"fence", "heading"}:
            rows.append((number, line))
            continue
        if rows:
            yield kind, rows
        kind, rows = now, [(number, line)] if now else []
        if now == "fence":
            rows += takewhile(lambda row: not row[1].startswith("```"), lines)
    if rows:
        yield kind, rows


def _kind(line: str, before: str) -> str:
    if not line.strip():
        return ""
    if line.startswith("```"):
        return "fence"
    if _HEADING.match(line):
        return "heading"
    if _ITEM.match(line) or (before == "item" and line.startswith(" ")):
        return "item"
    return _STARTS.get(line[0], "prose")


def _fence(rows: _Rows) -> Block:
    (line, opening), *inside = rows
    words = opening.strip("`").split() or ["text"]
    text = "\n".join(row for _, row in inside)
    if words[0] in SHELLS:
        return Command(line, words[0], text, tuple(words[1:]))
    if words[0] == "expected":
        return Expected(line, text)
    return Diagram(line, text) if words[0] == "diagram" else Listing(line, words[0], text)


def _heading(rows: _Rows) -> Block:
    line, text = rows[0]
    marks, _, words = text.partition(" ")
    return Heading(line, len(marks), words.strip())


def _bullets(rows: _Rows) -> Block:
    items: list[str] = []
    for _, row in rows:
        match = _ITEM.match(row)
        if match:
            items.append(match[2])
        else:
            items[-1] += " " + row.strip()
    first = _ITEM.match(rows[0][1])
    return Bullets(rows[0][0], tuple(items), ordered=bool(first and first[1]))


def _quote(rows: _Rows) -> Block:
    text = " ".join(row.removeprefix(">").strip() for _, row in rows).strip()
    match = _NOTE.match(text)
    kind, words = (match[1].lower(), match[2]) if match else ("note", text)
    return Note(rows[0][0], kind, words)


def _table(rows: _Rows) -> Block:
    header, *body = (_cells(row) for _, row in rows)
    ruled = bool(body) and all(set(cell) <= set("-: ") for cell in body[0])
    return Table(rows[0][0], header, tuple(body[1:] if ruled else body))


def _cells(row: str) -> tuple[str, ...]:
    inside = row.strip().removeprefix("|").removesuffix("|")
    return tuple(cell.strip().replace("\\|", "|") for cell in _CELLS.split(inside))


def _prose(rows: _Rows) -> Block:
    return Paragraph(rows[0][0], " ".join(row.strip() for _, row in rows))


_READERS: dict[str, Callable[[_Rows], Block]] = {
    "fence": _fence,
    "heading": _heading,
    "item": _bullets,
    "quote": _quote,
    "table": _table,
    "prose": _prose,
}
