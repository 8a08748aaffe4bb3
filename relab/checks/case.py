"""What a check is handed: the tenant's names, a way to ask, and words for its findings."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from profiles.model import Profile
from profiles.naming import Names, fill, names, other_tenant
from relab.checks.probe import Probe
from relab.checks.question import Answer, Question, Unanswered, answer_of
from relab.clouds.outcome import Outcome
from relab.events import Evidence, Finding, Message, Verdict


def moment(stamp: object) -> str:
    """Return an ISO 8601 `stamp` as people read it, to the minute, in UTC; others as they are."""
    try:
        at = datetime.fromisoformat(str(stamp)).astimezone(UTC)
    except ValueError:
        return str(stamp)
    return at.strftime("%Y-%m-%d %H:%M UTC")


@dataclass(frozen=True, slots=True)
class Case:
    """One check of one tenant; `evidence` grows with every question."""

    check: str
    profile: Profile
    tenant: str
    probe: Probe
    evidence: list[Evidence] = field(default_factory=list)

    @property
    def names(self) -> Names:
        """What the tenant's things are called."""
        return names(self.profile, self.tenant)

    @property
    def neighbour(self) -> Names:
        """The names of the tenant whose namespace must stay closed to this one."""
        return names(self.profile, other_tenant(self.profile, self.tenant))

    @property
    def words(self) -> dict[str, str]:
        """Values that every remedy may use beside those of its finding."""
        called = self.names
        return {
            "number": self.tenant,
            "user": called.user,
            "owner": called.owner,
            "namespace": called.namespaces[0],
            "profile": called.profiles[0],
            "bucket": called.buckets[0],
            "cpu": called.cpu,
            "memory": called.memory,
            "region": self.profile.aws.region,
            "cluster": self.profile.kubernetes.cluster,
            "login": fill(self.profile.login or "", self.profile, self.tenant),
        }

    def ask(self, question: Question) -> Answer:
        """Return the answer to `question`, whatever it is."""
        asked = self.probe.ask(self.check, self.tenant, question)
        self.evidence.extend(one for one in asked if one not in self.evidence)
        return answer_of(asked[-1])

    def read(self, question: Question) -> Any:
        """Return the answer's summary, None when the thing is not there.

        Unanswered when the world did not say.
        """
        answer = self.ask(question)
        if answer.outcome is Outcome.MISSING:
            return None
        return self.told(answer)

    def told(self, answer: Answer) -> Any:
        """Return the summary of `answer`; Unanswered when there is none."""
        if answer.outcome is not Outcome.OK:
            raise Unanswered(answer)
        return answer.body

    def passed(self, text: str, *, at: str = "", **args: str) -> Finding:
        """Return the finding that all is well."""
        return self._finding(Verdict.PASS, Message(text, args), None, at)

    def skipped(self, text: str, *, at: str = "", **args: str) -> Finding:
        """Return the finding that there was nothing to look at."""
        return self._finding(Verdict.SKIP, Message(text, args), None, at)

    def warned(self, text: str, remedy: str, *, at: str = "", **args: str) -> Finding:
        """Return a finding to mend, which does not stop the lab."""
        return self._finding(Verdict.WARN, Message(text, args), remedy, at)

    def failed(self, text: str, remedy: str, *, at: str = "", **args: str) -> Finding:
        """Return a finding that stops the lab until it is mended."""
        return self._finding(Verdict.FAIL, Message(text, args), remedy, at)

    def unknown(self, text: str, remedy: str, *, at: str = "", **args: str) -> Finding:
        """Return the finding that the world could not be asked."""
        return self._finding(Verdict.ERROR, Message(text, args), remedy, at)

    def _finding(self, verdict: Verdict, text: Message, remedy: str | None, at: str) -> Finding:
        fix = Message(remedy, {**self.words, **text.args}) if remedy else None
        return Finding(f"{self.check}#{at}" if at else self.check, verdict, text, fix)
