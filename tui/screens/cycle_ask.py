"""What lies over the cycle's screen: how to begin, and whether the account is meant."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from relab.text import safe
from tui.cycle_model import Known, Proof
from tui.cycle_moves import Order
from tui.screens.base import Shown
from tui.screens.snapshots_ask import Tick
from tui.view import View
from tui.widgets.cycle_proof import fates, verdict


class Begin(Shown[Order]):
    """Gives how a cycle is begun or gone on with up to the gate, or None.

    Of one that goes on (`again`), only what is accepted can still be chosen.
    """

    BINDINGS: ClassVar = [
        ("escape", "close"),
        ("enter", "submit"),
        ("up", "app.focus_previous"),
        ("down", "app.focus_next"),
        ("f7", "language"),
    ]
    AUTO_FOCUS = "Input"

    def __init__(self, order: Order, known: Known, *, again: bool) -> None:
        super().__init__()
        self._order = order
        self._known = known
        self._again = again
        self._soft = Tick(order.soft, name="soft")
        self._fields = {"accepted": " ".join(order.accepted)}
        if not again:
            self._fields = {"name": order.name, **self._fields}

    def compose(self) -> ComposeResult:
        """Give the fields, and how to go on."""
        with Vertical(classes="sheet"):
            yield Static(markup=False, id="sheet-title")
            yield Static(markup=False, id="sure-about")
            for name, value in self._fields.items():
                yield Static(markup=False, id=f"label-{name}")
                yield Input(value, id=f"form-{name}")
            if not self._again:
                yield self._soft
            yield Static(markup=False, id="sheet-help")

    def show(self, view: View) -> None:
        """Draw the words in the language of `view`."""
        key = "begin.again" if self._again else "begin.title"
        title = Text(f"{view.say(key)}\n", "bold", overflow="fold")
        self.query_one("#sheet-title", Static).update(title)
        facts = {"account": safe(self._known.account), "profile": safe(self._known.profile)}
        about = view.say("begin.about", vault=safe(self._known.vault), **facts)
        self.query_one("#sure-about", Static).update(Text(f"{view.plain(about)}\n"))
        for name in self._fields:
            self.query_one(f"#label-{name}", Static).update(view.say(f"begin.{name}"))
        if not self._again:
            self._soft.show(view.say("begin.soft"))
        self.query_one("#sheet-help", Static).update(view.say("begin.help"))

    def on_input_submitted(self) -> None:
        """Go on with what stands in the fields."""
        self.action_submit()

    def action_submit(self) -> None:
        """Give what was chosen."""
        values = {name: self.query_one(f"#form-{name}", Input).value for name in self._fields}
        accepted = tuple(values["accepted"].replace(",", " ").split())
        self.dismiss(Order(values.get("name", "").strip(), self._soft.value, accepted))

    def action_language(self) -> None:
        """Read the other language."""
        self.relab.switch_language()

    def action_close(self) -> None:
        """Begin nothing."""
        self.dismiss(None)


def agreed(typed: str, known: Known) -> bool:
    """Tell whether `typed` is the account's alias; never, where it has none."""
    return bool(known.alias) and typed.strip() == known.alias


class Wipe(Shown[bool]):
    """Gives True when the person has typed the account's alias; Enter alone does nothing."""

    BINDINGS: ClassVar = [
        ("escape", "close"),
        ("f7", "language"),
    ]
    AUTO_FOCUS = "Input"

    def __init__(self, known: Known, snapshot: str, proof: Proof) -> None:
        super().__init__()
        self._known = known
        self._snapshot = snapshot
        self._proof = proof

    def compose(self) -> ComposeResult:
        """Give what would go, where, and a line to type the alias in."""
        with Vertical(classes="sheet"):
            yield Static(markup=False, id="sheet-title")
            yield Static(markup=False, id="sure-about")
            yield Input(id="sure-word")
            yield Static(markup=False, id="sheet-help")

    def show(self, view: View) -> None:
        """Draw the words in the language of `view`."""
        known = self._known
        title = view.plain(view.say("wipe.title", account=safe(known.account)))
        self.query_one("#sheet-title", Static).update(
            Text(f"{title}\n", "bold red", overflow="fold")
        )
        self.query_one("#sure-about", Static).update(self._about(view))
        words = view.notice or view.say("wipe.help", alias=view.plain(safe(known.alias)))
        self.query_one("#sheet-help", Static).update(Text(words))

    def _about(self, view: View) -> Text:
        facts = {
            "account": safe(self._known.account),
            "alias": safe(self._known.alias),
            "profile": safe(self._known.profile),
            "snapshot": safe(self._snapshot),
        }
        text = Text(overflow="fold")
        for name, value in facts.items():
            text.append(f"{view.say(f'wipe.{name}')} ").append(f"{view.plain(value)}\n", "bold")
        text.append("\n").append_text(verdict(self._proof, view)).append("\n")
        text.append_text(fates(self._proof, view)).append("\n\n")
        return text.append(f"{view.say('wipe.again')}\n")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on when the alias was typed; else say what is missing."""
        if agreed(event.value, self._known):
            self.dismiss(True)
        else:
            self.relab.notice("wipe.not-yet", alias=safe(self._known.alias))

    def action_language(self) -> None:
        """Read the other language."""
        self.relab.switch_language()

    def action_close(self) -> None:
        """Wipe nothing."""
        self.dismiss(None)
