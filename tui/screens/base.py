"""What all screens have in common: they are told of a new view, and may be too small to draw."""

from typing import TYPE_CHECKING, Generic, TypeVar, cast

from textual.screen import Screen

from tui.view import View

if TYPE_CHECKING:
    from tui.app import RelabApp

Answer = TypeVar("Answer")


class Shown(Screen[Answer], Generic[Answer]):
    """A screen that draws a `View`."""

    @property
    def relab(self) -> "RelabApp":
        """The application, by its own type."""
        return cast("RelabApp", self.app)

    def show(self, view: View) -> None:
        """Draw `view`; called at the start and after each change."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Draw for the first time."""
        self.show(self.relab.view)
