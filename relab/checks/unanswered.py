"""What a person is told when the world could not be asked: why, and what to do."""

from collections.abc import Mapping

from relab.checks.case import Case
from relab.checks.question import Answer
from relab.clouds.outcome import Outcome
from relab.events import Finding

AT = "answer"
_TEXTS: Mapping[Outcome, tuple[str, str]] = {
    Outcome.DENIED: ("cannot-tell.denied", "cannot-tell.ask-rights"),
    Outcome.MISSING: ("cannot-tell.unexpected", "cannot-tell.report"),
    Outcome.EXPIRED: ("cannot-tell.expired", "cannot-tell.sign-in"),
    Outcome.NO_CREDENTIALS: ("cannot-tell.no-credentials", "cannot-tell.sign-in"),
    Outcome.NO_IDENTITY: ("cannot-tell.no-identity", "cannot-tell.be-the-tenant"),
    Outcome.THROTTLED: ("cannot-tell.throttled", "cannot-tell.wait"),
    Outcome.TIMEOUT: ("cannot-tell.timeout", "cannot-tell.wait"),
    Outcome.UNREACHABLE: ("cannot-tell.unreachable", "cannot-tell.connect"),
    Outcome.UNAVAILABLE: ("cannot-tell.unavailable", "cannot-tell.wait"),
    Outcome.UNEXPECTED: ("cannot-tell.unexpected", "cannot-tell.report"),
}


def cannot_tell(case: Case, answer: Answer) -> Finding:
    """Return the finding that `answer` is none, with what to do about it."""
    text, remedy = _TEXTS[answer.outcome]
    if answer.outcome is Outcome.UNREACHABLE and case.profile.start:
        remedy = "start.run"
    return case.unknown(
        text,
        remedy,
        at=AT,
        request=answer.request,
        identity=answer.identity,
        detail=answer.detail,
        start=case.profile.start or "",
    )


def broken(case: Case, error: Exception) -> Finding:
    """Return the finding that the check itself is at fault."""
    what = f"{type(error).__name__}: {error}"
    return case.unknown("cannot-tell.broken", "cannot-tell.report", at=AT, detail=what)


def too_late(case: Case, seconds: float) -> Finding:
    """Return the finding that the check took longer than it may."""
    return case.unknown("cannot-tell.too-late", "cannot-tell.wait", at=AT, seconds=f"{seconds:g}")
