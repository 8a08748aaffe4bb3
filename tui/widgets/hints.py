"""The bottom line: the most useful keys, each of which can be clicked; or for a moment a notice."""

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.widgets import Static

from tui.actions import ACTIONS, Action
from tui.view import View


class Hints(Static):
    """One static line; Textual's own footer keeps widgets of every refresh."""

    def __init__(self, actions: Sequence[Action] = ACTIONS) -> None:
        super().__init__(id="hints", markup=False)
        self._actions = actions
        self._drawn: object = None

    def show(self, view: View) -> None:
        """Draw the hints in the language of `view`."""
        width = self.app.size.width
        drawn = (view.language, view.glyphs.ascii, width, view.notice)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self.set_class(bool(view.notice), "-notice")
        self.update(Text(view.notice, "bold") if view.notice else self._keys(view, width))

    def _keys(self, view: View, width: int) -> Text:
        line = Text(no_wrap=True, overflow=view.overflow)
        for action in sorted((a for a in self._actions if a.hint), key=lambda action: action.hint):
            key = view.plain(action.shown_keys.split(" ", maxsplit=1)[0])
            words = view.say(f"hint.{action.name}")
            piece = Text.assemble((f" {key} ", "bold"), f"{words} ")
            piece.stylize(Style(meta={"@click": action.method}))
            if line.cell_len + piece.cell_len > width:
                break
            line.append_text(piece)
        return line
