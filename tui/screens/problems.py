"""The index of known problems: those of the step's failing checks first, each opens its page."""

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from relab.lab.model import Trouble
from tui import actions, marks
from tui.actions import BY_NAME
from tui.marks import Mark
from tui.screens.base import Shown
from tui.view import View
from tui.widgets.outline import MARK_INKS

_QUIET = {Mark.PASS, Mark.READ, Mark.OPEN, Mark.SKIP}


def likely(view: View) -> tuple[Trouble, ...]:
    """Return the problems that a failing check of the shown step may mean."""
    return tuple(
        trouble for trouble in view.lab.troubles(view.step) if _gravest(view, trouble) not in _QUIET
    )


def _gravest(view: View, trouble: Trouble) -> Mark:
    own = [each for each in trouble.checks if each.partition("#")[0] in view.step.checks]
    return marks.worst(marks.ticked(view.state, each) for each in own)


class Problems(Shown[None]):
    """Lists the problems; arrows and Enter, or a click, open one."""

    BINDINGS: ClassVar = [
        ("escape,q,ㅂ", "close"),
        *actions.bind([BY_NAME["language"]]),
    ]

    def compose(self) -> ComposeResult:
        """Give title, list and the way back."""
        with Vertical(classes="sheet"):
            yield Static(markup=False, id="sheet-title")
            yield OptionList(markup=False)
            yield Static(markup=False, id="sheet-help")

    def show(self, view: View) -> None:
        """Draw the list; the cursor stays where it is."""
        self.query_one("#sheet-title", Static).update(Text(view.say("troubles.title"), "bold"))
        self.query_one("#sheet-help", Static).update(view.notice or view.say("troubles.help"))
        options = self.query_one(OptionList)
        wanted = list(_options(view))
        if [str(option.prompt) for option in options.options] != [str(o.prompt) for o in wanted]:
            at = options.highlighted or 0
            options.clear_options()
            options.add_options(wanted)
            options.highlighted = at
            options.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open the problem that was chosen."""
        self.relab.show_sheet("troubles", str(event.option.id))

    def action_close(self) -> None:
        """Go back to the lab."""
        self.dismiss(None)


def _options(view: View) -> Iterator[Option]:
    first = likely(view)
    rest = (trouble for trouble in view.lab.troubleshooting if trouble not in first)
    for trouble in (*first, *rest):
        mark = _gravest(view, trouble) if trouble in first else None
        words = Text.assemble((f"{view.glyphs.marks[mark]} ", MARK_INKS[mark]) if mark else "  ")
        words.append(view.plain(trouble.title.say(view.language)))
        yield Option(words, id=trouble.id)
