"""What checks say to people: one flat catalogue a language, loaded when first asked for.

    render(Message("mlflow.server.running", {"pod": "x"}), Language.EN)  ->  "Pod x is running."

A line of a remedy that begins with `$ ` is a command; `commands` lists them for copying. A command
that a profile has none of is left out.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from relab.events import Message
from relab.korean import agree
from relab.languages import Language
from relab.parsed import parsed
from relab.text import safe

COMMAND = "$ "
PLACEHOLDER = re.compile(r"\{([a-z]+)\}")


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Return every text of `language` by its key."""
    texts: dict[str, str] = parsed(Path(__file__).with_name(f"{language}.yaml"))
    return {key: text.strip() for key, text in texts.items()}


def render(message: Message, language: Language) -> str:
    """Return `message` in `language`, with what came from outside made safe for a terminal.

    A key of a newer or older recording that is not in the catalogue is shown as it stands.
    """
    text = catalogue(language).get(message.key)
    if text is None:
        return safe(" ".join([message.key, *(f"{k}={v}" for k, v in message.args.items())]))
    filled = PLACEHOLDER.sub(lambda match: safe(message.args.get(match[1], match[0])), text)
    told = "\n".join(line for line in filled.splitlines() if line.strip() != COMMAND.strip())
    return agree(told) if language is Language.KO else told


def say(key: str, language: Language, **args: str) -> str:
    """Return the text called `key` with `args` filled in."""
    return render(Message(key, args), language)


def commands(text: str) -> tuple[str, ...]:
    """Return the commands of a rendered remedy, without their mark."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(line.removeprefix(COMMAND) for line in lines if line.startswith(COMMAND))
