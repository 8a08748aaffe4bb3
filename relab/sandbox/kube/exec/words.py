"""The shell's language, as far as it is known here: from a line to words and operators."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_JOINS = ("2>&1", "1>&2", ">&2")
_OPERATORS = (*_JOINS, "&&", "||", ">>", "2>>", "2>", "1>", ";", "|", "<", ">", "\n")
_BEYOND = ("$(", "`", "<<", "&", "(", ")", "{ ")
_NAME = re.compile(r"\$(?:\{([A-Za-z_]\w*|\?)(?::?-([^}]*))?\}|([A-Za-z_]\w*|\?))")
_RESERVED = frozenset({"if", "for", "while", "until", "case", "function", "{", "}"})


class NotKnown(Exception):
    """The line uses more of the shell than is known here; the message names it."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as pieces of text: `live` ones have variables in them, `bare` ones patterns, too."""

    pieces: tuple[tuple[str, str], ...]

    @property
    def plain(self) -> str:
        """Return the text as written, without quotes."""
        return "".join(text for text, _ in self.pieces)


@dataclass(slots=True)
class Simple:
    """A command: its words, and where its streams go (`operator`, `word`)."""

    words: list[Word] = field(default_factory=list)
    redirects: list[tuple[str, Word]] = field(default_factory=list)


@dataclass(slots=True)
class Step:
    """A pipeline, and the operator before it: `;`, `&&` or `||`."""

    after: str
    commands: list[Simple]


def steps(line: str) -> list[Step]:
    """Return the pipelines of a script; NotKnown for what is beyond this shell."""
    found = [Step(";", [Simple()])]
    parts = _parts(line)
    for part in parts:
        if isinstance(part, Word):
            found[-1].commands[-1].words.append(part)
        elif part in (";", "\n", "&&", "||"):
            found.append(Step(";" if part == "\n" else part, [Simple()]))
        elif part == "|":
            found[-1].commands.append(Simple())
        elif part in _JOINS:
            found[-1].commands[-1].redirects.append((part, Word(())))
        else:
            target = next(parts, None)
            if not isinstance(target, Word):
                raise NotKnown(f"a name is missing after '{part}'")
            found[-1].commands[-1].redirects.append((part.removeprefix("1"), target))
    _check(found)
    return [step for step in found if step.commands[0].words or step.commands[0].redirects]


def _check(found: list[Step]) -> None:
    for step in found:
        for command in step.commands:
            if command.words and command.words[0].plain in _RESERVED:
                raise NotKnown(f"'{command.words[0].plain}' is not known here")
            if len(step.commands) > 1 and not command.words:
                raise NotKnown("a command is missing beside '|'")


def _parts(line: str) -> Iterator[Word | str]:
    at = 0
    while at < len(line):
        if line[at] in " \t":
            at += 1
        elif line[at] == "#":
            end = line.find("\n", at)
            at = len(line) if end < 0 else end
        elif operator := next((one for one in _OPERATORS if line.startswith(one, at)), ""):
            yield operator
            at += len(operator)
        else:
            word, at = _word(line, at)
            yield word


def _word(line: str, at: int) -> tuple[Word, int]:
    pieces: list[tuple[str, str]] = []
    while at < len(line) and line[at] not in " \t\n;|<>":
        if line[at] == "'":
            text, at = _until(line, at + 1, "'")
            pieces.append((text, "quoted"))
        elif line[at] == '"':
            quoted, at = _double(line, at + 1)
            pieces += quoted
        elif line[at] == "\\":
            pieces.append((line[at + 1 : at + 2], "quoted"))
            at += 2
        else:
            text, at = _bare(line, at)
            pieces.append((text, "bare"))
    return Word(tuple(pieces)), at


def _until(line: str, at: int, mark: str) -> tuple[str, int]:
    end = line.find(mark, at)
    if end < 0:
        raise NotKnown(f"a {mark} is not closed")
    return line[at:end], end + 1


def _double(line: str, at: int) -> tuple[list[tuple[str, str]], int]:
    pieces: list[tuple[str, str]] = []
    text = ""
    while at < len(line) and line[at] != '"':
        _known(line, at, ("$(", "`"))
        if line[at] == "\\" and line[at + 1 : at + 2] in ('"', "\\", "$", "`"):
            pieces += [(text, "live"), (line[at + 1], "quoted")]
            text = ""
            at += 2
        else:
            text += line[at]
            at += 1
    if at >= len(line):
        raise NotKnown('a " is not closed')
    return [*pieces, (text, "live")], at + 1


def _bare(line: str, at: int) -> tuple[str, int]:
    start = at
    while at < len(line) and line[at] not in " \t\n;|<>'\"\\":
        _known(line, at, _BEYOND)
        at += 1
    return line[start:at], at


def _known(line: str, at: int, beyond: tuple[str, ...]) -> None:
    for mark in beyond:
        if line.startswith(mark, at):
            raise NotKnown(f"'{mark.strip()}' is not known here")


def filled(text: str, env: dict[str, str], code: int) -> str:
    """Return `text` with variables filled in; `code` is what `$?` says."""

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[3]
        known = str(code) if name == "?" else env.get(name, "")
        return known or found[2] or ""

    return _NAME.sub(value, text)
