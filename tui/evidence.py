"""How a piece of evidence reads: the request, who asked, the answer."""

import json
from datetime import datetime

from rich.text import Text

from relab.events import Evidence
from relab.text import safe
from tui.messages import shortened
from tui.view import View

_LINES = 14
_REQUEST = 600
_ANSWER = 3000


def clock(at: str) -> str:
    """Return the local time of day of moment `at`; `at` itself when it is none."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%H:%M:%S")
    except ValueError:
        return safe(at)


def draw(evidence: Evidence, view: View) -> Text:
    """Return request, identity, status, latency, time and answer of `evidence`."""
    text = Text(overflow="fold")
    text.append(view.plain(safe(shortened(evidence.request, _REQUEST))), "bold")
    facts = (
        view.say("evidence.status", status=safe(evidence.status)),
        view.say("evidence.latency", milliseconds=round(evidence.seconds * 1000)),
        clock(evidence.at),
        view.say("evidence.asked", source=safe(evidence.source), who=safe(evidence.identity)),
    )
    text.append("\n" + view.glyphs.between.join(facts), "dim")
    return text.append("\n" + view.plain(_answer(evidence, view)), "cyan")


def _answer(evidence: Evidence, view: View) -> str:
    answer = evidence.answer
    raw = answer if isinstance(answer, str) else json.dumps(answer, indent=1, ensure_ascii=False)
    lines = safe(shortened(raw, _ANSWER), keep="\n").split("\n")
    more = len(lines) - _LINES
    return "\n".join(
        [*lines[:_LINES], *([view.say("evidence.more", lines=more)] if more > 0 else [])]
    )
