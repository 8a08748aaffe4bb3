"""What lies over the snapshots screen: a document, a choice, and what to save."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from relab.text import safe, size_of
from tui import actions
from tui.actions import BY_NAME
from tui.screens.asking import Filling
from tui.screens.base import Shown
from tui.vault_desk import VaultDesk
from tui.vault_model import Item
from tui.vault_moves import Ask, Order
from tui.view import UNKNOWN, View
from tui.widgets.snapshot_document import Document as Lines
from tui.widgets.snapshot_progress import failure
from tui.widgets.snapshot_rows import Rows, Source, Texts

_EVERY = 0.1


class Document(Shown[None]):
    """One item as YAML."""

    BINDINGS: ClassVar = [
        ("escape,q,ㅂ", "close"),
        *actions.bind([BY_NAME["language"]]),
    ]
    AUTO_FOCUS = "Rows"

    def __init__(self, desk: VaultDesk, snapshot: str, item: Item) -> None:
        super().__init__()
        self._desk = desk
        self._snapshot = snapshot
        self._item = item
        self._drawn: object = None

    def compose(self) -> ComposeResult:
        """Give the item's whole name, its lines and the way back."""
        with Vertical(classes="sheet"):
            yield Static(markup=False, id="sheet-title")
            yield Rows("document")
            yield Static(markup=False, id="sheet-help")

    def on_mount(self) -> None:
        """Look whether the answer came."""
        self.set_interval(_EVERY, lambda: self.show(self.relab.view))

    def show(self, view: View) -> None:
        """Draw the document, or that it is on its way, or why it does not come."""
        text = self._desk.vault.answer(Ask.DOCUMENT, self._snapshot, self._item.identity)
        drawn = (view.language, view.glyphs.ascii, text is None, self._desk.vault.trouble)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self.query_one("#sheet-title", Static).update(self._title(view))
        self.query_one("#sheet-help", Static).update(view.say("reader.close"))
        self.query_one(Rows).show(self._source(text, view), view)

    def _title(self, view: View) -> Text:
        item, between = self._item, view.glyphs.between
        title = Text(f"{view.plain(safe(item.key))}\n", "bold", overflow="fold")
        about = [f"{item.provider} {item.type} {item.region}"]
        about += [size_of(item.bytes)] if item.bytes else []
        about += [view.say("vault.sealed", count=item.sealed)] if item.sealed else []
        return title.append(view.plain(safe(between.join(about))), "not bold")

    def _source(self, text: str | None, view: View) -> Source:
        if text is not None:
            return Lines(text, view)
        trouble = self._desk.vault.trouble
        if trouble and trouble.question.ask is Ask.DOCUMENT:
            return Texts([failure(trouble.code, trouble.words, view)])
        return Texts([Text(view.say("vault.asking"), "dim")])


class Choices(Shown[str]):
    """Gives the one that was chosen, or None."""

    BINDINGS: ClassVar = [
        ("escape,q,ㅂ", "close"),
        ("enter,space", "choose"),
    ]
    AUTO_FOCUS = "Rows"

    def __init__(self, title: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title = title
        self._choices = choices

    def compose(self) -> ComposeResult:
        """Give the question and what there is to choose from."""
        with Vertical(classes="sheet"):
            yield Static(Text(self._title, "bold"), markup=False)
            yield Rows("choices")
            yield Static(markup=False, id="sheet-help")

    def show(self, view: View) -> None:
        """Draw what there is to choose from."""
        texts = [Text(words) for _, words in self._choices]
        names = [name for name, _ in self._choices]
        self.query_one(Rows).show(Texts(texts, names), view)
        self.query_one("#sheet-help", Static).update(view.say("vault.choices"))

    def action_choose(self) -> None:
        """Give what is under the cursor."""
        self.query_one(Rows).choose()

    def on_rows_picked(self, event: Rows.Picked) -> None:
        """Give what was chosen."""
        self.dismiss(str(event.key))


class Tick(Static, can_focus=True):
    """A box with a word beside it; Space or a click ticks it."""

    BINDINGS: ClassVar = [("space", "tick")]

    def __init__(self, value: bool, *, name: str = "data", disabled: bool = False) -> None:
        super().__init__(markup=False, id=f"form-{name}", classes="tick", disabled=disabled)
        self.value = value
        self._words = ""

    def show(self, words: str) -> None:
        """Draw the box and `words`."""
        self._words = words
        self.update(f"[{'x' if self.value else ' '}] {words}")

    def action_tick(self) -> None:
        """Tick it, or not."""
        self.value = not self.value
        self.show(self._words)

    def on_click(self) -> None:
        """Tick it, or not."""
        self.action_tick()


_TYPED = ("name", "tenants", "only")


class Form(Filling[Order]):
    """Gives the save that was asked for, or None; what is gone on with cannot be changed."""

    def __init__(self, order: Order, desk: VaultDesk) -> None:
        super().__init__()
        self._order = order
        self._desk = desk
        self._tick = Tick(order.data, disabled=order.resume)

    def compose(self) -> ComposeResult:
        """Give what is saved and where to, the fields, and how to go on."""
        order = self._order
        values = (order.name, order.tenants, " ".join(order.only))
        with Vertical(classes="sheet"):
            yield Static(markup=False, id="sheet-title")
            yield from self.fields(zip(_TYPED, values, strict=True), disabled=order.resume)
            yield self._tick
            yield Static(markup=False, id="sheet-help")

    def show(self, view: View) -> None:
        """Draw the words in the language of `view`."""
        title = view.say("form.resume" if self._order.resume else "form.title")
        text = Text(f"{title}\n", "bold", overflow="fold")
        text.append(self._about(view), "not bold")
        self.query_one("#sheet-title", Static).update(text)
        self.label(_TYPED, "form", view)
        self._tick.show(view.say("form.data"))
        self.query_one("#sheet-help", Static).update(view.notice or view.say("form.help"))

    def _about(self, view: View) -> str:
        account = view.state.values.get("account", UNKNOWN)
        where = self._desk.vault.answer(Ask.WHERE) or UNKNOWN
        facts = {"account": account, "profile": view.state.environment, "where": where}
        return view.plain(view.say("form.about", **{key: safe(facts[key]) for key in facts}))

    def action_submit(self) -> None:
        """Give the order, unless it has no name."""
        name, tenants, only = map(self.typed, _TYPED)
        if not name:
            self.relab.notice("notice.no-name")
            return
        order = replace(self._order, name=name, only=tuple(only.split()), data=self._tick.value)
        self.dismiss(replace(order, tenants=tenants or "all"))
