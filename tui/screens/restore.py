"""Putting a snapshot back: the plan, its progress, and what the world says afterwards."""

from time import monotonic as steady
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import Static

from tui import actions
from tui.restore_desk import RestoreDesk
from tui.restore_moves import Move, Order, Page, PageShown
from tui.screens.base import Shown
from tui.screens.restore_ask import Scope, Sure
from tui.screens.snapshots_ask import Choices
from tui.vault_moves import Folded, Heard, Narrowed
from tui.view import View
from tui.widgets import restore_pages as pages
from tui.widgets.hints import Hints
from tui.widgets.restore_plan import GO
from tui.widgets.restore_result import Report
from tui.widgets.snapshot_rows import Rows

_PAUSE = 0.1
_TICK = 0.5
_EVERYONE = "*"
_LEAVING = ("stay", "leave", "stop")


class Restore(Shown[None]):
    """One page at a time; the logic is in `tui.restore_desk` and `tui.restore_state`."""

    BINDINGS: ClassVar = actions.bind(
        action for action in actions.ON_RESTORE if action.pane == actions.ANYWHERE
    )
    AUTO_FOCUS = ".rows"
    offers = actions.ON_RESTORE

    def __init__(self, snapshot: str) -> None:
        super().__init__()
        self._snapshot = snapshot
        self._head = Static(markup=False, id="vault-head")
        self._tabs = Static(markup=False, id="restore-tabs")
        self._status = Static(markup=False, id="vault-status")
        self._pages = {page: Rows(f"restore-{page}") for page in Page}
        self._hints = Hints(actions.ON_RESTORE)
        self._drawn: dict[Page, object] = {}
        self._offered: frozenset[Rows] = frozenset()
        self._later: Timer | None = None
        self._soon = False

    @property
    def desk(self) -> RestoreDesk:
        """The restore's own state and processes."""
        return self.relab.restores

    def compose(self) -> ComposeResult:
        """Give header, pages, what is wrong, and the hints."""
        yield self._head
        yield self._tabs
        with Vertical(id="restore"):
            yield from self._pages.values()
        yield self._status
        yield self._hints

    def on_mount(self) -> None:
        """Draw what is known, then ask."""
        self.desk.look(self._snapshot)
        super().on_mount()
        self.desk.hear = self._hear
        self.set_interval(_TICK, self._tick)

    def on_unmount(self) -> None:
        """Listen no more; a restore goes on, but nobody waits for a plan."""
        self.desk.deafen(self._hear)
        self.desk.forget()

    # Drawing

    def _hear(self, move: Move) -> None:
        """Draw soon; what a restore tells is not drawn oftener than it can be read."""
        if not isinstance(move, Heard) and not self._soon:
            self._soon = True
            self.call_later(self._draw)
        elif self._later is None:
            self._later = self.set_timer(_PAUSE, self._draw)

    def _draw(self) -> None:
        self._soon = False
        if self._later:
            self._later.stop()
            self._later = None
        if self.is_mounted:
            self.show(self.relab.view)

    def _tick(self) -> None:
        if self.desk.restore.is_running or self.desk.restore.planning is not None:
            self.show(self.relab.view)

    def show(self, view: View) -> None:
        """Draw `view` and the restore as it is known now."""
        state = self.desk.restore
        self._head.update(pages.head(state, view))
        self._tabs.update(pages.tabs(state, view))
        status = pages.status(state, view)
        self._status.display = bool(status.plain)
        self._status.update(status)
        for page, rows in self._pages.items():
            rows.display = page is state.page
        self._rows(state.page, view)
        self._hints.show(view)

    def _rows(self, page: Page, view: View) -> None:
        """Draw `page` where what it shows is not what it showed before."""
        state, drawn, rows = self.desk.restore, pages.PAGES[page], self._pages[page]
        key = (drawn.key(state, steady()), view.language, view.glyphs.ascii)
        if self._drawn.get(page) != key:
            self._drawn[page] = key
            rows.show(drawn.source(state, steady(), view), view)
            self._stand(rows)
        if self.focused is not rows:
            self.set_focus(rows)

    def _stand(self, rows: Rows) -> None:
        """Put the cursor on what can be begun or gone on with, where that is new."""
        offer = rows.source.find(GO) is not None
        if offer and rows not in self._offered:
            rows.stand_on(GO)
        self._offered = self._offered | {rows} if offer else self._offered - {rows}

    # What a person does

    def action_choose(self) -> None:
        """Open what is under the cursor."""
        if isinstance(self.focused, Rows):
            self.focused.choose()

    def on_rows_picked(self, event: Rows.Picked) -> None:
        """Begin or go on, copy the report's name, or open and close a group."""
        if event.key == GO:
            self.action_start()
        elif isinstance(event.key, Report):
            self.relab.copy(event.key.path)
        elif pages.group(event.key):
            self.desk.take(Folded(pages.group(event.key)))

    def action_start(self) -> None:
        """Ask whether the person is sure, then begin or go on."""
        state = self.desk.restore
        if state.is_running:
            self.action_page(Page.PROGRESS)
        elif state.shown is None:
            self.relab.notice("notice.no-plan")
        elif state.run and state.shown is state.run.plan and not state.waits:
            self.relab.notice("notice.restored")
        else:
            sure = Sure(state.shown, resumed=state.shown is state.waits)
            self.app.push_screen(sure, self._start)

    def _start(self, sure: bool | None) -> None:
        if sure:
            self.desk.go()

    def action_page(self, name: str) -> None:
        """Show another page."""
        self.desk.take(PageShown(Page(name)))
        self._draw()

    def action_scope(self) -> None:
        """Ask what to restore, and plan it."""
        if self._may_plan():
            scope = Scope(self.desk.restore.order, self._snapshot)
            self.app.push_screen(scope, self._plan)

    def action_again(self) -> None:
        """Read the world and plan anew."""
        if self._may_plan():
            self._plan(self.desk.restore.order)

    def _may_plan(self) -> bool:
        if self.desk.restore.is_running:
            self.relab.notice("notice.restoring")
        return not self.desk.restore.is_running

    def _plan(self, order: Order | None) -> None:
        if order is not None:
            self.desk.plan(order)

    def action_tenant(self) -> None:
        """Choose whose things are shown."""
        view = self.relab.view
        names = [(_EVERYONE, view.say("vault.everyone")), *pages.tenants(self.desk.restore, view)]
        self.app.push_screen(Choices(view.say("vault.whose"), names), self._narrow)

    def _narrow(self, tenant: str | None) -> None:
        if tenant is not None:
            self.desk.take(Narrowed(None if tenant == _EVERYONE else tenant))

    def action_stop(self) -> None:
        """End the running restore; it can be gone on with."""
        if self.desk.restore.is_running:
            self.desk.cancel()
            self.relab.notice("notice.stopping")
        else:
            self.relab.notice("notice.nothing-restored")

    def action_back(self) -> None:
        """Go back; while a restore runs, ask what is to become of it."""
        if not self.desk.restore.is_running:
            self.dismiss(None)
            return
        view = self.relab.view
        choices = [(name, view.say(f"leaving.{name}")) for name in _LEAVING]
        self.app.push_screen(Choices(view.say("leaving.title"), choices), self._leave)

    def _leave(self, choice: str | None) -> None:
        if choice == "stop":
            self.action_stop()
        elif choice == "leave":
            self.dismiss(None)

    def action_language(self) -> None:
        """Read the other language."""
        self.relab.switch_language()

    def action_command_palette(self) -> None:
        """Find any action by name."""
        self.relab.action_command_palette()

    def action_help(self) -> None:
        """List the keys, and run what is chosen."""
        from tui.screens.help import Help

        self.app.push_screen(Help(actions.RESTORE, self.relab.view), self.run_named)
