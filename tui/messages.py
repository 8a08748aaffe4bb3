"""The words of the checks' messages, made safe for the screen."""

from relab.events import Message
from relab.languages import Language
from relab.text import safe

LONGEST = 4000


def words(message: Message, language: Language) -> str:
    """Return `message` in `language`, at most `LONGEST` characters; newlines stay."""
    from relab.checks import texts

    try:
        text = texts.render(message, language)
    except (KeyError, IndexError, ValueError):
        details = ", ".join(f"{key}={value}" for key, value in message.args.items())
        text = f"{message.key}: {details}"
    return shortened(safe(text, keep="\n"), LONGEST)


def shortened(text: str, longest: int) -> str:
    """Return `text`, cut to `longest` characters with the number of those left out."""
    left = len(text) - longest
    return text if left <= 0 else f"{text[:longest]} (+{left})"
