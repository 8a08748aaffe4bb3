"""What becomes of an item, as a sign, an ink and a word: one row an action."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.text import Text

from relab.text import safe
from tui.view import View


@dataclass(frozen=True, slots=True)
class Sign:
    """How an action is drawn; its word is the text `plan.<action>`."""

    glyph: str
    ink: str


# In the order in which they are counted. All signs are ASCII: no terminal draws them too wide.
SIGNS: Mapping[str, Sign] = {
    "create": Sign("+", "green"),
    "update": Sign("~", "yellow"),
    "replace": Sign("*", "yellow"),
    "remove": Sign("-", "red"),
    "adopt": Sign("=", "dim"),
    "skip": Sign("o", "dim"),
    "blocked": Sign("!", "bold red"),
}
_OTHER = Sign("?", "magenta")


def sign_of(action: str) -> Text:
    """Return the sign of `action`; a question mark for one this relab does not know."""
    sign = SIGNS.get(action, _OTHER)
    return Text(sign.glyph, sign.ink)


def words_of(action: str, count: int, view: View) -> Text:
    """Return the sign, the number and the word of `action`."""
    word = view.say(f"plan.{action}") if action in SIGNS else safe(action)
    return sign_of(action).append(f" {count:,} {word}", "not dim")
