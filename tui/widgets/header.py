"""The top line: which lab, whose, and elapsed against planned time."""

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Static

from tui import pace
from tui.view import View


class Header(Static):
    """One line that is redrawn each second."""

    def __init__(self) -> None:
        super().__init__(id="header", markup=False)
        self._drawn = ""

    def show(self, view: View) -> None:
        """Draw the line for the moment of `view`."""
        text = self._line(view)
        key = repr((text.plain, text.spans))
        if key != self._drawn:
            self._drawn = key
            self.update(text)

    def _line(self, view: View) -> Text:
        """Return the line with the lab's whole title where it fits, else with its first part."""
        title = view.plain(view.lab.title.say(view.language))
        rest = _rest(view)
        room = self.app.size.width - 2 - rest.cell_len
        shown = title if cell_len(title) <= room else title.partition(":")[0]
        line = Text(no_wrap=True, overflow=view.overflow)
        return line.append(shown, "bold").append_text(rest)


def _rest(view: View) -> Text:
    between = view.glyphs.between
    section = view.lab.section_of(view.step)
    line = Text(between + view.say("header.tenant", tenant=view.state.tenant) + between)
    line.append_text(_pace(view, "header.section", pace.section_seconds(view), section.minutes))
    line.append(between)
    line.append_text(_pace(view, "header.total", pace.lab_seconds(view), view.lab.minutes))
    if view.state.paused:
        line.append(between)
        line.append(view.say("header.paused"), "bold reverse")
    return line


def _pace(view: View, key: str, seconds: float, planned: int) -> Text:
    ink = "bold yellow" if planned and seconds > planned * 60 else ""
    clock = f"{int(seconds) // 60}:{int(seconds) % 60:02}"
    return Text(view.say(key, used=clock, planned=planned), ink)
