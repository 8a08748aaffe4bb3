"""References: identifiers of other resources inside documents, found and replaced.

A reference is a whole identifier (an id, an ARN, a URI, a host name) anywhere in a string, such as
inside the JSON text of a policy. Names are never references: too many things are called alike.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from relab.resources.pointers import joined
from restore.trouble import Unresolved

_WORDS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:/.@+=,*-]*")
# No text that comes from JSON or AWS can hold it by accident.
_MARK = "\ue000relab\ue000"
_INNER = frozenset(":/@+=,*.")
_PARTS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_INNER_SIGN = re.compile(r"[:/@+=,*.]")
# Ids that AWS makes: one of them in a document, of no resource of the snapshot, points at nothing.
_MADE_BY_AWS = re.compile(
    r"(?<![A-Za-z0-9_-])(?:"
    r"(?:acl|dopt|eigw|eipalloc|eipassoc|eni|fl|igw|nat|pcx|pl|rtb|rtbassoc|sg|sgr|subnet|tgw|vgw"
    r"|vpc|vpce|vol|snap|ami|i)-(?:[0-9a-f]{17}|[0-9a-f]{8})"
    r"|A(?:ROA|IDA|GPA|NPA|IPA)[A-Z0-9]{12,24}"
    r")(?![A-Za-z0-9_-])"
)
# Those, and other identifiers that hold something random: made anew, they are others.
_RANDOM = re.compile(
    _MADE_BY_AWS.pattern
    + r"|mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|:secret:.*-[A-Za-z0-9]{6}$"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """That the value at `pointer` (JSON pointer into a document) holds an `identifier`."""

    pointer: str
    identifier: str


class Finder:
    """Finds known identifiers in strings; the longest one that fits wins."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._known = known
        self._heads = frozenset(name[:3] for name in known)
        # Where none of their first parts stands, none of them does: most texts are told by this.
        self._firsts = frozenset(part for name in known for part in _PARTS.findall(name)[:1])

    def __bool__(self) -> bool:
        """Tell whether there is anything to find."""
        return bool(self._known)

    def found(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where in `text` an identifier begins and ends, from left to right."""
        if self._firsts.isdisjoint(_PARTS.findall(text)):
            return
        for word in _WORDS.finditer(text):
            yield from self._in_word(text, word.start(), word.end())

    def replaced(self, text: str, new: Callable[[str], str]) -> str:
        """Return `text` with each identifier in it as `new` says."""
        parts, done = [], 0
        for start, end in self.found(text):
            parts += [text[done:start], new(text[start:end])]
            done = end
        return "".join([*parts, text[done:]]) if parts else text

    def _in_word(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        while start < end:
            stop = self._match(text, start, end) if text[start : start + 3] in self._heads else 0
            if stop:
                yield start, stop
                start = stop
            else:
                start = _next_start(text, start, end)

    def _match(self, text: str, start: int, end: int) -> int:
        """Return where the longest identifier that begins at `start` ends; 0 for none."""
        while end > start:
            if text[start:end] in self._known and not _goes_on(text, end):
                return end
            end = _shorter(text, start, end)
        return 0


def _goes_on(text: str, end: int) -> bool:
    """Tell whether a dot at `end` belongs to a longer name, and does not end a sentence."""
    return text[end : end + 1] == "." and text[end + 1 : end + 2].isalnum()


def _next_start(text: str, start: int, end: int) -> int:
    """Return the next place at which an identifier may begin: after a separator."""
    found = _INNER_SIGN.search(text, start, end)
    return found.end() if found else end


def _shorter(text: str, start: int, end: int) -> int:
    """Return the next place, going back, at which an identifier may end: before a separator."""
    end -= 1
    while end > start and text[end] not in _INNER:
        end -= 1
    return end


def references(node: Any, finder: Finder, pointer: str = "") -> Iterator[Reference]:
    """Yield every known identifier in the strings of a JSON-able `node`, keys included."""
    for place, text in strings(node, pointer):
        for start, end in finder.found(text):
            yield Reference(place, text[start:end])


def dangling(node: Any, finder: Finder) -> Iterator[Reference]:
    """Yield the ids in `node` that AWS has made and that no known resource has."""
    for place, text in strings(node):
        known = [range(start, end) for start, end in finder.found(text)]
        for match in _MADE_BY_AWS.finditer(text):
            if not any(match.start() in span for span in known):
                yield Reference(place, match.group())


def changes(identifier: str) -> bool:
    """Tell whether what has this identifier gets another one when it is made anew."""
    return _RANDOM.search(identifier) is not None


def translated(node: Any, finder: Finder, new: Callable[[str], str]) -> Any:
    """Return a JSON-able `node` with each known identifier in it as `new` says."""
    if isinstance(node, str):
        return finder.replaced(node, new)
    if isinstance(node, Mapping):
        return {finder.replaced(k, new): translated(v, finder, new) for k, v in node.items()}
    if isinstance(node, list | tuple):
        return [translated(item, finder, new) for item in node]
    return node


def mark(identifier: str) -> str:
    """Return what stands for an identifier whose new one is not known."""
    return f"{_MARK}{identifier}{_MARK}"


def refuse_marks(node: Any) -> None:
    """Raise Unresolved when a mark stands in `node`: an old identifier is never sent."""
    for _, text in strings(node):
        _, found, rest = text.partition(_MARK)
        if found:
            raise Unresolved(rest.partition(_MARK)[0])


def strings(node: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Yield the JSON pointer and the text of every string in `node`; a key stands at its value."""
    if isinstance(node, str):
        yield pointer, node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            inner = joined(pointer, key)
            yield inner, str(key)
            yield from strings(value, inner)
    elif isinstance(node, list | tuple):
        for number, value in enumerate(node):
            yield from strings(value, joined(pointer, number))
