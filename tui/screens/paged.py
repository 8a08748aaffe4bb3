"""Screens of one page at a time, from what is planned to what came of it."""

from typing import Any, ClassVar, Generic, Protocol, TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from tui.desk import Busy
from tui.screens.watching import Watching
from tui.vault_moves import Folded
from tui.view import View
from tui.widgets import drawn
from tui.widgets.drawn import Pages, Trouble
from tui.widgets.restore_plan import GO
from tui.widgets.restore_result import Report
from tui.widgets.snapshot_rows import Rows


class Turned(Busy, Protocol):
    """What the state of such a screen tells: its page, and what is wrong."""

    @property
    def page(self) -> str:
        """The page that is shown."""

    @property
    def trouble(self) -> Trouble | None:
        """Why relab could not say something; None when it could."""


State = TypeVar("State", bound=Turned)


class Paged(Watching[State], Generic[State]):
    """A page of rows under its tabs; a row `GO` is what can be begun or gone on with.

    `turned` makes the move of another page; `action_start` is what `GO` does.
    """

    AUTO_FOCUS = ".rows"
    pages: ClassVar[Pages[Any]]

    def __init__(self) -> None:
        super().__init__()
        self._tabs = Static(markup=False, id="restore-tabs")
        self._pages = {page: Rows(f"{self.pane}-{page}") for page in self.pages.rows}
        self._offered: frozenset[Rows] = frozenset()

    def compose(self) -> ComposeResult:
        """Give header, pages, what is wrong, and the hints."""
        yield self._head
        yield self._tabs
        with Vertical(id="restore"):
            yield from self._pages.values()
        yield self._status
        yield self._hints

    def turned(self, page: str) -> object:
        """Return the move that turns to `page`."""
        raise NotImplementedError

    def action_start(self) -> None:
        """Do what is next."""
        raise NotImplementedError

    # Drawing

    def show(self, view: View) -> None:
        """Draw `view` and the work as it is known now."""
        state = self.desk.state
        self._head.update(self.pages.head(state, view))
        self._tabs.update(self.pages.tabs(state, view))
        status = drawn.status(state.trouble, view)
        self._status.display = bool(status.plain)
        self._status.update(status)
        for page, rows in self._pages.items():
            rows.display = page == state.page
        self._show_page(state.page, view)
        self._hints.show(view)

    def _show_page(self, page: str, view: View) -> None:
        rows = self._pages[page]
        if self._draw_rows(rows, self.pages.rows[page], view):
            self._stand(rows)
            self.page_drawn(page, rows)
        if self.focused is not rows:
            self.set_focus(rows)

    def page_drawn(self, page: str, rows: Rows) -> None:
        """Do what is to be done when `page` was drawn anew."""

    def _stand(self, rows: Rows) -> None:
        """Put the cursor on what can be begun or gone on with, where that is new."""
        offer = rows.source.find(GO) is not None
        if offer and rows not in self._offered:
            rows.stand_on(GO)
        self._offered = self._offered | {rows} if offer else self._offered - {rows}

    # What a person does

    def on_rows_picked(self, event: Rows.Picked) -> None:
        """Begin or go on, copy the report's name, or open and close a group."""
        if event.key == GO:
            self.action_start()
        elif isinstance(event.key, Report):
            self.relab.copy(event.key.path)
        elif group := self.pages.group(event.key):
            self.desk.take(Folded(group))

    def action_page(self, name: str) -> None:
        """Show another page."""
        self.desk.take(self.turned(name))
        self._draw()
