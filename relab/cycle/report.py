"""What a cycle did, stage by stage, as lines, JSON and one page for people."""

import html
import json
from collections.abc import Iterator
from pathlib import Path

from relab.cycle.model import Book, Ended, Stage, to_json
from relab.errors import UsageError
from relab.text import safe

_MEANING = {
    Stage.SAVE: "everything is read into the vault",
    Stage.VERIFY: "every byte of the snapshot is read again",
    Stage.GATE: "the restore is planned, and nothing goes that is not saved",
    Stage.WIPE: "aws-nuke removes, our own inventory looks",
    Stage.RESTORE: "the snapshot is put back",
    Stage.PROVE: "the world is read and compared with the snapshot",
    Stage.CHECK: "the lab's checks of every tenant",
}
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
td, th { border-bottom: 1px solid; padding: .3rem; text-align: left; vertical-align: top }
"""


def lines(book: Book) -> Iterator[str]:
    """Yield a line a stage, and below it what stopped it."""
    for stage in Stage:
        ended = _of(book, stage)
        yield f"{stage.value:<8} {_state(ended):<8} {_time(ended):>8}  {_said(ended, stage)}"
        if ended and not ended.done:
            yield from (f"{'':<8} {safe(line)}" for line in ended.said)


def write(path: Path, book: Book) -> None:
    """Write a page to `path` when it ends in .html, else JSON; UsageError when it cannot be."""
    if path.suffix.lower() in (".html", ".htm"):
        text = "".join(_page(book))
    else:
        text = json.dumps(to_json(book), ensure_ascii=False, indent=1)
    try:
        path.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        what = f"the report cannot be written: {error.strerror}"
        raise UsageError(what, where=str(path), fix="name another") from error


def _page(book: Book) -> Iterator[str]:
    title = _text(f"Cycle of {book.profile}, account {book.account}")
    yield f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{title}</title>'
    yield f"<style>{_STYLE}</style><h1>{title}</h1>"
    yield f"<p>{_text(f'{book.id}: snapshot {book.snapshot}, begun at {book.began}')}</p>"
    yield "<table><tr><th>stage<th>how it ended<th>time<th>what was found</tr>"
    for stage in Stage:
        ended = _of(book, stage)
        said = "<br>".join(map(_text, ended.said)) if ended else _text(_MEANING[stage])
        yield f"<tr><td>{stage.value}<td>{_state(ended)}<td>{_time(ended)}<td>{said}</tr>"
    yield "</table></html>"


def _of(book: Book, stage: Stage) -> Ended | None:
    return next((one for one in book.stages if one.stage is stage), None)


def _state(ended: Ended | None) -> str:
    if ended is None:
        return "to do"
    return "done" if ended.done else "stopped"


def _time(ended: Ended | None) -> str:
    return f"{ended.seconds:.1f} s" if ended else ""


def _said(ended: Ended | None, stage: Stage) -> str:
    if ended is None or not ended.done:
        return _MEANING[stage]
    return safe(ended.said[-1]) if ended.said else ""


def _text(outside: str) -> str:
    return html.escape(safe(outside))
