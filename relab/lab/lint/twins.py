"""Rules on a page's two languages: they ask for the same names and run the same commands."""

import re
from collections.abc import Iterator
from itertools import zip_longest

from relab.lab.block import Command, Diagram, Expected, Listing
from relab.lab.lint.book import Book, Finding, Page
from relab.lab.placeholders import named

_COMMENT = re.compile(
    r"""(?P<comment>(?<!\S)\#[^\n]*)   # from a hash that starts a word to the end of the line
    | '[^']*' | "(?:\\.|[^"\\])*"      # but not inside quotes, which may span lines
    | [^'"\#\s]+ | \s+ | .""",
    re.VERBOSE,
)
_SAY = re.compile(r"\s*(echo|Write-Host|Write-Output)\s")
_VARIABLE = re.compile(r"\$\{?[\w:]+\}?")


def placeholders(book: Book) -> Iterator[Finding]:
    """Require the same placeholders in both languages."""
    for korean, english in book.twins():
        for one, other in ((korean, english), (english, korean)):
            there = {name for _, name in named(other.body)}
            for line, name in named(one.body):
                if name not in there:
                    what = f"{{{name}}} stands here, but not in {other.file}"
                    yield one.finding(line, what, "use it in both languages, or in none")


def commands(book: Book) -> Iterator[Finding]:
    """Require the same commands in the same order in both languages."""
    for korean, english in book.twins():
        pairs = list(zip_longest(_commands(korean), _commands(english)))
        for one, other in pairs:
            if one is None or other is None:
                yield _missing(korean, english, one or other)
                break
            if _bare(one) != _bare(other):
                what = f"the command differs from the one at {korean.file}:{one.line}"
                fix = "only comments and echoed texts may be translated"
                yield english.finding(other.line, what, fix)


def _commands(page: Page) -> list[Command]:
    return [block for block in page.blocks if isinstance(block, Command)]


def _missing(korean: Page, english: Page, extra: Command) -> Finding:
    mine, theirs = len(_commands(korean)), len(_commands(english))
    page = korean if mine > theirs else english
    what = f"{mine} commands in Korean, {theirs} in English"
    return page.finding(extra.line, what, "translate this command, or delete it")


def _bare(command: Command) -> tuple[str, ...]:
    """Return what is the same in every language: no comments, no echoed words."""
    code = _COMMENT.sub(lambda match: "" if match["comment"] else match[0], command.text)
    lines = (_saying(line.rstrip()) for line in code.splitlines() if line.strip())
    return (command.shell, *command.marks, *lines)


def _saying(line: str) -> str:
    match = _SAY.match(line)
    return f"{match[0]}{_VARIABLE.findall(line)}" if match else line


def shapes(book: Book) -> Iterator[Finding]:
    """Require as many outputs, drawings and documents in both languages."""
    for korean, english in book.twins():
        for kind in (Expected, Diagram, Listing):
            mine = [block for block in korean.blocks if isinstance(block, kind)]
            theirs = [block for block in english.blocks if isinstance(block, kind)]
            if len(mine) != len(theirs):
                page, more = (korean, mine) if len(mine) > len(theirs) else (english, theirs)
                name = kind.__name__.lower()
                what = f"{len(mine)} {name} in Korean, {len(theirs)} in English"
                yield page.finding(more[-1].line, what, "translate this block, or delete it")


RULES = (placeholders, commands, shapes)
