"""The words of the checks' messages, made safe for the screen."""

from collections.abc import Iterator
from dataclasses import dataclass

from relab.events import Message
from relab.languages import Language
from relab.text import safe

LONGEST = 4000
COMMAND = "$ "


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a remedy: something to read, or a command to copy."""

    text: str
    is_command: bool


def words(message: Message, language: Language) -> str:
    """Return `message` in `language`, at most `LONGEST` characters; newlines stay."""
    from relab.checks import texts

    return shortened(safe(texts.render(message, language), keep="\n"), LONGEST)


def title(check: str, language: Language) -> str:
    """Return what people call `check`."""
    from relab.checks import texts

    key = f"title.{check}"
    return safe(texts.render(Message(key), language).removeprefix("title."))


def parts(remedy: str) -> Iterator[Part]:
    """Yield the pieces of a rendered remedy in order; each command is one line."""
    for line in filter(None, (line.strip() for line in remedy.splitlines())):
        yield Part(line.removeprefix(COMMAND), line.startswith(COMMAND))


def shortened(text: str, longest: int) -> str:
    """Return `text`, cut to `longest` characters with the number of those left out."""
    left = len(text) - longest
    return text if left <= 0 else f"{text[:longest]} (+{left})"
