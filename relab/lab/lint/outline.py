"""Rules on `lab.yaml`: minutes, checks, ids, placeholders."""

from collections import Counter
from collections.abc import Iterator

import yaml

from relab.lab.lint.book import Book, Finding
from relab.lab.loader import labs
from relab.lab.placeholders import PLACEHOLDERS, named
from relab.lab.shape import Path as Place


def minutes(book: Book) -> Iterator[Finding]:
    """Require that steps add up to their section, and sections to the lab."""
    for index, section in enumerate(book.lab.sections):
        total = sum(step.minutes for step in section.steps)
        if total != section.minutes:
            what = f"steps of '{section.id}' take {total} minutes, not {section.minutes}"
            yield book.finding(("sections", index, "minutes"), what, "correct a step's minutes")
    total = sum(section.minutes for section in book.lab.sections)
    if total != book.lab.minutes:
        what = f"sections take {total} minutes, not {book.lab.minutes}"
        yield book.finding(("minutes",), what, "correct a section's minutes")


def _named_checks(book: Book) -> Iterator[tuple[Place, str]]:
    for i, section in enumerate(book.lab.sections):
        for j, step in enumerate(section.steps):
            for k, check in enumerate(step.checks):
                yield ("sections", i, "steps", j, "checks", k), check
    for i, item in enumerate(book.lab.checklist):
        yield ("checklist", i, "check"), item.check
    for i, trouble in enumerate(book.lab.troubleshooting):
        for k, check in enumerate(trouble.checks):
            yield ("troubleshooting", i, "checks", k), check


def unknown_checks(book: Book) -> Iterator[Finding]:
    """Require that every check that is named exists."""
    for place, check in _named_checks(book):
        if check.partition("#")[0] not in book.known_checks:
            yield book.finding(place, f"no check '{check}'", "correct the name, or write the check")


def unlisted_checks(book: Book) -> Iterator[Finding]:
    """Require that every check that exists belongs to exactly one step of the labs."""
    folder = book.folder.parent
    listed = Counter(check for lab in labs(folder) for step in lab.steps for check in step.checks)
    for check in sorted(book.known_checks - set(listed)):
        yield book.finding(("sections",), f"no step lists check '{check}'", "list it in a step")
    for place, check in _named_checks(book):
        if place[0] == "sections" and listed[check] > 1:
            yield book.finding(place, f"check '{check}' stands in two steps", "keep one")


def repeated_ids(book: Book) -> Iterator[Finding]:
    """Require different ids for sections, and for everything that has a page."""
    lab, places = book.lab, list[tuple[Place, str]]()
    for i, section in enumerate(lab.sections):
        places += [(("sections", i, "steps", j, "id"), s.id) for j, s in enumerate(section.steps)]
    places += [(("troubleshooting", i, "id"), t.id) for i, t in enumerate(lab.troubleshooting)]
    pages = Counter(lab.pages)
    for place, name in places:
        if pages[name] > 1:
            yield book.finding(place, f"id '{name}' is used twice", "rename one")
    sections = Counter(section.id for section in lab.sections)
    for i, section in enumerate(lab.sections):
        if sections[section.id] > 1:
            place = ("sections", i, "id")
            yield book.finding(place, f"id '{section.id}' is used twice", "rename one")


def checklist_sections(book: Book) -> Iterator[Finding]:
    """Require that each line of the checklist belongs to a section that exists."""
    known = {section.id for section in book.lab.sections}
    for index, item in enumerate(book.lab.checklist):
        if item.section not in known:
            fix = f"choose one of {', '.join(sorted(known))}"
            yield book.finding(("checklist", index, "section"), f"no section '{item.section}'", fix)


def values(book: Book) -> Iterator[Finding]:
    """Require that `values` fills placeholders that exist."""
    for name in book.lab.values:
        if name not in PLACEHOLDERS:
            yield book.finding(("values", name), f"no placeholder {{{name}}}", "correct the name")


def placeholders(book: Book) -> Iterator[Finding]:
    """Require that the outline's own texts use placeholders that exist."""
    text = (book.folder / "lab.yaml").read_text("utf-8")
    file = f"{book.lab.slug}/lab.yaml"
    for line, name in named(text):
        if name not in PLACEHOLDERS:
            yield Finding(file, line, f"no placeholder {{{name}}}", "correct the name")


def repeated_keys(book: Book) -> Iterator[Finding]:
    """Refuse a key given twice, where YAML would silently take the last."""
    root = yaml.compose((book.folder / "lab.yaml").read_text("utf-8"), yaml.SafeLoader)
    nodes = [root] if root is not None else []
    while nodes:
        node = nodes.pop()
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            nodes += (value for _, value in node.value)
            keys = [key for key, _ in node.value]
            names = [key.value for key in keys]
            for key in (key for i, key in enumerate(keys) if key.value in names[:i]):
                line = key.start_mark.line + 1
                what = f"key '{key.value}' is given twice"
                yield Finding(f"{book.lab.slug}/lab.yaml", line, what, "keep one")


RULES = (
    minutes,
    unknown_checks,
    unlisted_checks,
    repeated_ids,
    checklist_sections,
    values,
    placeholders,
    repeated_keys,
)
