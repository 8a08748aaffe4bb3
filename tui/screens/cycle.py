"""The cycle, guided: its stages, the gate's proof, the typed confirmation, and the report."""

from typing import ClassVar

from tui import actions
from tui.cycle_desk import CycleDesk
from tui.cycle_model import Proof
from tui.cycle_moves import Order, Page, PageShown
from tui.cycle_state import Cycle as State
from tui.cycle_state import Offer
from tui.screens.cycle_ask import Begin, Wipe
from tui.screens.paged import Paged
from tui.widgets import cycle_pages
from tui.widgets.restore_plan import GO
from tui.widgets.snapshot_rows import Rows

_TO_GATE = frozenset({Offer.GATE, Offer.WIPE})


class Cycle(Paged[State]):
    """The stages of a cycle; the logic is in `tui.cycle_desk` and `tui.cycle_state`."""

    BINDINGS: ClassVar = actions.of_screen(actions.CYCLE)
    offers = actions.ON_CYCLE
    pane = actions.CYCLE
    pages = cycle_pages.PAGES

    def __init__(self) -> None:
        super().__init__()
        self._read: Proof | None = None

    @property
    def desk(self) -> CycleDesk:
        """The cycle's own state and process."""
        return self.relab.desks.cycle

    def turned(self, page: str) -> PageShown:
        """Return the move that turns to `page`."""
        return PageShown(Page(page))

    def on_mount(self) -> None:
        """Ask what can be gone on with."""
        self.desk.look()

    def page_drawn(self, page: str, rows: Rows) -> None:
        """Show a new proof from its first line on, wherever the cursor stood in the one before."""
        proof = self.desk.cycle.proof
        if page is Page.PROOF and proof is not self._read:
            self._read = proof
            rows.stand_on(GO)
            self.call_after_refresh(rows.scroll_home, animate=False)

    # What a person does

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
            case Offer.WIPE if state.is_late(self.moment):
                self._anew()
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
        if sure and self.desk.cycle.is_late(self.moment):
            self._anew()
        elif sure:
            self.desk.go()

    def _anew(self) -> None:
        """Go on up to the gate once more: relab saves anew what has waited for too long."""
        self.desk.gate()
        self.relab.notice("notice.cycle-anew")

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
