"""All tenants in one table: a line a check, a column a tenant."""

from collections.abc import Iterator, Sequence

from relab.checks.registry import BY_ID
from relab.checks.report import MARKS, Style, in_order
from relab.checks.texts import render, say
from relab.events import CheckFinished, Message, Verdict
from relab.text import pad

_LABEL = 32
_CELL = 3
_TROUBLE = (Verdict.FAIL, Verdict.ERROR, Verdict.WARN)


def lines(
    results: Sequence[CheckFinished], tenants: Sequence[str], profile: str, style: Style
) -> Iterator[str]:
    """Yield the table of `results`, its legend, and one line for each kind of trouble.

    Tenants in the same trouble share a line, which speaks of the first of them.
    """
    yield say("report.matrix", style.language, profile=profile)
    yield pad("", _LABEL) + "".join(pad(tenant, _CELL) for tenant in tenants)
    found = {(result.check, result.tenant): result for result in results}
    for check in (name for name in BY_ID if any(key[0] == name for key in found)):
        cells = (_cell(found.get((check, tenant)), style) for tenant in tenants)
        yield pad(_label(check, style), _LABEL) + "".join(cells).rstrip()
    yield from ("", _legend(style))
    yield from _troubles(results, tenants, style)


def _label(check: str, style: Style) -> str:
    return f"{BY_ID[check].step:<5}{say(f'title.{check}', style.language)}"


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
    groups: dict[tuple[str, Verdict, str], list[CheckFinished]] = {}
    for row in sorted(in_order(results), key=lambda row: tenants.index(row.tenant)):
        if row.verdict in _TROUBLE:
            groups.setdefault((row.check, row.verdict, _worst(row).key), []).append(row)
    for (check, verdict, _), rows in groups.items():
        mark = style.paint(verdict, MARKS[verdict])
        numbers = " ".join(row.tenant for row in rows)
        text = render(_worst(rows[0]), style.language)
        yield f"{mark} {_label(check, style)} [{numbers}]: {text}"


def _worst(row: CheckFinished) -> Message:
    return next(one.message for one in row.findings if one.verdict is row.verdict)
