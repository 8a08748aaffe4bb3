"""The plain report of one tenant's checks, in the form of the course's own scripts."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from relab.checks.registry import BY_ID, SECTIONS
from relab.checks.texts import COMMAND, render, say
from relab.errors import Exit
from relab.events import CheckFinished, Evidence, Finding, Verdict
from relab.languages import Language
from relab.text import safe

MARKS: Mapping[Verdict, str] = {
    Verdict.PASS: "✔",
    Verdict.FAIL: "✖",
    Verdict.WARN: "!",
    Verdict.ERROR: "?",
    Verdict.SKIP: "-",
}
_COLOURS: Mapping[Verdict, str] = {
    Verdict.PASS: "32",
    Verdict.FAIL: "31",
    Verdict.WARN: "33",
    Verdict.ERROR: "35",
    Verdict.SKIP: "90",
}
_CONTROL = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_RULE = "=" * 60
_COUNTS = (
    (Verdict.PASS, "report.passed"),
    (Verdict.FAIL, "report.failed"),
    (Verdict.WARN, "report.warnings"),
)
_RARE = ((Verdict.ERROR, "report.errors"), (Verdict.SKIP, "report.skipped"))

Paint = Callable[[Verdict, str], str]


@dataclass(frozen=True, slots=True)
class Style:
    """How a report is written: its language, colours or none, evidence or none."""

    language: Language
    paint: Paint
    evidence: bool = False


def plainly(_verdict: Verdict, text: str) -> str:
    """Return `text` without colour."""
    return text


def in_colour(verdict: Verdict, text: str) -> str:
    """Return `text` in the verdict's colour, for a terminal."""
    return f"\x1b[{_COLOURS[verdict]}m{text}\x1b[0m"


def in_order(results: Sequence[CheckFinished]) -> list[CheckFinished]:
    """Return `results` in the order of the registry, whenever they came."""
    place = {name: number for number, name in enumerate(BY_ID)}
    return sorted(results, key=lambda result: place.get(result.check, len(place)))


def counted(results: Sequence[CheckFinished]) -> list[CheckFinished]:
    """Return the results that enter the score: a check that does not apply here does not."""
    return [
        result
        for result in results
        if result.verdict is not Verdict.SKIP or BY_ID[result.check].need is not None
    ]


def exit_code(results: Sequence[CheckFinished]) -> Exit:
    """Return the exit code: 4 when one failed, else 3 when one could not tell, else 0."""
    verdicts = {result.verdict for result in results}
    if Verdict.FAIL in verdicts:
        return Exit.CHECKS_FAILED
    return Exit.PARTIAL if Verdict.ERROR in verdicts else Exit.OK


def row(result: CheckFinished, language: Language, *, evidence: bool) -> dict[str, Any]:
    """Return `result` as one object of `--json`."""
    remedies = [render(one.remedy, language) for one in result.findings if one.remedy]
    shown = {"evidence": [asdict(one) for one in result.evidence]} if evidence else {}
    return {
        "id": result.check,
        "section": result.section,
        "step": result.step,
        "tenant": result.tenant,
        "verdict": str(result.verdict),
        "messages": [render(one.message, language) for one in result.findings],
        "remedies": list(dict.fromkeys(remedies)),
        **shown,
        "seconds": result.seconds,
    }


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return `rows` as one JSON array; what a terminal would obey is written as an escape."""
    return _CONTROL.sub(
        lambda match: f"\\u{ord(match[0]):04x}", json.dumps(rows, ensure_ascii=False)
    )


def lines(
    results: Sequence[CheckFinished], words: Mapping[str, str], style: Style
) -> Iterator[str]:
    """Yield the lines of one tenant's report; `words` are `user`, `profile` and `number`."""
    title = say("report.title", style.language, **words)
    yield from (_RULE, title, _RULE)
    ordered = in_order(results)
    told: dict[str, str] = {}
    for section in SECTIONS:
        mine = [result for result in ordered if result.section == section]
        if mine:
            yield from ("", say(f"section.{section}", style.language))
            for result in mine:
                yield from _result(result, style, told)
    yield from _summary(ordered, words, style)


def _result(result: CheckFinished, style: Style, told: dict[str, str]) -> Iterator[str]:
    """Yield one check's lines; a remedy in `told` is named by its step, not told again."""
    mark = style.paint(result.verdict, MARKS[result.verdict])
    yield f"  {mark} {result.step:<5}{say(f'title.{result.check}', style.language)}"
    remedies: dict[str, None] = {}
    for finding in result.findings:
        yield f"          {_said(finding, style)}"
        if finding.remedy:
            remedies[render(finding.remedy, style.language)] = None
    for remedy in remedies:
        if remedy in told:
            yield f"          -> {say('report.told', style.language, step=told[remedy])}"
        else:
            yield from _remedy(remedy)
        told.setdefault(remedy, result.step)
    if style.evidence:
        yield from (f"          . {_shown(one)}" for one in result.evidence)


def _said(finding: Finding, style: Style) -> str:
    text = render(finding.message, style.language)
    calm = finding.verdict in (Verdict.PASS, Verdict.SKIP)
    return text if calm else style.paint(finding.verdict, text)


def _remedy(text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines()):
        head = "-> " if number == 0 else "   "
        yield f"          {head}{'  ' if line.startswith(COMMAND) else ''}{line}"


def _shown(one: Evidence) -> str:
    took = f"{one.seconds * 1000:.0f} ms"
    return safe(f"{one.request} = {one.status} ({one.identity}, {took}) {one.answer}")


def _summary(
    results: Sequence[CheckFinished], words: Mapping[str, str], style: Style
) -> Iterator[str]:
    language, scored = style.language, counted(results)
    found = Counter(result.verdict for result in scored)
    yield from ("", _RULE, say("report.summary", language), _RULE)
    rare = [(verdict, key) for verdict, key in _RARE if found[verdict]]
    for verdict, key in (*_COUNTS, *rare):
        mark = style.paint(verdict, MARKS[verdict])
        yield f"  {mark} {say(key, language, count=str(found[verdict]))}"
    score = {"passed": str(found[Verdict.PASS]), "total": str(len(scored))}
    yield f"    {say('report.total', language, **score)}"
    yield from ("", _next_step(results, words, language))


def _next_step(
    results: Sequence[CheckFinished], words: Mapping[str, str], language: Language
) -> str:
    code = exit_code(results)
    if code is Exit.CHECKS_FAILED:
        return say("report.mend", language, **words)
    if code is Exit.PARTIAL:
        return say("report.ask", language, **words)
    last = max((result.section for result in results), key=SECTIONS.index, default=SECTIONS[0])
    warned = any(result.verdict is Verdict.WARN for result in results)
    key = "report.good" if warned else "report.perfect"
    return say(key, language, next=say(f"next.{last}", language))
