"""The vault: its snapshots, what is in one, what is missing, what differs; and saving a new one."""

from collections.abc import Hashable
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.timer import Timer
from textual.widgets import Static

from tui import actions
from tui.screens.snapshots_ask import Choices, Document, Form
from tui.screens.watching import Watching
from tui.vault_desk import VaultDesk
from tui.vault_model import Item
from tui.vault_moves import (
    LIVE,
    Ask,
    Chosen,
    Compared,
    Folded,
    Narrowed,
    Order,
    Tab,
    TabShown,
)
from tui.vault_state import Vault
from tui.view import View
from tui.widgets import snapshot_pages as pages
from tui.widgets.cycle_pages import cycling
from tui.widgets.restore_pages import restoring
from tui.widgets.snapshot_list import Command, Finished, Waiting
from tui.widgets.snapshot_rows import Rows

_RESTING = 0.2
LIST = "snapshots"


class Snapshots(Watching[Vault]):
    """List on the left, the chosen snapshot on the right; one of them where it is narrow."""

    BINDINGS: ClassVar = actions.of_screen(actions.SNAPSHOTS)
    AUTO_FOCUS = f"#{LIST}"
    offers = actions.ON_SNAPSHOTS
    pane = actions.SNAPSHOTS

    def __init__(self) -> None:
        super().__init__()
        self._tabs = Static(markup=False, id="vault-tabs")
        self._list = Rows(LIST)
        self._pages = {tab: Rows(tab.value) for tab in Tab}
        self._moving: Timer | None = None
        self._followed = ""

    @property
    def desk(self) -> VaultDesk:
        """The vault's own state and processes."""
        return self.relab.desks.vault

    @property
    def is_moving(self) -> bool:
        """Tell whether a save is under way here, or something beside it."""
        desks = self.relab.desks
        beside = desks.restore.state.is_running or desks.cycle.state.is_running
        return super().is_moving or beside

    def compose(self) -> ComposeResult:
        """Give header, list, the chosen snapshot and the hints."""
        yield self._head
        with Container(id="vault"):
            yield self._list
            with Vertical(id="vault-right"):
                yield self._tabs
                yield from self._pages.values()
        yield self._status
        yield self._hints

    def on_mount(self) -> None:
        """Ask, once what is known is drawn."""
        self.call_after_refresh(self.desk.look)

    # Drawing

    def show(self, view: View) -> None:
        """Draw `view` and the vault as it is known now, and ask for what is not known yet."""
        vault = self.desk.vault
        head = pages.head(vault, view)
        head.append_text(restoring(self.relab.desks.restore.state, view))
        self._head.update(head.append_text(cycling(self.relab.desks.cycle.state, view)))
        status = pages.status(vault, view)
        self._status.display = bool(status.plain)
        self._status.update(status)
        self._tabs.update(pages.tabs(vault, view))
        self._draw_rows(self._list, pages.LIST, view)
        self._follow(vault.chosen)
        for tab, rows in self._pages.items():
            rows.display = tab is vault.tab
        self._draw_rows(self._pages[vault.tab], pages.PAGES[vault.tab], view)
        self._hints.show(view)
        self._want()

    def _follow(self, chosen: str) -> None:
        """Move the list's cursor where something else than the cursor chose a snapshot."""
        if chosen != self._followed and self._list.stand_on(Finished(chosen)):
            self._followed = chosen

    def _want(self) -> None:
        """Ask for what the chosen snapshot's page needs, once the cursor rests."""
        vault = self.desk.vault
        if self._moving:
            return
        for question in pages.wanted(vault):
            self.desk.ask(question.ask, *question.names)

    def _rest(self) -> None:
        self._moving = None
        self._want()

    # What a person does

    def _focus_right(self) -> None:
        self.add_class("-right")
        self.set_focus(self._pages[self.desk.vault.tab])

    def _focus_list(self) -> None:
        self.remove_class("-right")
        self.set_focus(self._list)

    @property
    def _is_right(self) -> bool:
        return self.focused is not self._list

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Look at the snapshot that the cursor came to."""
        if event.rows is self._list and isinstance(event.key, Finished):
            self._followed = event.key.name
            if self._moving:
                self._moving.stop()
            self._moving = self.set_timer(_RESTING, self._rest)
            self.desk.take(Chosen(event.key.name))

    def on_rows_picked(self, event: Rows.Picked) -> None:
        """Open a snapshot, go on with a save, open or close a group, or show a document."""
        match event.key:
            case Finished(name):
                self.desk.take(Chosen(name))
                self._focus_right()
            case Waiting(name):
                self._resume(name)
            case Command(text):
                self.relab.copy(self.relab.view.command(text))
            case Item():
                self._open(event.key)
            case tuple():
                self._fold(event.key)
            case int() if event.rows is self._pages[Tab.PROGRESS]:
                self._go_on()

    def _open(self, item: Item) -> None:
        name = self.desk.vault.chosen
        self.desk.ask(Ask.DOCUMENT, name, item.identity)
        self.app.push_screen(Document(self.desk, name, item))

    def _fold(self, group: Hashable) -> None:
        found = pages.group(group, self.desk.vault.tab)
        if found:
            self.desk.take(Folded(found))

    def action_tab(self, name: str) -> None:
        """Show another page of the chosen snapshot."""
        self.desk.take(TabShown(Tab(name)))
        self._draw()
        self._focus_right()

    def action_vault_pane(self) -> None:
        """Go to the other pane."""
        if self._is_right:
            self._focus_list()
        else:
            self._focus_right()

    def action_back(self) -> None:
        """Go back to the list, then to where the screen was opened from."""
        if self._is_right:
            self._focus_list()
        else:
            self.dismiss(None)

    def action_reload(self) -> None:
        """Ask anew what is in the vault."""
        self.desk.reload()

    def action_against(self) -> None:
        """Choose what the snapshot is compared with."""
        vault, view = self.desk.vault, self.relab.view
        others = [one.name for one in reversed(vault.snapshots) if one.name != vault.chosen]
        others.append(LIVE)
        if vault.chosen:
            title = view.say("diff.choose", name=pages.shown(vault.chosen, view))
            names = [(name, pages.shown(name, view)) for name in others]
            self.app.push_screen(Choices(title, names), self._compare)
        else:
            self.relab.notice("notice.no-snapshot")

    def _compare(self, other: str | None) -> None:
        if other is not None:
            self.desk.take(Compared(other))
            self._draw()
            self._focus_right()

    def action_tenant(self) -> None:
        """Choose whose things are shown."""
        view = self.relab.view
        names = [("*", view.say("vault.everyone")), *pages.tenants(self.desk.vault, view)]
        self.app.push_screen(Choices(view.say("vault.whose"), names), self._narrow)

    def _narrow(self, tenant: str | None) -> None:
        if tenant is not None:
            self.desk.take(Narrowed(None if tenant == "*" else tenant))

    def action_save(self) -> None:
        """Ask what to save."""
        if self.desk.vault.is_running:
            self.action_tab(Tab.PROGRESS)
        else:
            self._ask_order(pages.usual(self.relab.view))

    def _resume(self, name: str) -> None:
        """Go on with the unfinished save `name`, in the scope it was begun with."""
        if self.desk.vault.is_running:
            self.action_tab(Tab.PROGRESS)
        else:
            self._ask_order(pages.again(self.desk.vault, name))

    def _go_on(self) -> None:
        save = self.desk.vault.save
        if save and save.is_resumable:
            self._ask_order(replace(save.order, resume=True))

    def _ask_order(self, order: Order) -> None:
        self.app.push_screen(Form(order, self.desk), self._save)

    def _save(self, order: Order | None) -> None:
        if order is not None:
            self.desk.save(order)
            self._draw()
            self._focus_right()

    def action_restore(self) -> None:
        """Plan a restore of the chosen snapshot."""
        from tui.screens.restore import Restore

        vault = self.desk.vault
        if vault.chosen:
            self.app.push_screen(Restore(vault.chosen))
        else:
            self.relab.notice("notice.no-snapshot")

    def action_verify(self) -> None:
        """Read every byte of the chosen snapshot and compare it with what was saved."""
        if self.desk.vault.snapshot:
            self.desk.ask(Ask.VERIFY, self.desk.vault.chosen)

    def action_pin(self) -> None:
        """Keep the chosen snapshot from every prune, or let it go again."""
        snapshot = self.desk.vault.snapshot
        if snapshot:
            self.desk.ask(Ask.UNPIN if snapshot.pinned else Ask.PIN, snapshot.name)
