"""Rules on each file alone: that it is there, its placeholders, links, fences and characters."""

import re
from collections.abc import Iterator

from relab.korean import FORMS
from relab.lab.block import KINDS, LISTINGS, MARKS, Command, Heading, Listing, Note, Table
from relab.lab.inline import Style, spans
from relab.lab.lint.book import Book, Finding, Page
from relab.lab.placeholders import PLACEHOLDERS, named
from relab.languages import Language
from relab.text import safe

_EMOJI = re.compile("[\u2600-\u27bf\u2b50-\u2b55\U0001f000-\U0001faff\u200d\ufe0f]")
_BARE_PARTICLE = re.compile(
    r"\{[a-z][a-z0-9_]*\}[`*\"']*"
    r"(?P<particle>이|가|은|는|을|를|(?:와|과|으로|로)(?:는|도|만|의)?|이어야|여야|이?라[고는면]?)"
    r"(?![가-힣(])"
)
_FENCES = ", ".join(("sh", "powershell", "any", "expected", "diagram", *LISTINGS))


def files(book: Book) -> Iterator[Finding]:
    """Require each page in both languages, and nothing else in the folder."""
    wanted = {f"{language}/{page}.md" for language in Language for page in book.lab.pages}
    wanted.add("lab.yaml")
    paths = (path for path in book.folder.rglob("*") if path.is_file())
    there = {path.relative_to(book.folder).as_posix() for path in paths}
    for name in sorted(wanted - there):
        yield Finding(f"{book.lab.slug}/{name}", 1, "file is missing", "write it")
    for name in sorted(there - wanted):
        fix = "delete it, or add its id to lab.yaml"
        yield Finding(f"{book.lab.slug}/{name}", 1, "no step or known problem has this id", fix)


def placeholders(book: Book) -> Iterator[Finding]:
    """Require that every placeholder is known."""
    for page in book.pages:
        for line, name in named(page.body):
            if name not in PLACEHOLDERS:
                fix = f"choose one of {', '.join(PLACEHOLDERS)}"
                yield page.finding(line, f"no placeholder {{{name}}}", fix)


def _prose(page: Page) -> Iterator[tuple[int, str]]:
    fenced = False
    for number, line in enumerate(page.body.splitlines(), start=1):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def links(book: Book) -> Iterator[Finding]:
    """Require that links lead to https or to a step or known problem of this lab."""
    inside = {f"step:{step.id}" for step in book.lab.steps}
    inside |= {f"trouble:{trouble.id}" for trouble in book.lab.troubleshooting}
    for page in book.pages:
        for line, text in _prose(page):
            for span in spans(text):
                target = span.target
                if target and not target.startswith(("http:", "https:")) and target not in inside:
                    fix = "link to step:<id>, trouble:<id> or https"
                    yield page.finding(line, f"'{target}' leads nowhere", fix)
                elif span.style is not Style.CODE and "http:" in span.text + target:
                    yield page.finding(line, "a link without encryption", "write https")


def fences(book: Book) -> Iterator[Finding]:
    """Require that fences start at the margin and are closed."""
    for page in book.pages:
        lines = enumerate(page.body.splitlines(), start=1)
        marks = [(number, line) for number, line in lines if line.lstrip().startswith("```")]
        for number, line in marks:
            if line.startswith(" "):
                yield page.finding(number, "a fence is indented", "start it at the margin")
        if len(marks) % 2:
            yield page.finding(marks[-1][0], "a fence is not closed", "add ``` on its own line")


def fence_words(book: Book) -> Iterator[Finding]:
    """Require that fences say what they hold, in known words."""
    for page in book.pages:
        for block in page.blocks:
            if isinstance(block, Listing) and block.language not in LISTINGS:
                yield page.finding(block.line, f"no fence '{block.language}'", f"use {_FENCES}")
            for mark in block.marks if isinstance(block, Command) else ():
                if mark not in MARKS:
                    yield page.finding(block.line, f"no mark '{mark}'", f"use {', '.join(MARKS)}")


def forms(book: Book) -> Iterator[Finding]:
    """Require notes, tables and headlines in the forms that screens draw."""
    for page in book.pages:
        for block in page.blocks:
            if isinstance(block, Note) and block.kind not in KINDS:
                yield page.finding(block.line, f"no note '{block.kind}'", f"use {', '.join(KINDS)}")
            if isinstance(block, Heading) and block.level == 1:
                fix = "start at ##: the title stands in lab.yaml"
                yield page.finding(block.line, "a headline of level 1", fix)
            if isinstance(block, Table) and {len(row) for row in block.rows} - {len(block.header)}:
                yield page.finding(block.line, "rows of different lengths", "fill every cell")


def characters(book: Book) -> Iterator[Finding]:
    """Refuse control characters and emoji: terminals disagree about both."""
    outline = (book.folder / "lab.yaml").read_text("utf-8")
    texts = [(f"{book.lab.slug}/lab.yaml", outline)]
    texts += [(page.file, page.body) for page in book.pages]
    for file, body in texts:
        for number, line in enumerate(body.split("\n"), start=1):
            if safe(line) != line:
                yield Finding(file, number, f"a control character: {safe(line)}", "remove it")
            if _EMOJI.search(line):
                yield Finding(file, number, f"an emoji: {safe(line)}", "write a word")


def particles(book: Book) -> Iterator[Finding]:
    """Require that a Korean particle after a placeholder can agree with any name."""
    outline = (book.folder / "lab.yaml").read_text("utf-8").splitlines()
    file = f"{book.lab.slug}/lab.yaml"
    places = [(file, number, line) for number, line in enumerate(outline, start=1)]
    korean = (page for page in book.pages if page.language is Language.KO)
    places += [(page.file, number, line) for page in korean for number, line in _prose(page)]
    for file, number, line in places:
        for match in _BARE_PARTICLE.finditer(line):
            what = f"the particle '{match['particle']}' is right for some names only"
            yield Finding(file, number, what, f"write both forms: {', '.join(FORMS)}")


RULES = (files, placeholders, links, fences, fence_words, forms, characters, particles)
