"""A sheet over the lab: checklist, known problems, references, what follows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from relab.lab import Block, Step
from relab.lab.block import Bullets, Heading, Paragraph
from relab.lab.model import FINISH, OVERVIEW, ChecklistItem
from tui import actions, marks
from tui.marks import Mark
from tui.prose import inline
from tui.screens.base import Shown
from tui.view import View
from tui.widgets.command import CommandBox
from tui.widgets.outline import MARK_INKS
from tui.widgets.page import Blocks, Drawing


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet shows: `build` is called again when `key` gives something new.

    `build` is also given what the sheet is about: a problem's id, else an empty string.
    """

    key: Callable[[View], object]
    build: Callable[[View, str], Drawing]


def _always(_: View) -> object:
    return None


@dataclass(frozen=True, slots=True)
class _Tick:
    item: ChecklistItem
    mark: Mark
    opened: bool

    @property
    def is_done(self) -> bool:
        return self.mark is Mark.PASS and self.opened


def _ticks(view: View) -> tuple[_Tick, ...]:
    return tuple(
        _Tick(
            item=item,
            mark=marks.ticked(view.state, item.check),
            opened=marks.is_opened(view.state, view.lab, item.check),
        )
        for item in view.lab.checklist
    )


def _checklist(view: View, _: str) -> Drawing:
    ticks = _ticks(view)
    done = sum(tick.is_done for tick in ticks)
    total = sum(tick.mark is not Mark.SKIP for tick in ticks)
    lines = [Text(view.say("checklist.summary", done=done, total=total), "bold")]
    section = ""
    titles = {section.id: section.title for section in view.lab.sections}
    for tick in ticks:
        if tick.item.section != section:
            section = tick.item.section
            lines.append(Text(f"\n{view.plain(titles[section].say(view.language))}", "bold"))
        lines.append(_ticked(tick, view))
    return Drawing((), lines)


def _ticked(tick: _Tick, view: View) -> Text:
    """Return the line of one item; one that passes unseen is open, and says why."""
    unseen = tick.mark is Mark.PASS and not tick.opened
    mark = Mark.OPEN if unseen else tick.mark
    line = Text.assemble((f"[{view.glyphs.marks[mark]}] ", MARK_INKS[mark]), overflow="fold")
    line.append_text(inline(view.prose(tick.item.text.say(view.language)), view))
    return line.append(f" {view.say('checklist.unopened')}" if unseen else "", "dim italic")


def _troubles(view: View, about: str) -> Drawing:
    trouble = next(each for each in view.lab.troubleshooting if each.id == about)
    page = view.page(trouble.id)
    titled = bool(page) and isinstance(page[0], Heading)
    return Drawing(page if titled else (Heading(0, 2, trouble.title.say(view.language)), *page))


def _references(view: View, _: str) -> Drawing:
    blocks: list[Block] = [Paragraph(0, view.say("references.help"))]
    for group in view.lab.references:
        links = tuple(f"[{link.title.say(view.language)}]({link.url})" for link in group.links)
        blocks += [Heading(0, 3, group.title.say(view.language)), Bullets(0, links, ordered=False)]
    return Drawing(blocks)


def _finish(view: View, _: str) -> Drawing:
    found = marks.tally(view.state, view.lab)
    summary = view.say(
        "finish.summary",
        passed=found[Mark.PASS],
        warned=found[Mark.WARN],
        failed=found[Mark.FAIL] + found[Mark.REGRESSED],
        skipped=found[Mark.SKIP],
        unknown=found[Mark.ERROR] + found[Mark.OPEN],
        minutes=int(marks.total_seconds(view.state)) // 60,
        planned=view.lab.minutes,
    )
    following = view.lab.next
    title = view.say("finish.next", title=following.title.say(view.language))
    tail = (Text(f"\n{title}", "bold"), Text(view.plain(following.about.say(view.language))))
    return Drawing((Paragraph(0, f"**{summary}**"), *_praise_or_rest(view)), tail)


def _praise_or_rest(view: View) -> tuple[Block, ...]:
    """Return the last page; what is left to do takes the place of its first words of praise."""
    page = view.page(FINISH)
    groups = {
        "finish.unopened": marks.unopened(view.state, view.lab),
        "finish.unpassed": marks.unpassed(view.state, view.lab),
    }
    left: list[Block] = []
    for key, steps in groups.items():
        if steps:
            left += [Paragraph(0, view.say(key)), Bullets(0, _links(steps, view), ordered=False)]
    return (*left, *page[1:]) if left else page


def _links(steps: Sequence[Step], view: View) -> tuple[str, ...]:
    return tuple(f"[{step.id} {step.title.say(view.language)}](step:{step.id})" for step in steps)


def _progress(view: View) -> object:
    return (marks.tally(view.state, view.lab), view.state.visited)


def _overview(view: View, _: str) -> Drawing:
    return Drawing(view.page(OVERVIEW))


SHEETS: Mapping[str, Sheet] = {
    "overview": Sheet(_always, _overview),
    "checklist": Sheet(_ticks, _checklist),
    "troubles": Sheet(_always, _troubles),
    "references": Sheet(_always, _references),
    "finish": Sheet(_progress, _finish),
}


class Reader(Shown[None]):
    """Shows one sheet; its commands are copied like those of a step."""

    BINDINGS: ClassVar = [
        ("escape,q,ㅂ", "close"),
        *actions.bind(actions.ON_SHEETS),
    ]

    def __init__(self, name: str, about: str = "") -> None:
        super().__init__()
        self._sheet_name = name
        self._about = about

    def compose(self) -> ComposeResult:
        """Give title, text and the way back."""
        with Vertical(classes="sheet"):
            yield Static(markup=False, id="sheet-title")
            yield Blocks(id="sheet-body")
            yield Static(markup=False, id="sheet-help")

    def show(self, view: View) -> None:
        """Draw the sheet."""
        sheet = SHEETS[self._sheet_name]
        title = Text(view.say(f"{self._sheet_name}.title"), "bold")
        self.query_one("#sheet-title", Static).update(title)
        foot = self.query_one("#sheet-help", Static)
        foot.set_class(bool(view.notice), "-notice")
        foot.update(view.notice or view.say("reader.close"))
        key = (view.language, view.shell, view.values, sheet.key(view))
        blocks = self.query_one(Blocks)
        blocks.draw(repr(key), view, lambda: sheet.build(view, self._about))

    def action_copy_number(self, number: int) -> None:
        """Copy the command with this number."""
        self.copy_line(self.query_one(Blocks).lines, number)

    def on_command_box_chosen(self, event: CommandBox.Chosen) -> None:
        """Copy the command that was clicked."""
        self.relab.copy(event.line.text)

    def action_follow(self, target: str) -> None:
        """Follow a link of the text; one to a step leads back to the lab."""
        if target.startswith("step:"):
            self.dismiss(None)
        self.relab.follow(target)

    def action_shell(self) -> None:
        """Show the commands of the other shell."""
        self.relab.switch_shell()

    def action_close(self) -> None:
        """Go back to the lab."""
        self.dismiss(None)
