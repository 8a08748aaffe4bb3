"""Inline Markdown of a lab's prose: code, strong, links; everything else is plain."""

import re
from dataclasses import dataclass
from enum import StrEnum

_INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*|\[(?P<label>[^\]]+)\]\((?P<target>[^)\s]+)\)"
)


class Style(StrEnum):
    """How a span is meant."""

    PLAIN = "plain"
    CODE = "code"
    STRONG = "strong"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text; `target` of a link is a URL, `step:<id>` or `trouble:<id>`."""

    style: Style
    text: str
    target: str = ""


def spans(text: str) -> tuple[Span, ...]:
    """Return `text`, a paragraph, item or cell, as its styled runs in order."""
    found: list[Span] = []
    end = 0
    for match in _INLINE.finditer(text):
        if match.start() > end:
            found.append(Span(Style.PLAIN, text[end : match.start()]))
        found.append(_span(match))
        end = match.end()
    if end < len(text):
        found.append(Span(Style.PLAIN, text[end:]))
    return tuple(found)


def _span(match: re.Match[str]) -> Span:
    if match["code"]:
        return Span(Style.CODE, match["code"])
    if match["strong"]:
        return Span(Style.STRONG, match["strong"])
    return Span(Style.LINK, match["label"], match["target"])
