"""A question to the world: what is asked, and which part of the answer is kept.

A check sees only what `summary` keeps, and exactly that becomes evidence: so a recording decides
as the live world did, and neither is ever large.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from relab.clouds.kube import JSON
from relab.clouds.outcome import Outcome, outcome_of
from relab.events import Evidence

AWS, KUBERNETES, LOCAL = "aws", "kubernetes", "local"
Summary = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class AwsQuestion:
    """An AWS API operation; a `page` names the request's token, else there is one page only.

    `summary` is handed the list of all pages.
    """

    service: str
    operation: str
    summary: Summary
    params: Mapping[str, Any] = field(default_factory=dict)
    page: "Page | None" = None

    source = AWS

    @property
    def request(self) -> str:
        """The question as one line, unique for a caller."""
        words = [f"{key}={value}" for key, value in self.params.items()]
        return " ".join([self.service, self.operation, *words])


@dataclass(frozen=True, slots=True)
class Page:
    """How an operation pages: the answer's token goes into the next request; `most` pages."""

    answer: str
    request: str
    most: int


@dataclass(frozen=True, slots=True)
class KubeQuestion:
    """A GET of a Kubernetes path, or a POST when there is a `body`.

    `strict` asks as the tenant and nobody else.
    """

    path: str
    summary: Summary
    body: Mapping[str, Any] | None = None
    accept: str = JSON
    strict: bool = False

    source = KUBERNETES

    @property
    def request(self) -> str:
        """The question as one line, unique for a caller."""
        return f"{'GET' if self.body is None else 'POST'} {self.path}"


@dataclass(frozen=True, slots=True)
class LocalQuestion:
    """A question to this machine: `ask` returns a JSON-able answer, None when it is not there."""

    request: str
    ask: Callable[[], Any]

    source = LOCAL
    summary = None


Question = AwsQuestion | KubeQuestion | LocalQuestion


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question: the summary when `outcome` is `OK`, else a line of `detail`."""

    outcome: Outcome
    request: str
    identity: str
    body: Any = None
    detail: str = ""


def answer_of(evidence: Evidence) -> Answer:
    """Return the answer that `evidence` holds, live or recorded."""
    outcome = outcome_of(evidence.source, evidence.status)
    head = (outcome, evidence.request, evidence.identity)
    if outcome is Outcome.OK:
        return Answer(*head, body=evidence.answer)
    detail = evidence.answer["detail"] if isinstance(evidence.answer, Mapping) else ""
    return Answer(*head, detail=str(detail or evidence.status))


class Unanswered(Exception):
    """The world did not answer, so the check cannot tell; `answer` says how it ended."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.detail)
        self.answer = answer
