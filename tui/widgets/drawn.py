"""What the screens of saved work draw alike: pages of rows, their tabs, and what is wrong."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from rich.style import Style
from rich.text import Text

from tui.view import View
from tui.widgets.snapshot_progress import failure
from tui.widgets.snapshot_rows import Source

State = TypeVar("State")
Group = tuple[str, ...]


class Trouble(Protocol):
    """relab could not say something: its exit code, and its last words."""

    @property
    def code(self) -> int:
        """The exit code."""

    @property
    def words(self) -> str:
        """The last words."""


@dataclass(frozen=True, slots=True)
class Drawn(Generic[State]):
    """A list of rows: `source` is made anew when `key` gives something new; times are seconds."""

    key: Callable[[State, float], object]
    source: Callable[[State, float, View], Source]


@dataclass(frozen=True, slots=True)
class Pages(Generic[State]):
    """All that a screen of pages draws: its `rows` by page, and how each line above them is made.

    `group` gives what is opened and closed at a row; empty for nothing.
    """

    head: Callable[[State, View], Text]
    tabs: Callable[[State, View], Text]
    group: Callable[[Hashable], Group]
    rows: Mapping[str, Drawn[State]]


def tabs(pages: Sequence[str], shown: str, action: str, words: str, view: View) -> Text:
    """Return the names of `pages` on one line, `shown` marked; a click does `action` with one.

    `words` is the text of a page's name, up to the page.
    """
    line = Text(no_wrap=True, overflow=view.overflow)
    for number, page in enumerate(pages, start=1):
        here = page == shown
        mark = view.glyphs.here if here else " "
        meta = Style(meta={"@click": f"screen.{action}('{page}')"}, bold=here, reverse=here)
        line.append(f"{mark}{number} {view.say(f'{words}{page}')} ", meta)
    return line


def status(trouble: Trouble | None, view: View) -> Text:
    """Return what is wrong, in one piece; empty when there is nothing to say."""
    return failure(trouble.code, trouble.words, view) if trouble else Text("")
