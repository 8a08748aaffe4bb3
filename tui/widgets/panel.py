"""The live panel: how the step's checks stand right now, and what their helpers are doing."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from relab.events import Progress, Trouble
from relab.text import safe
from tui import actions
from tui.moves import HelperDown
from tui.view import View
from tui.widgets import own_shell
from tui.widgets.card import Card, model
from tui.widgets.command import Line
from tui.widgets.own_shell import Offer

_BAR = 16


class Panel(VerticalScroll, can_focus=True):
    """One card a check of the step; the cursor moves over the cards."""

    BINDINGS = actions.bindings(actions.PANEL)

    def __init__(self) -> None:
        super().__init__(id=actions.PANEL)
        self._status = Static(markup=False, id="status")
        self._drawn_status: object = None
        self._cure, self._before, self._after = Offer(), Offer(), Offer()
        self._cards: tuple[Card, ...] = ()
        self._cursor = 0
        self._unfolded: set[str] = set()
        self._view: View | None = None
        self._first = 1
        self.lines: tuple[Line, ...] = ()
        self._composed = False

    def compose(self) -> ComposeResult:
        """Give what was drawn before, so that the first frame is whole."""
        self._composed = True
        yield from (self._status, self._cure, self._before)
        yield from self._cards
        yield self._after

    def show(self, view: View, first: int) -> None:
        """Draw the checks of the step; their commands are numbered from `first`."""
        self._view = view
        self.border_title = view.say("panel.title")
        self._show_status(view)
        checks = view.step.checks
        if checks != tuple(card.check for card in self._cards):
            self._replace(tuple(Card(check) for check in checks))
        self._first = first
        self.lines = ()
        self._offer(self._cure, "panel.cure", cure(view, first), view)
        own = own_shell.line(view, self._next)
        early = own_shell.is_first(view)
        self._offer(self._before, "panel.own-shell", own if early else None, view)
        for card in self._cards:
            shown = model(card.check, view, card.check in self._unfolded, self._next)
            card.show(shown, view)
            self.lines += shown.lines(view)
        own = own_shell.line(view, self._next)
        self._offer(self._after, "panel.own-shell-short", None if early else own, view)
        self._show_cursor()

    @property
    def _next(self) -> int:
        return self._first + len(self.lines)

    def _offer(self, offer: Offer, words: str, line: Line | None, view: View) -> None:
        offer.show(view.say(words), line, view)
        self.lines += (line,) if line else ()

    def _replace(self, cards: tuple[Card, ...]) -> None:
        before, self._cards, self._cursor = self._cards, cards, 0
        if self._composed:
            for card in before:
                card.remove()
            self.mount_all(cards, before=self._after)
            self.scroll_home(animate=False)

    def _show_status(self, view: View) -> None:
        text = status(view)
        drawn = (text.plain, str(text.spans))
        if drawn != self._drawn_status:
            self._drawn_status = drawn
            self._status.display = bool(text.plain)
            self._status.update(text)

    def _show_cursor(self) -> None:
        for number, card in enumerate(self._cards):
            card.set_class(number == self._cursor, "-cursor")

    def action_move(self, by: int) -> None:
        """Move the cursor, or scroll where there is nothing more to move to."""
        to = self._cursor + by
        if not 0 <= to < len(self._cards):
            self.scroll_relative(y=by * 3, animate=False)
            return
        self._cursor = to
        self._show_cursor()
        self._cards[to].scroll_visible(animate=False)

    def action_evidence(self) -> None:
        """Show or hide the evidence of the card under the cursor."""
        self.toggle()

    def toggle(self, check: str | None = None) -> None:
        """Show or hide the evidence of `check`, else of the card under the cursor."""
        names = [card.check for card in self._cards]
        if check in names:
            self._cursor = names.index(check)
        if not names or self._view is None:
            return
        self._unfolded ^= {names[self._cursor]}
        self.show(self._view, self._first)


def cure(view: View, number: int) -> Line | None:
    """Return the command that ends the trouble, where one of relab's own does."""
    trouble = view.state.now.trouble
    if trouble is None or not trouble.fix.startswith("relab "):
        return None
    return Line(number, view.command(safe(trouble.fix)))


def status(view: View) -> Text:
    """Return the panel's first lines: what is being started, what is wrong, or nothing to check."""
    now = view.state.now
    if now.trouble:
        return _trouble(view, now.trouble)
    for down in now.down.values():
        return _down(view, down)
    if now.progress:
        return _progress(view, now.progress)
    if not view.step.checks:
        return Text(view.say("panel.nothing"), "dim")
    waiting = (
        "panel.starting-sandbox" if view.sandbox and "sandbox" not in now.up else "panel.starting"
    )
    return Text("" if "checks" in now.up or view.state.results else view.say(waiting), "dim")


def _trouble(view: View, trouble: Trouble) -> Text:
    if view.sandbox and trouble.fix.startswith("relab sandbox"):
        return Text(view.say("panel.sandbox-stopped"), "bold red", overflow="fold")
    text = Text.assemble((view.plain(safe(trouble.what)), "bold red"), overflow="fold")
    text.append(f"\n{view.plain(safe(trouble.where))}" if trouble.where else "", "dim")
    if cure(view, 0):
        return text
    return text.append(f"\n{view.glyphs.folded} {view.plain(safe(trouble.fix))}")


def _down(view: View, down: HelperDown) -> Text:
    words = view.say(
        f"panel.down-{down.helper}", reason=safe(down.reason), seconds=f"{down.retry:.0f}"
    )
    return Text(view.plain(words), "bold yellow", overflow="fold")


def _progress(view: View, progress: Progress) -> Text:
    done = min(progress.done * _BAR // max(progress.total, 1), _BAR)
    bar = view.glyphs.bar * done + view.glyphs.gap * (_BAR - done)
    words = view.say(
        "panel.progress", stage=safe(progress.stage), done=progress.done, total=progress.total
    )
    return Text(f"{bar} {view.plain(words)}", "cyan", overflow="fold")
