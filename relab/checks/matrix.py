"""All tenants in one table: a line a check, a column a tenant."""

from collections.abc import Iterator, Sequence

from relab.checks.registry import BY_ID
from relab.checks.report import MARKS, Style
from relab.checks.texts import render, say
from relab.events import CheckFinished, Verdict
from relab.text import pad

_ID = 28
_CELL = 3
_TROUBLE = (Verdict.FAIL, Verdict.ERROR, Verdict.WARN)


def lines(
    results: Sequence[CheckFinished], tenants: Sequence[str], profile: str, style: Style
) -> Iterator[str]:
    """Yield the table of `results`, its legend, and one line for each trouble."""
    yield say("report.matrix", style.language, profile=profile)
    yield pad("", _ID) + "".join(pad(tenant, _CELL) for tenant in tenants)
    found = {(result.check, result.tenant): result for result in results}
    for check in (name for name in BY_ID if any(key[0] == name for key in found)):
        cells = (_cell(found.get((check, tenant)), style) for tenant in tenants)
        yield pad(check, _ID) + "".join(cells)
    yield from ("", _legend(style))
    yield from _troubles(results, tenants, style)


def _cell(result: CheckFinished | None, style: Style) -> str:
    if result is None:
        return " " * _CELL
    return style.paint(result.verdict, MARKS[result.verdict]) + " " * (_CELL - 1)


def _legend(style: Style) -> str:
    marks = {verdict: style.paint(verdict, mark) for verdict, mark in MARKS.items()}
    text = say("report.legend", style.language)
    words = {
        "passed": Verdict.PASS,
        "failed": Verdict.FAIL,
        "warned": Verdict.WARN,
        "unknown": Verdict.ERROR,
        "skipped": Verdict.SKIP,
    }
    for word, verdict in words.items():
        text = text.replace(f"{{{word}}}", marks[verdict])
    return text


def _troubles(
    results: Sequence[CheckFinished], tenants: Sequence[str], style: Style
) -> Iterator[str]:
    order = {name: number for number, name in enumerate(BY_ID)}
    rows = [result for result in results if result.verdict in _TROUBLE]
    rows.sort(key=lambda row: (tenants.index(row.tenant), order[row.check]))
    for row in rows:
        worst = next(one for one in row.findings if one.verdict is row.verdict)
        mark = style.paint(row.verdict, MARKS[row.verdict])
        yield f"{row.tenant} {mark} {row.check}: {render(worst.message, style.language)}"
