"""One check in the live panel: its verdict, what was found, what to do, and the evidence."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from relab.events import Evidence, Finding, Verdict
from relab.languages import Language
from tui import evidence, marks
from tui.messages import Part, parts, title, words
from tui.view import View
from tui.widgets.command import CommandBox, Line
from tui.widgets.outline import MARK_INKS

_REMEDIED = {Verdict.WARN, Verdict.FAIL, Verdict.ERROR}


@dataclass(frozen=True, slots=True)
class CardModel:
    """Everything that a card shows of check `check`."""

    check: str
    mark: marks.Mark
    seen_at: str
    passed_at: str
    old: bool
    asking: bool
    findings: tuple[Finding, ...]
    evidence: tuple[Evidence, ...]
    unfolded: bool
    first: int

    def lines(self, view: View) -> tuple[Line, ...]:
        """Return the commands of the remedies, numbered from `first`."""
        commands = (
            view.command(part.text)
            for finding in self.findings
            for part in remedy(finding, view.language)
            if part.is_command
        )
        return tuple(Line(n, text) for n, text in enumerate(commands, start=self.first))


def remedy(finding: Finding, language: Language) -> tuple[Part, ...]:
    """Return what to do about `finding`; nothing when all is well."""
    if finding.remedy is None or finding.verdict not in _REMEDIED:
        return ()
    return tuple(parts(words(finding.remedy, language)))


def model(check: str, view: View, unfolded: bool, first: int) -> CardModel:
    """Return what the card of `check` shows in `view`; its commands count from `first`."""
    result = view.state.results.get(check)
    asking = check in view.state.now.asking
    if result is None:
        return CardModel(check, marks.Mark.OPEN, "", "", False, asking, (), (), unfolded, first)
    return CardModel(
        check=check,
        mark=marks.of_result(result),
        seen_at=result.seen_at,
        passed_at=result.passed_at or "",
        old=marks.is_old(view.state, result),
        asking=asking,
        findings=result.latest.findings,
        evidence=result.latest.evidence if unfolded else (),
        unfolded=unfolded,
        first=first,
    )


class Card(Vertical):
    """Draws a `CardModel`; only what changed is touched, so nothing flickers."""

    @dataclass
    class Clicked(Message):
        """The person clicked the card of `check`."""

        check: str

    def __init__(self, check: str) -> None:
        super().__init__(classes="card")
        self.check = check
        self._head = Static(markup=False, classes="card-head")
        self._body = Vertical(classes="card-body")
        self._latest: tuple[CardModel, View] | None = None
        self._drawn_head: object = None
        self._drawn_body: object = None

    def compose(self) -> ComposeResult:
        """Give the head and the body."""
        yield self._head
        yield self._body

    def on_mount(self) -> None:
        """Draw what came before there was anything to draw on."""
        if self._latest:
            self.show(*self._latest)

    def show(self, card: CardModel, view: View) -> None:
        """Draw `card`."""
        self._latest = (card, view)
        if not self._body.is_attached:
            return
        look = (view.language, view.glyphs.ascii, view.shell)
        head = replace(card, findings=(), evidence=())
        if (head, look) != self._drawn_head:
            self._drawn_head = (head, look)
            self._head.update(_head(card, view))
        body = (card.findings, card.evidence, card.unfolded, card.first, look)
        if body != self._drawn_body:
            self._drawn_body = body
            with self.app.batch_update():
                self._body.remove_children()
                self._body.mount_all(self._widgets(card, view))
        for box in self._body.query(CommandBox):
            box.show(view)

    def _widgets(self, card: CardModel, view: View) -> Iterator[Widget]:
        lines = iter(card.lines(view))
        for finding in card.findings:
            mark = marks.Mark(finding.verdict.value)
            text = Text.assemble((f"{view.glyphs.marks[mark]} ", MARK_INKS[mark]), overflow="fold")
            text.append(view.plain(words(finding.message, view.language)))
            yield Static(text, classes="finding")
            for part in remedy(finding, view.language):
                if part.is_command:
                    yield CommandBox(next(lines))
                else:
                    yield Static(Text(view.plain(part.text), overflow="fold"), classes="remedy")
        for piece in card.evidence:
            yield Static(evidence.draw(piece, view), classes="evidence")

    def on_click(self) -> None:
        """Tell that the card was clicked."""
        self.post_message(self.Clicked(self.check))


def _title(check: str, view: View) -> str:
    """Return the name of `check`; alone in its step, it is called like the step."""
    step = view.step
    return step.title.say(view.language) if len(step.checks) == 1 else title(check, view.language)


def _head(card: CardModel, view: View) -> Text:
    fold = view.glyphs.open if card.unfolded else view.glyphs.folded
    fold = view.glyphs.asking if card.asking else fold
    line = Text.assemble((f"{fold} ", "dim"), overflow="fold")
    line.append(f"{view.glyphs.marks[card.mark]} ", MARK_INKS[card.mark])
    line.append(view.plain(_title(card.check, view)), "bold")
    line.append(f" {view.say('verdict.' + card.mark.value)}", MARK_INKS[card.mark])
    if card.mark is marks.Mark.REGRESSED or (card.mark is marks.Mark.ERROR and card.passed_at):
        line.append(" " + view.say("panel.passed-at", time=evidence.clock(card.passed_at)), "dim")
    if card.old:
        line.append(" " + view.say("panel.old"), "yellow")
    if card.seen_at:
        line.append(f" {evidence.clock(card.seen_at)}", "dim")
    return line
