"""What is left to say in a terminal that is too small."""

from textual.app import ComposeResult
from textual.widgets import Static

from tui.screens.base import Shown
from tui.view import View

LEAST_WIDTH = 60
LEAST_HEIGHT = 16


def too_small(width: int, height: int) -> bool:
    """Tell whether a terminal of this size cannot show a screen."""
    return width < LEAST_WIDTH or height < LEAST_HEIGHT


class Small(Shown[None]):
    """One line; it goes by itself when the terminal grows."""

    def compose(self) -> ComposeResult:
        """Give the line."""
        yield Static(markup=False, id="small")

    def on_resize(self) -> None:
        """Tell the size anew."""
        self.show(self.relab.view)

    def show(self, view: View) -> None:
        """Draw the line with the size as it is."""
        size = self.app.size
        words = view.say("small", width=size.width, height=size.height)
        self.query_one("#small", Static).update(words)
