"""A lab with everything a rule looks at: its outline with line numbers, and all of its pages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from relab.lab.block import Block
from relab.lab.lines import line_of, positions
from relab.lab.loader import parse
from relab.lab.markdown import blocks
from relab.lab.model import Lab
from relab.lab.shape import Path as Place
from relab.languages import Language


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: `file` starts with the lab's slug, `line` counts from 1."""

    file: str
    line: int
    what: str
    fix: str


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file of the lab."""

    id: str
    language: Language
    file: str
    body: str
    blocks: tuple[Block, ...]

    def finding(self, line: int, what: str, fix: str) -> Finding:
        """Return a fault of this page at `line`."""
        return Finding(self.file, line, what, fix)


@dataclass(frozen=True, slots=True)
class Book:
    """A lab in `folder`; `lines` gives the line of each place of the outline."""

    folder: Path
    lab: Lab
    lines: Mapping[Place, int]
    pages: tuple[Page, ...]
    known_checks: frozenset[str]

    def finding(self, place: Place, what: str, fix: str) -> Finding:
        """Return a fault of the outline at `place`."""
        return Finding(f"{self.lab.slug}/lab.yaml", line_of(self.lines, place), what, fix)

    def twins(self) -> Iterator[tuple[Page, Page]]:
        """Yield the Korean and the English page of each id that has both."""
        english = {page.id: page for page in self.pages if page.language is Language.EN}
        for page in self.pages:
            if page.language is Language.KO and page.id in english:
                yield page, english[page.id]


def open_book(folder: Path, known_checks: frozenset[str]) -> Book:
    """Read the lab in `folder`; OutlineError when its outline is no lab."""
    lab = parse(folder / "lab.yaml")
    pages = tuple(
        _page(path, lab, language)
        for language in Language
        for path in sorted((folder / language).glob("*.md"))
    )
    return Book(folder, lab, positions(folder / "lab.yaml"), pages, known_checks)


def _page(path: Path, lab: Lab, language: Language) -> Page:
    body = path.read_text("utf-8", errors="surrogateescape")  # the rule on characters names them
    return Page(path.stem, language, f"{lab.slug}/{language}/{path.name}", body, blocks(body))
