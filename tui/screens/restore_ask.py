"""What lies over the restore screen: what to restore, and whether the person is sure."""

from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from relab.languages import Language
from relab.text import safe, size_of
from restore.model import Existing
from tui import texts
from tui.restore_model import Plan
from tui.restore_moves import Order
from tui.screens.asking import Filling, Typing
from tui.screens.snapshots_ask import Tick
from tui.view import View
from tui.widgets.restore_plan import counts

_TYPED = ("tenants", "only")


class Existings(Static, can_focus=True):
    """One of the ways to treat what stands there; Space, Left and Right go through them."""

    BINDINGS: ClassVar = [
        ("space,right", "next(1)"),
        ("left", "next(-1)"),
    ]

    def __init__(self, value: Existing) -> None:
        super().__init__(markup=False, id="form-existing")
        self.value = value
        self._view: View | None = None

    def show(self, view: View) -> None:
        """Draw the chosen way and what it means."""
        self._view = view
        self.update(f"< {self.value} >  {view.say(f'existing.{self.value}')}")

    def action_next(self, by: int) -> None:
        """Choose the next way, or the one before."""
        every = list(Existing)
        self.value = every[(every.index(self.value) + by) % len(every)]
        if self._view:
            self.show(self._view)

    def on_click(self) -> None:
        """Choose the next way."""
        self.action_next(1)


class Scope(Filling[Order]):
    """Gives what is to be restored, or None."""

    def __init__(self, order: Order, snapshot: str) -> None:
        super().__init__()
        self._order = order
        self._snapshot = snapshot
        self._data = Tick(order.data)
        self._exact = Tick(order.exact, name="exact")
        self._existing = Existings(order.existing)

    def compose(self) -> ComposeResult:
        """Give the fields, and how to go on."""
        values = (self._order.tenants, " ".join(self._order.only))
        with Vertical(classes="sheet"):
            yield Static(markup=False, id="sheet-title")
            yield from self.fields(zip(_TYPED, values, strict=True))
            yield self._data
            yield Static(markup=False, id="label-existing")
            yield self._existing
            yield self._exact
            yield Static(markup=False, id="sheet-help")

    def show(self, view: View) -> None:
        """Draw the words in the language of `view`."""
        title = view.say("scope.title", name=view.plain(safe(self._snapshot)))
        self.query_one("#sheet-title", Static).update(Text(f"{title}\n", "bold", overflow="fold"))
        self.label((*_TYPED, "existing"), "scope", view)
        self._data.show(view.say("form.data"))
        self._existing.show(view)
        self._exact.show(view.say("scope.exact"))
        self.query_one("#sheet-help", Static).update(view.say("scope.help"))

    def action_submit(self) -> None:
        """Give what is to be restored."""
        tenants, only = map(self.typed, _TYPED)
        order = replace(self._order, tenants=tenants or "all", only=tuple(only.split()))
        chosen = replace(order, existing=self._existing.value, exact=self._exact.value)
        self.dismiss(replace(chosen, data=self._data.value))


def word_for(plan: Plan) -> str:
    """Return the text that is the word to begin `plan`: another one where things are removed."""
    return "sure.word-remove" if plan.removed else "sure.word"


def agreed(typed: str, plan: Plan) -> bool:
    """Tell whether `typed` is the word that begins `plan`, in any language."""
    words = {texts.say(language, word_for(plan)).casefold() for language in Language}
    return typed.strip().casefold() in words


class Sure(Typing):
    """Gives True when the person has typed the word that begins the plan."""

    def __init__(self, plan: Plan, *, resumed: bool) -> None:
        super().__init__()
        self._plan = plan
        self._resumed = resumed

    def show(self, view: View) -> None:
        """Draw the words in the language of `view`."""
        plan = self._plan
        key = "sure.resume" if self._resumed else "sure.title"
        title = view.say(key, name=view.plain(safe(plan.snapshot)))
        self.query_one("#sheet-title", Static).update(Text(f"{title}\n", "bold", overflow="fold"))
        self.query_one("#sure-about", Static).update(self._about(view))
        word = view.say(word_for(plan))
        self.query_one("#sheet-help", Static).update(
            view.notice or view.say("sure.help", word=word)
        )

    def _about(self, view: View) -> Text:
        plan = self._plan
        facts = {"account": safe(plan.account), "profile": safe(plan.profile)}
        text = Text(f"{view.plain(view.say('sure.where', **facts))}\n", overflow="fold")
        text.stylize("bold")
        text.append_text(counts(plan.counts, view)).append("\n")
        size = sum(row.size for row in plan.data)
        text.append(f"{view.say('plan.data', size=size_of(size))}\n" if size else "", "not bold")
        removed = plan.counts.get("remove", 0)
        key = "sure.removes" if removed else "sure.keeps"
        text.append(f"{view.say(key, count=f'{removed:,}')}\n", "red" if removed else "not bold")
        if plan.blocked:
            words = view.say("sure.blocked", count=f"{len(plan.blocked):,}")
            text.append(f"{words}\n", "red")
        return text

    def agrees(self, typed: str) -> bool:
        """Tell whether `typed` is the word."""
        return agreed(typed, self._plan)

    def not_yet(self) -> None:
        """Say which word is missing."""
        word = self.relab.view.say(word_for(self._plan))
        self.relab.notice("sure.not-yet", word=word)
