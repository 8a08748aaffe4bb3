"""How relab is asked about a vault on its command line, and how its answers are read."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from relab.errors import Exit
from tui.vault_model import Change, Count, Finding, Item, Line, Snapshot, Unfinished, rows
from tui.vault_moves import Ask, Order, Question


@dataclass(frozen=True, slots=True)
class Talk:
    """One kind of question: its words with the names filled in, and how to read the answer."""

    words: str
    read: Callable[[str], Any]
    codes: frozenset[int] = frozenset({Exit.OK})


def _where(raw: str) -> str:
    return str(json.loads(raw)["where"])


def _contents(raw: str) -> tuple[Count, ...]:
    return rows(Count, json.loads(raw)["contents"])


def _rows(kind: type[Any]) -> Callable[[str], Any]:
    return lambda raw: rows(kind, json.loads(raw))


def _done(_: str) -> bool:
    return True


_DIFFERS = frozenset({Exit.OK, Exit.FAILED})
_WORLD_DIFFERS = _DIFFERS | {Exit.PARTIAL}
TALKS: Mapping[Ask, Talk] = {
    Ask.WHERE: Talk("vault stats --json", _where),
    Ask.LIST: Talk("snapshot list --json", _rows(Snapshot)),
    Ask.UNFINISHED: Talk("snapshot list --unfinished --json", _rows(Unfinished)),
    Ask.COUNTS: Talk("snapshot show {0} --json", _contents),
    Ask.ITEMS: Talk("snapshot show {0} --tenant={1} --type={2} --items --json", _rows(Item)),
    Ask.DOCUMENT: Talk("snapshot show {0} --item={1}", str),
    Ask.COVERAGE: Talk("snapshot show {0} --coverage --json", _rows(Line)),
    Ask.DIFF: Talk("snapshot diff {0} {1} --json", _rows(Change), _WORLD_DIFFERS),
    Ask.VERIFY: Talk("snapshot verify {0} --deep --json", _rows(Finding), _DIFFERS),
    Ask.PIN: Talk("snapshot pin {0}", _done),
    Ask.UNPIN: Talk("snapshot unpin {0}", _done),
}


def command(question: Question) -> tuple[str, ...]:
    """Return the arguments of `relab` that ask `question`."""
    words = TALKS[question.ask].words.split()
    return tuple(word.format(*question.names) for word in words)


def answer(question: Question, code: int, raw: str) -> Any:
    """Return what `raw` tells; ValueError, TypeError or KeyError when it is no answer."""
    talk = TALKS[question.ask]
    if code not in talk.codes:
        raise ValueError(f"exit {code}")
    return talk.read(raw)


def save(order: Order) -> tuple[str, ...]:
    """Return the arguments of `relab` that save as `order` says, telling events."""
    words = ["snapshot", "save", "--name", order.name, "--tenants", order.tenants]
    for pattern in order.only:
        words += ["--only", pattern]
    words += [] if order.data else ["--no-data"]
    words += ["--versions"] if order.versions else []
    words += ["--resume"] if order.resume else []
    return (*words, "--yes", "--json")
