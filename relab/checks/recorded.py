"""Decide checks again from evidence: no account, no cluster, no network."""

from collections.abc import Iterable

from relab.checks.question import Question
from relab.clouds.outcome import UNEXPECTED
from relab.events import CheckFinished, Evidence


class RecordedProbe:
    """Answers each question as a recorded run did; the same questions give the same verdicts."""

    def __init__(self, results: Iterable[CheckFinished]) -> None:
        self._asked: dict[tuple[str, str, str, str], tuple[Evidence, ...]] = {}
        for result in results:
            for evidence in result.evidence:
                key = (result.check, result.tenant, evidence.source, evidence.request)
                self._asked[key] = (*self._asked.get(key, ()), evidence)

    def admit(self, tenants: Iterable[str]) -> None:
        """Let everyone through: a recording asks nobody."""

    def ask(self, check: str, tenant: str, question: Question) -> tuple[Evidence, ...]:
        """Return what was recorded; `unexpected` evidence for a question that was never asked."""
        found = self._asked.get((check, tenant, question.source, question.request))
        return found or (_unknown(question),)


def _unknown(question: Question) -> Evidence:
    detail = {"detail": "this question is not in the recording"}
    return Evidence(question.source, "recording", question.request, UNEXPECTED, detail, 0.0, "")
