"""A page as typed blocks, so that a screen may draw each kind in its own way.

```sh | powershell | any [mark ...]   a command to copy
```expected                           what it prints
```diagram                            a drawing whose columns must stay
```yaml | json | text                 something to read

Any other fence is a fault that lint names.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SHELLS = ("sh", "powershell", "any")
LISTINGS = ("yaml", "json", "text")
KINDS = ("note", "tip", "warning")
MARKS: Mapping[str, str] = {
    "interactive": "asks questions and waits for the answers",
    "blocks": "keeps running until Ctrl+C",
    "changes": "creates or changes something in the account or the cluster",
    "instructor": "needs the instructor's rights",
    "install": "installs a tool",
    "docker": "needs Docker",
    "network": "reaches beyond the account and the cluster",
    "clone": "runs in the cloned course repository",
}


@dataclass(frozen=True, slots=True)
class _Located:
    """Base of every block: the line it starts on, from 1."""

    line: int


@dataclass(frozen=True, slots=True)
class Heading(_Located):
    """A headline; `level` 1 is the largest."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph(_Located):
    """Prose with inline Markdown (`relab.lab.inline`)."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets(_Located):
    """A list of prose items, numbered when `ordered`."""

    items: tuple[str, ...]
    ordered: bool


@dataclass(frozen=True, slots=True)
class Table(_Located):
    """Cells of prose."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Note(_Located):
    """An aside in prose; `kind` is one of `KINDS`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Command(_Located):
    """Something to run in `shell`, one of `SHELLS`; `marks` are keys of `MARKS`."""

    shell: str
    text: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expected(_Located):
    """What the command above prints when all is well."""

    text: str


@dataclass(frozen=True, slots=True)
class Diagram(_Located):
    """A drawing in fixed columns."""

    text: str


@dataclass(frozen=True, slots=True)
class Listing(_Located):
    """A document to read; `language` is one of `LISTINGS`."""

    language: str
    text: str


Block = Heading | Paragraph | Bullets | Table | Note | Command | Expected | Diagram | Listing
