"""Screens on a desk: drawn when the desk has learnt something, and while its work runs."""

from time import monotonic as steady
from typing import Any, Generic, TypeVar

from textual.timer import Timer
from textual.widgets import Static

from tui.desk import Busy, Desk
from tui.screens.base import Shown
from tui.screens.snapshots_ask import Choices
from tui.vault_moves import Heard
from tui.view import View
from tui.widgets.drawn import Drawn
from tui.widgets.hints import Hints
from tui.widgets.snapshot_rows import Rows

_PAUSE = 0.1
_TICK = 0.5
_LEAVING = ("stay", "leave", "stop")

State = TypeVar("State", bound=Busy)


class Watching(Shown[None], Generic[State]):
    """Head, status and hints of a screen on `desk`; what is between them is each screen's own.

    The texts of leaving and stopping are found by `pane`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._head = Static(markup=False, id="vault-head")
        self._status = Static(markup=False, id="vault-status")
        self._hints = Hints(self.offers)
        self._drawn: dict[str, object] = {}
        self._later: Timer | None = None
        self._soon = False

    @property
    def desk(self) -> Desk[State, Any]:
        """The state that is shown, and the work behind it."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Listen; Textual itself calls the handlers of all bases, which draw what is known."""
        self.desk.hear = self._hear
        self.set_interval(_TICK, self._tick)

    def on_unmount(self) -> None:
        """Listen no more; what runs goes on."""
        self.desk.deafen(self._hear)

    # Drawing

    @property
    def is_moving(self) -> bool:
        """Tell whether what is shown changes with time alone."""
        return self.desk.state.is_running

    @property
    def moment(self) -> float:
        """The present, in seconds of a steady clock."""
        return steady()

    def _hear(self, move: object) -> None:
        """Draw soon; what the work tells is not drawn oftener than it can be read."""
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
        if self.is_moving:
            self.show(self.relab.view)

    def _draw_rows(self, rows: Rows, page: Drawn[State], view: View) -> bool:
        """Draw `page` in `rows` where it is not what it was before; True when it was drawn."""
        state, name = self.desk.state, str(rows.id)
        key = (page.key(state, self.moment), view.language, view.glyphs.ascii)
        if self._drawn.get(name) == key:
            return False
        self._drawn[name] = key
        rows.show(page.source(state, self.moment, view), view)
        return True

    # What a person does

    def action_choose(self) -> None:
        """Open what is under the cursor."""
        if isinstance(self.focused, Rows):
            self.focused.choose()

    def action_stop(self) -> None:
        """End what runs; it can be gone on with."""
        if self.desk.state.is_running:
            self.desk.cancel()
            self.relab.notice(f"notice.{self.pane}-stopping")
        else:
            self.relab.notice(f"notice.{self.pane}-not-running")

    def action_back(self) -> None:
        """Go back; while something runs, ask what is to become of it."""
        if not self.desk.state.is_running:
            self.dismiss(None)
            return
        view = self.relab.view
        choices = [(name, view.say(f"leaving.{self.pane}-{name}")) for name in _LEAVING]
        self.app.push_screen(Choices(view.say(f"leaving.{self.pane}"), choices), self._leave)

    def _leave(self, choice: str | None) -> None:
        if choice == "stop":
            self.action_stop()
        elif choice == "leave":
            self.dismiss(None)
