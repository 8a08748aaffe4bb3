"""Turn a page's blocks into things that a `Static` can draw.

Nothing here reads markup: text becomes `Content` or `Text` with explicit styles, so brackets in it
mean nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.style import Style as Ink
from rich.table import Table as Grid
from rich.text import Text

from relab.lab.block import Bullets, Expected, Heading, Listing, Note, Paragraph, Table
from relab.lab.inline import Style, spans
from tui.view import View

_INKS: Mapping[Style, str] = {
    Style.PLAIN: "",
    Style.CODE: "cyan",
    Style.STRONG: "bold",
    Style.LINK: "underline",
}
NOTE_INKS = {"note": "blue", "tip": "green", "warning": "yellow"}
NUMBER_WIDTH = 2


def inline(raw: str, view: View) -> Text:
    """Return prose `raw` with its code, strong words and links styled; links can be clicked."""
    text = Text(overflow="fold")
    for span in spans(raw):
        text.append(view.plain(span.text), _ink(span.style, span.target))
    return text


def _ink(style: Style, target: str) -> Ink:
    ink = Ink.parse(_INKS[style])
    if not target:
        return ink
    web = target if target.startswith("https://") else None
    return ink + Ink(link=web, meta={"@click": f"screen.follow({target!r})"})


def links(view: View, title: str, items: Sequence[tuple[str, str]]) -> Text:
    """Return `title` and below it each item's words, which lead to the item's target."""
    text = Text.assemble((f"\n{title}", "bold"), overflow="fold")
    for words, target in items:
        text.append(f"\n{view.glyphs.folded} ")
        text.append(view.plain(words), _ink(Style.LINK, target))
    return text


def heading(block: Heading, view: View) -> Text:
    """Return a headline."""
    text = inline(block.text, view)
    text.stylize("bold" if block.level > 2 else "bold underline")
    return text


def paragraph(block: Paragraph, view: View) -> Text:
    """Return a paragraph."""
    return inline(block.text, view)


def bullets(block: Bullets, view: View) -> Grid:
    """Return a list whose items hang on their bullets."""
    grid = Grid.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    dot = "-" if view.glyphs.ascii else "•"
    for number, item in enumerate(block.items, start=1):
        grid.add_row(f"{number}." if block.ordered else dot, inline(item, view))
    return grid


def table(block: Table, view: View) -> Grid:
    """Return a table whose cells wrap."""
    lines = box.ASCII if view.glyphs.ascii else box.SIMPLE_HEAD
    grid = Grid(box=lines, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for cell in block.header:
        grid.add_column(inline(cell, view), overflow="fold")
    for row in block.rows:
        grid.add_row(*(inline(cell, view) for cell in row))
    return grid


def note(block: Note, view: View) -> Text:
    """Return an aside, begun by what kind it is."""
    kind = block.kind if block.kind in NOTE_INKS else "note"
    head = Text.assemble((f"{view.say(f'note.{kind}')} ", f"bold {NOTE_INKS[kind]}"))
    return head.append_text(inline(block.text, view))


def expected(block: Expected, view: View) -> Text:
    """Return what a command prints."""
    head = f"{view.say('page.expected')}\n"
    return Text.assemble((head, "dim italic"), (view.plain(block.text), "dim"))


def listing(block: Listing, view: View) -> Text:
    """Return a document to read."""
    return Text(view.plain(block.text), "cyan", overflow="fold")


DRAW: Mapping[type, Any] = {
    Heading: heading,
    Paragraph: paragraph,
    Bullets: bullets,
    Table: table,
    Note: note,
    Expected: expected,
    Listing: listing,
}
