"""What is said for a moment in the bottom line; the newest thing takes the place of the last."""

from collections.abc import Callable

from rich.cells import cell_len
from textual.app import App
from textual.timer import Timer

_READING = 4.0
_SHORT = 60


class Notices:
    """Holds the notice of `app` until it was read; `changed` is called when it comes and goes."""

    def __init__(self, app: App[int], changed: Callable[[], None]) -> None:
        self.text = ""
        self._app = app
        self._changed = changed
        self._hushing: Timer | None = None

    def say(self, text: str) -> None:
        """Show `text` for a few seconds, a long one for twice as many."""
        self.text = text
        if self._hushing:
            self._hushing.stop()
        seconds = _READING * (2 if cell_len(text) > _SHORT else 1)
        self._hushing = self._app.set_timer(seconds, self.hush)
        self._changed()

    def hush(self) -> None:
        """Take away what was said."""
        self.text = ""
        self._changed()
