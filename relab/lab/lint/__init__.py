"""Finds the faults of a lab before a learner does; for authors and tests, never at start-up.

    lint("lab-1-1", known_checks)  ->  [Finding(file, line, what, fix), ...]

A rule is a function from a `Book` to findings; adding one is adding it to `RULES`.
"""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from relab.lab.lint import diagrams, outline, pages, twins
from relab.lab.lint.book import Book, Finding, open_book
from relab.lab.loader import ROOT, OutlineError

Rule = Callable[[Book], Iterator[Finding]]

RULES: tuple[Rule, ...] = (*outline.RULES, *pages.RULES, *twins.RULES, *diagrams.RULES)


def lint(slug: str, known_checks: Collection[str], root: Path = ROOT) -> list[Finding]:
    """Return what is wrong with lab `slug`, by file and line; empty when nothing is.

    `known_checks` are the names of all checks that exist, such as `prep.tools`.
    """
    try:
        book = open_book(root / slug, frozenset(known_checks))
    except OutlineError as error:
        return [Finding(f"{slug}/lab.yaml", error.line, error.what, error.fix)]
    found = {finding for rule in RULES for finding in rule(book)}
    return sorted(found, key=lambda finding: (finding.file, finding.line, finding.what))
