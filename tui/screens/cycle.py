"""The cycle, guided: its stages, the gate's proof, the typed confirmation, and the report."""

from time import monotonic as steady
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import Static

from tui import actions
from tui.cycle_desk import CycleDesk
from tui.cycle_model import Proof
from tui.cycle_moves import Move, Order, Page, PageShown
from tui.cycle_state import Offer
from tui.screens.base import Shown
from tui.screens.cycle_ask import Begin, Wipe
from tui.screens.snapshots_ask import Choices
from tui.vault_moves import Folded, Heard
from tui.view import View
from tui.widgets import cycle_pages as pages
from tui.widgets.hints import Hints
from tui.widgets.restore_plan import GO
from tui.widgets.restore_result import Report
from tui.widgets.snapshot_rows import Rows

_PAUSE = 0.1
_TICK = 0.5
_LEAVING = ("stay", "leave", "stop")
_TO_GATE = frozenset({Offer.GATE, Offer.WIPE})


class Cycle(Shown[None]):
    """One page at a time; the logic is in `tui.cycle_desk` and `tui.cycle_state`."""

    BINDINGS: ClassVar = actions.bind(
        action for action in actions.ON_CYCLE if action.pane == actions.ANYWHERE
    )
    AUTO_FOCUS = ".rows"
    offers = actions.ON_CYCLE

    def __init__(self) -> None:
        super().__init__()
        self._head = Static(markup=False, id="vault-head")
        self._tabs = Static(markup=False, id="restore-tabs")
        self._status = Static(markup=False, id="vault-status")
        self._pages = {page: Rows(f"cycle-{page}") for page in Page}
        self._hints = Hints(actions.ON_CYCLE)
        self._drawn: dict[Page, object] = {}
        self._offered: frozenset[Rows] = frozenset()
        self._later: Timer | None = None
        self._soon = False
        self._read: Proof | None = None

    @property
    def desk(self) -> CycleDesk:
        """The cycle's own state and process."""
        return self.relab.cycles

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
        self.desk.look()
        super().on_mount()
        self.desk.hear = self._hear
        self.set_interval(_TICK, self._tick)

    def on_unmount(self) -> None:
        """Listen no more; a cycle goes on."""
        self.desk.deafen(self._hear)

    # Drawing

    def _hear(self, move: Move) -> None:
        """Draw soon; what a cycle tells is not drawn oftener than it can be read."""
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
        if self.desk.cycle.is_running:
            self.show(self.relab.view)

    def show(self, view: View) -> None:
        """Draw `view` and the cycle as it is known now."""
        state = self.desk.cycle
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
        state, drawn, rows = self.desk.cycle, pages.PAGES[page], self._pages[page]
        key = (drawn.key(state, steady()), view.language, view.glyphs.ascii)
        if self._drawn.get(page) != key:
            self._drawn[page] = key
            rows.show(drawn.source(state, steady(), view), view)
            self._stand(rows)
            self._read_from_top(page, rows)
        if self.focused is not rows:
            self.set_focus(rows)

    def _read_from_top(self, page: Page, rows: Rows) -> None:
        """Show a new proof from its first line on, wherever the cursor stood in the one before."""
        proof = self.desk.cycle.proof
        if page is Page.PROOF and proof is not self._read:
            self._read = proof
            rows.stand_on(GO)
            self.call_after_refresh(rows.scroll_home, animate=False)

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
        """Do what is next: begin, go on, or ask for the account's alias and wipe."""
        state = self.desk.cycle
        match state.offer:
            case Offer.BEGIN:
                self.action_anew()
            case Offer.GATE:
                self.desk.gate()
            case Offer.REST:
                self.desk.go()
            case Offer.WIPE if state.known and state.proof:
                sure = Wipe(state.known, state.snapshot, state.proof)
                self.app.push_screen(sure, self._wipe)
            case _:
                self._not_now()

    def _not_now(self) -> None:
        if self.desk.cycle.is_running:
            self.action_page(Page.STAGES)
        self.relab.notice("notice.cycling" if self.desk.cycle.is_running else "notice.no-cycle")

    def _wipe(self, sure: bool | None) -> None:
        if sure:
            self.desk.go()

    def action_anew(self) -> None:
        """Ask how to begin a new cycle; not while the account may be half empty."""
        state = self.desk.cycle
        if state.known is None or state.is_running:
            self._not_now()
        elif state.has_wiped and state.offer is not Offer.BEGIN:
            self.relab.notice("notice.wiped-already")
        else:
            order = Order(soft=state.known.soft)
            self.app.push_screen(Begin(order, state.known, again=False), self._begin)

    def _begin(self, order: Order | None) -> None:
        if order is not None:
            self.desk.begin(order)

    def action_accept(self) -> None:
        """Ask which losses are accepted, and let the gate look anew."""
        state = self.desk.cycle
        if state.known and state.offer in _TO_GATE:
            self.app.push_screen(Begin(Order(), state.known, again=True), self._gate)
        elif state.offer is Offer.BEGIN:
            self.action_anew()
        else:
            self._not_now()

    def _gate(self, order: Order | None) -> None:
        if order is not None:
            self.desk.gate(order)

    def action_again(self) -> None:
        """Let the gate look anew; else ask what can be gone on with."""
        if self.desk.cycle.is_running:
            self._not_now()
        elif self.desk.cycle.is_proved:
            self.desk.gate()
        else:
            self.desk.look(anew=True)

    def action_page(self, name: str) -> None:
        """Show another page."""
        self.desk.take(PageShown(Page(name)))
        self._draw()

    def action_stop(self) -> None:
        """End the running cycle; it can be gone on with."""
        if self.desk.cycle.is_running:
            self.desk.cancel()
            self.relab.notice("notice.cycle-stopping")
        else:
            self.relab.notice("notice.nothing-cycled")

    def action_back(self) -> None:
        """Go back; while a cycle runs, ask what is to become of it."""
        if not self.desk.cycle.is_running:
            self.dismiss(None)
            return
        view = self.relab.view
        choices = [(name, view.say(f"cycle.leaving-{name}")) for name in _LEAVING]
        self.app.push_screen(Choices(view.say("cycle.leaving"), choices), self._leave)

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

        self.app.push_screen(Help(actions.CYCLE, self.relab.view), self.run_named)
