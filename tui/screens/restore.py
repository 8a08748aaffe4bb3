"""Putting a snapshot back: the plan, its progress, and what the world says afterwards."""

from typing import ClassVar

from tui import actions
from tui.restore_desk import RestoreDesk
from tui.restore_moves import Order, Page, PageShown
from tui.restore_state import Restore as State
from tui.screens.paged import Paged
from tui.screens.restore_ask import Scope, Sure
from tui.screens.snapshots_ask import Choices
from tui.vault_moves import Narrowed
from tui.widgets import restore_pages

_EVERYONE = "*"


class Restore(Paged[State]):
    """A snapshot and the world; the logic is in `tui.restore_desk` and `tui.restore_state`."""

    BINDINGS: ClassVar = actions.of_screen(actions.RESTORE)
    offers = actions.ON_RESTORE
    pane = actions.RESTORE
    pages = restore_pages.PAGES

    def __init__(self, snapshot: str) -> None:
        super().__init__()
        self._snapshot = snapshot

    @property
    def desk(self) -> RestoreDesk:
        """The restore's own state and processes."""
        return self.relab.desks.restore

    @property
    def is_moving(self) -> bool:
        """Tell whether a restore is under way, or a plan."""
        return super().is_moving or self.desk.restore.planning is not None

    def turned(self, page: str) -> PageShown:
        """Return the move that turns to `page`."""
        return PageShown(Page(page))

    def on_mount(self) -> None:
        """Ask what can be gone on with, else plan."""
        self.desk.look(self._snapshot)

    def on_unmount(self) -> None:
        """Read no more of the world for a plan that nobody waits for."""
        self.desk.forget()

    # What a person does

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
        names = [
            (_EVERYONE, view.say("vault.everyone")),
            *restore_pages.tenants(self.desk.restore, view),
        ]
        self.app.push_screen(Choices(view.say("vault.whose"), names), self._narrow)

    def _narrow(self, tenant: str | None) -> None:
        if tenant is not None:
            self.desk.take(Narrowed(None if tenant == _EVERYONE else tenant))
