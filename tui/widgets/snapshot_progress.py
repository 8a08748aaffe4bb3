"""A save under way, or how it ended: how far it is, what was not captured, how to go on."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from relab.errors import Exit
from relab.events import GapMet, SaveFinished
from relab.text import safe, size_of
from tui import figures
from tui.marks import Mark
from tui.vault_model import Line
from tui.vault_save import Save
from tui.view import View
from tui.widgets.outline import MARK_INKS
from tui.widgets.snapshot_coverage import ledger_line, state_words

_BAR = 24


def lines(save: Save | None, now: float, view: View) -> Sequence[Text]:
    """Return what to say about `save` at `now` (seconds of a steady clock)."""
    if save is None:
        return [Text(view.say("save.none"))]
    return [*_head(save, now, view), *_gaps(save, view)]


def _head(save: Save, now: float, view: View) -> Iterator[Text]:
    yield _state(save, view)
    if save.started:
        yield Text(view.say("save.of", account=safe(save.started.account), where=_where(save)))
    if save.is_running or save.pace.done:
        yield _amount(save, now, view)
    if save.is_running:
        yield _left(save, now, view)
    yield from _ending(save, view)


def going(save: Save, now: float, view: View) -> Iterator[Text]:
    """Yield how far a save under way is, and what was not captured."""
    yield _amount(save, now, view)
    yield _left(save, now, view)
    yield from _gaps(save, view)


def _where(save: Save) -> str:
    return safe(save.started.where) if save.started else ""


def _state(save: Save, view: View) -> Text:
    mark, word = _mark(save)
    sign = view.glyphs.asking if save.is_running else view.glyphs.marks[mark]
    name = view.plain(safe(save.order.name))
    return Text.assemble((f"{sign} {view.say(word)}", MARK_INKS[mark]), " ", (name, "bold"))


def _mark(save: Save) -> tuple[Mark, str]:
    if save.is_running:
        return Mark.OPEN, "save.running"
    if save.pace.finished:
        complete = save.pace.finished.state == "complete"
        return (Mark.PASS, "save.complete") if complete else (Mark.WARN, "save.partial")
    return (Mark.WARN, "save.cancelled") if save.was_cancelled else (Mark.FAIL, "save.failed")


def _amount(save: Save, now: float, view: View) -> Text:
    pace, seconds = save.pace, save.seconds(now)
    words = view.say(
        "save.amount",
        items=f"{pace.items:,}",
        size=size_of(pace.size),
        rate=size_of(pace.rate(pace.began + seconds)),
        time=figures.duration(seconds),
    )
    again = view.say("save.reused", units=f"{pace.reused:,}") if pace.reused else ""
    return Text(words + (f"{view.glyphs.between}{again}" if again else ""))


def _left(save: Save, now: float, view: View) -> Text:
    pace = save.pace
    if pace.listing:
        return Text(view.say("save.listing", tasks=f"{pace.left:,}"), "cyan")
    done = pace.done * _BAR // max(pace.done + pace.left, 1)
    bar = view.glyphs.bar * done + view.glyphs.gap * (_BAR - done)
    left = pace.seconds_left(now)
    key = "save.left" if left is None else "save.left-time"
    time = figures.duration(left or 0)
    return Text(f"{bar} {view.say(key, tasks=f'{pace.left:,}', time=time)}", "cyan")


def _ending(save: Save, view: View) -> Iterator[Text]:
    if save.is_running:
        yield Text(view.say("save.how-to-cancel"), "dim")
    elif save.pace.finished:
        yield from _finished(save.pace.finished, view)
    else:
        if not save.was_cancelled:
            yield failure(save.code or int(Exit.FAILED), save.words, view)
        yield from _resume(save, view)


def _finished(found: SaveFinished, view: View) -> Iterator[Text]:
    yield Text(view.say("save.items", items=f"{found.items:,}", gaps=f"{found.gaps:,}"))
    yield Text(view.say("save.see-gaps" if found.gaps else "save.see-contents"))


def _resume(save: Save, view: View) -> Iterator[Text]:
    if save.is_resumable:
        yield Text(view.say("save.resume", command=view.command(resume_command(save))), "bold")


def resume_command(save: Save) -> str:
    """Return what goes on with `save` in a terminal."""
    order = save.order
    words = ["relab snapshot save --name", safe(order.name)]
    words += ["--tenants", safe(order.tenants)] if order.tenants != "all" else []
    words += [f"--only '{safe(pattern)}'" for pattern in order.only]
    words += [] if order.data else ["--no-data"]
    words += ["--versions"] if order.versions else []
    return " ".join([*words, "--resume"])


def _gaps(save: Save, view: View) -> Iterator[Text]:
    total = sum(save.pace.gaps.values())
    if not total:
        return
    yield Text("")
    head = Text(f"{view.say('save.gaps', gaps=f'{total:,}')} ", "bold")
    for state, count in sorted(save.pace.gaps.items()):
        head.append_text(state_words(state, view)).append(f" {count:,}  ")
    yield head
    yield from (ledger_line(_line(gap), view) for gap in reversed(save.gaps))
    if total > len(save.gaps):
        yield Text(view.say("save.more-gaps", gaps=f"{total - len(save.gaps):,}"), "dim")


def _line(gap: GapMet) -> Line:
    return Line(gap.service, gap.type, gap.region, gap.tenant, gap.state, gap.count, gap.detail)


def failure(code: int, words: str, view: View) -> Text:
    """Return in one piece that a command failed: its exit code in words, and what it said."""
    known = code in set(Exit)
    kind = view.say(f"exit.{code}" if known else "exit.other", code=code)
    said = view.plain(safe(words.removeprefix("relab: ")))
    mark = view.glyphs.marks[Mark.FAIL]
    return Text.assemble((f"{mark} {kind}", "bold red"), f": {said}" if said else "")
