"""The text of a step: prose, drawings and commands, scrolled as one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import ScrollableContainer, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static

from relab.lab import Block, Step
from relab.lab.block import Command, Diagram, Expected, Listing, Note
from relab.text import safe
from tui import actions
from tui.prose import DRAW, links
from tui.view import View
from tui.widgets.command import CommandBox, Line

_CLASSES = {Expected: "expected", Note: "note", Listing: "listing"}


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a page is made of; `tail` comes after the blocks."""

    blocks: Sequence[Block]
    tail: Sequence[Text] = ()


class DiagramBox(Vertical):
    """A drawing that keeps its columns; it tells where the pane at full size would show more."""

    def __init__(self, drawing: str) -> None:
        super().__init__(classes="diagram")
        self._drawing = drawing
        self._hint = Static(markup=False, classes="diagram-hint")
        self._hint.display = False

    def compose(self) -> ComposeResult:
        """Give the drawing, which scrolls sideways, and the hint."""
        drawing = Static(self._drawing, markup=False)
        yield ScrollableContainer(drawing, classes="diagram-body", can_focus=False)
        yield self._hint

    def show(self, view: View) -> None:
        """Word the hint."""
        self._hint.update(view.say("diagram.wide"))

    def on_resize(self, event: Resize) -> None:
        """Show the hint where the drawing is cut beside other panes."""
        cut = max(map(cell_len, self._drawing.splitlines()), default=0) > event.size.width
        classes = self.screen.classes
        self._hint.display = cut and not classes & {"-narrow", "-zoomed"}


class Blocks(VerticalScroll, can_focus=True):
    """Draws a list of blocks; its commands are numbered from 1."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.lines: tuple[Line, ...] = ()
        self._drawn: object = None
        self._widgets: tuple[Widget, ...] = ()
        self._composed = False

    def compose(self) -> ComposeResult:
        """Give what was drawn before, so that the first frame is whole."""
        self._composed = True
        yield from self._widgets

    def draw(self, key: object, view: View, build: Callable[[], Drawing]) -> None:
        """Show what `build` gives; nothing is built or touched while `key` stays the same."""
        if key != self._drawn:
            self._drawn = key
            drawing = build()
            self.lines = tuple(numbered(drawing.blocks))
            self._widgets = (*self._made(drawing.blocks, view), *map(Static, drawing.tail))
            if self._composed:
                self.scroll_home(animate=False)
                self.remove_children()
                self.mount_all(self._widgets)
        for widget in self._widgets:
            if isinstance(widget, CommandBox | DiagramBox):
                widget.show(view)

    def _made(self, blocks: Sequence[Block], view: View) -> Iterator[Widget]:
        lines = iter(self.lines)
        for block in blocks:
            if isinstance(block, Command):
                yield CommandBox(next(lines))
            elif isinstance(block, Diagram):
                yield DiagramBox(view.plain(safe(block.text, keep="\n")))
            else:
                kind = _CLASSES.get(type(block), "prose")
                yield Static(DRAW[type(block)](block, view), classes=kind)


def numbered(blocks: Sequence[Block]) -> Iterator[Line]:
    """Yield the commands among `blocks` as numbered lines."""
    commands = (block for block in blocks if isinstance(block, Command))
    for number, block in enumerate(commands, start=1):
        yield Line(number, block.text, block.marks)


class Page(Blocks):
    """The step that is shown."""

    BINDINGS = actions.bindings(actions.PAGE)

    def show(self, view: View) -> None:
        """Draw the step of `view`."""
        step = view.step
        title = view.plain(step.title.say(view.language))
        key_of_title = "page.title" if step.minutes else "page.title-untimed"
        self.border_title = Content(
            view.say(key_of_title, step=step.id, title=title, minutes=step.minutes)
        )
        key = (step.id, view.language, view.shell, tuple(view.values.items()), view.glyphs.ascii)
        self.draw(key, view, lambda: Drawing(view.page(step.id), tuple(_tail(view, step))))

    @property
    def at_end(self) -> bool:
        """Whether the last line is in sight."""
        return self.scroll_offset.y >= self.max_scroll_y


def _tail(view: View, step: Step) -> Iterator[Text]:
    """Yield the known problems of `step`, and where to go on."""
    named = view.source(step.id)
    names = [
        (trouble.title.say(view.language), f"trouble:{trouble.id}")
        for trouble in view.lab.troubles(step)
        if f"(trouble:{trouble.id})" not in named
    ]
    if names:
        yield links(view, view.say("page.troubles"), names)
    steps = view.lab.steps
    for following in steps[steps.index(step) + 1 :][:1]:
        title = f"{following.id} {following.title.say(view.language)}"
        yield links(view, view.say("page.next"), [(title, f"step:{following.id}")])
