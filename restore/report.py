"""What a restore did, as one object for programs and one page for people."""

import html
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from relab.errors import UsageError
from relab.events import RestoreFinished, StepFailed
from relab.text import safe
from restore.model import Action, Plan
from restore.verify import Report

FORMAT = "relab/restore-report/v1"
_FLAG = ("identity", "pointer", "what", "reason")
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
td, th { border-bottom: 1px solid; padding: .3rem; text-align: left; overflow-wrap: anywhere }
"""


def told(
    plan: Plan, failed: Sequence[StepFailed], end: RestoreFinished | None, report: Report | None
) -> dict[str, Any]:
    """Return the JSON-able report; `verified` is null when the world was not read again."""
    return {
        "format": FORMAT,
        "plan": plan.id,
        "snapshot": plan.snapshot,
        "account": plan.account,
        "made_at": plan.made_at,
        "moved": plan.moved,
        "flagged": [asdict(flag) for flag in plan.flags],
        "counts": {action.value: count for action, count in sorted(plan.counts.items())},
        "steps": {"done": end.done, "failed": end.failed, "seconds": end.seconds} if end else None,
        "failed": [asdict(one) for one in failed],
        "not_restored": [
            {"identity": row.identity, "action": row.action.value, "reason": row.reason}
            for row in plan.items
            if row.action in (Action.BLOCKED, Action.SKIP) and not row.follows
        ],
        "verified": asdict(report) if report else None,
    }


def write(path: Path, found: dict[str, Any]) -> None:
    """Write a page to `path` when it ends in .html, else JSON. UsageError when it cannot be."""
    page = path.suffix.lower() in (".html", ".htm")
    text = "".join(_page(found)) if page else json.dumps(found, ensure_ascii=False, indent=1)
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"the report cannot be written: {error.strerror}", where=str(path), fix="name another"
        ) from error


def _page(found: dict[str, Any]) -> Iterator[str]:
    title = _text(f"Restore of {found['snapshot']}")
    yield f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{title}</title>'
    yield f"<style>{_STYLE}</style><h1>{title}</h1>"
    yield f"<p>{_text(_summary(found))}</p>"
    verified = found["verified"] or {"differences": []}
    differences = [
        (one["identity"], one["wrong"], ", ".join(one["pointers"]))
        for one in verified["differences"]
    ]
    failed = [(one["identity"], one["phase"], one["why"]) for one in found["failed"]]
    rest = [(one["identity"], one["action"], one["reason"]) for one in found["not_restored"]]
    yield from _table("Not done", ("item", "step", "why"), failed)
    yield from _table("Not as it was", ("item", "how", "where"), differences)
    names = [tuple(pair) for pair in verified.get("renamed", ())]
    yield from _table("Buckets with other names", ("was", "is"), names)
    flags = [tuple(one[name] for name in _FLAG) for one in found["flagged"]]
    yield from _table("Not as it was here", ("item", "where", "what", "why"), flags)
    yield from _table("Left out", ("item", "what", "why"), rest)
    yield "</html>"


def _summary(found: dict[str, Any]) -> str:
    counts = Counter(found["counts"])
    parts = [f"plan {found['plan']} in account {found['account']}"]
    parts += [found["moved"]] if found["moved"] else []
    parts += [f"{count} {action}" for action, count in sorted(counts.items())]
    if found["verified"]:
        verified = found["verified"]
        parts.append(f"{verified['equal']} as they were, {len(verified['differences'])} not")
    return "; ".join(parts)


def _table(title: str, heads: Iterable[str], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    if not rows:
        return
    yield f"<h2>{title}: {len(rows)}</h2><table><tr>"
    yield "".join(f"<th>{head}</th>" for head in heads)
    yield "</tr>"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>"
    yield "</table>"


def _text(outside: str) -> str:
    return html.escape(safe(outside))
