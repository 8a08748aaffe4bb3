"""What lies over the cycle's screen: how to begin, and whether the account is meant."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from relab.text import safe
from tui.cycle_model import Known, Proof
from tui.cycle_moves import Order
from tui.screens.asking import Filling, Typing
from tui.screens.snapshots_ask import Tick
from tui.view import View
from tui.widgets.cycle_proof import fates, verdict


class Begin(Filling[Order]):
    """Gives how a cycle is begun or gone on with up to the gate, or None.

    Of one that goes on (`again`), only what is accepted can still be chosen.
    """

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
            yield from self.fields(self._fields.items())
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
        self.label(self._fields, "begin", view)
        if not self._again:
            self._soft.show(view.say("begin.soft"))
        self.query_one("#sheet-help", Static).update(view.say("begin.help"))

    def action_submit(self) -> None:
        """Give what was chosen."""
        values = {name: self.typed(name) for name in self._fields}
        accepted = tuple(values["accepted"].replace(",", " ").split())
        self.dismiss(Order(values.get("name", ""), self._soft.value, accepted))


def agreed(typed: str, known: Known) -> bool:
    """Tell whether `typed` is the account's alias; never, where it has none."""
    return bool(known.alias) and typed.strip() == known.alias


class Wipe(Typing):
    """Gives True when the person has typed the account's alias."""

    def __init__(self, known: Known, snapshot: str, proof: Proof) -> None:
        super().__init__()
        self._known = known
        self._snapshot = snapshot
        self._proof = proof

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

    def agrees(self, typed: str) -> bool:
        """Tell whether `typed` is the alias."""
        return agreed(typed, self._known)

    def not_yet(self) -> None:
        """Say what the alias is."""
        self.relab.notice("wipe.not-yet", alias=safe(self._known.alias))
