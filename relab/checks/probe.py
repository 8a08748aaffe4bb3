"""The only way the checks see the world: every question gives evidence, each is asked once a run.

    probe = LiveProbe(profile, environ, Clouds())
    probe.admit(("07",))                        # the guard; Refused before anything else is asked
    probe.ask("kubeflow.namespace", "07", ask.namespace("kubeflow-user07"))  ->  (Evidence, ...)

The last piece of evidence is the answer; those before it tell how it was come by. `RecordedProbe`
(recorded.py) answers the same questions from evidence.
"""

import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Thread
from typing import Any, Protocol, assert_never

from profiles import guard
from profiles.model import Profile
from profiles.naming import names
from relab import redact
from relab.checks import ask
from relab.checks.flight import SingleFlight
from relab.checks.question import (
    AWS,
    AwsQuestion,
    KubeQuestion,
    LocalQuestion,
    Question,
    answer_of,
)
from relab.checks.who import KubeCallers, aws_caller, impersonating, kube_callers
from relab.clouds import AwsTarget, KubeTarget
from relab.clouds.aws import Aws
from relab.clouds.kube import Kube
from relab.clouds.outcome import UNEXPECTED, Outcome, Reply, shorten
from relab.events import Evidence

_NOT_HEARD = (Outcome.UNREACHABLE, Outcome.TIMEOUT)


class Probe(Protocol):
    """Answers questions; see the module's docstring."""

    def admit(self, tenants: Iterable[str]) -> None:
        """Raise Refused or CannotTell when these tenants may not be asked about."""

    def ask(self, check: str, tenant: str, question: Question) -> tuple[Evidence, ...]:
        """Return the evidence of `question`, asked for `tenant` by `check`; the answer is last."""


@dataclass(frozen=True, slots=True)
class Clouds:
    """The clients that runs share, so that a second run finds its connections open."""

    aws: Aws = field(default_factory=Aws)
    kube: Kube = field(default_factory=Kube)

    def warm(self) -> None:
        """Load both SDKs, without asking anyone."""
        self.aws.warm()
        self.kube.warm()


@dataclass(frozen=True, slots=True)
class _Heard:
    """A raw answer, how long it took, and when it was asked for."""

    reply: Reply
    seconds: float
    at: str


class LiveProbe:
    """Asks the clouds of one profile for the length of one run."""

    def __init__(self, profile: Profile, environ: Mapping[str, str], clouds: Clouds) -> None:
        self._profile = profile
        self._environ = environ
        self._clouds = clouds
        self._answers = SingleFlight[_Heard]()
        self._evidence: dict[Hashable, Evidence] = {}
        self._callers: dict[str, KubeCallers] = {}
        self._lost: dict[AwsTarget, Evidence] = {}

    def admit(self, tenants: Iterable[str]) -> None:
        """Raise Refused when a caller's account, region or server is not the profile's.

        An account that cannot be asked is let through: the checks then say so. CannotTell when
        the environment is not started.
        """
        guard.check_started(self._profile)
        guard.check_region(self._profile, self._environ)
        self._clouds.kube.forget_nobody()
        for tenant in tenants:
            found = kube_callers(self._profile, tenant, self._environ, self._clouds.kube)
            self._callers[tenant] = found
        callers = {aws_caller(self._profile, tenant, self._environ): None for tenant in tenants}
        together = [Thread(target=self._who, args=caller, daemon=True) for caller in callers]
        for thread in together:
            thread.start()
        for thread in together:
            thread.join()
        for target, name in callers:
            self._admit(target, name)

    def _who(self, target: AwsTarget, name: str) -> Evidence:
        return self._aws(target, name, ask.caller())

    def _admit(self, target: AwsTarget, name: str) -> None:
        evidence = self._who(target, name)
        answer = answer_of(evidence)
        if answer.outcome is Outcome.OK:
            guard.check_account(self._profile, str(answer.body["account"]))
        elif answer.outcome in _NOT_HEARD:
            self._lost[target] = evidence

    def ask(self, check: str, tenant: str, question: Question) -> tuple[Evidence, ...]:
        """Return the evidence of `question`; see `Probe`."""
        del check
        match question:
            case AwsQuestion():
                target, name = aws_caller(self._profile, tenant, self._environ)
                return (self._aws(target, name, question),)
            case KubeQuestion():
                return self._kube_as(tenant, question)
            case LocalQuestion():
                return (self._local(question),)
            case _:
                assert_never(question)

    def _aws(self, target: AwsTarget, name: str, question: AwsQuestion) -> Evidence:
        lost = self._lost.get(target)
        if lost is not None and question.request != lost.request:
            return _unasked(question, name, lost.status, _not_heard(lost))
        return self._once(target, name, question, lambda: self._pages(target, question))

    def _pages(self, target: AwsTarget, question: AwsQuestion) -> Reply:
        pages: list[Any] = []
        params = dict(question.params)
        for _ in range(question.page.most if question.page else 1):
            reply = self._clouds.aws.call(target, question.service, question.operation, params)
            if not reply.ok:
                return reply
            pages.append(reply.body)
            token = reply.body.get(question.page.answer) if question.page else None
            if not token or question.page is None:
                break
            params[question.page.request] = token
        return Reply("200", pages)

    def _kube_as(self, tenant: str, question: KubeQuestion) -> tuple[Evidence, ...]:
        callers = self._callers[tenant]
        if question.strict:
            return self._strictly(tenant, callers, question)
        asked: list[Evidence] = []
        for target, name in zip(callers.targets, callers.names, strict=True):
            asked.append(self._kube(target, name, question))
            if answer_of(asked[-1]).outcome is not Outcome.DENIED:
                break
        return tuple(asked)

    def _strictly(
        self, tenant: str, callers: KubeCallers, question: KubeQuestion
    ) -> tuple[Evidence, ...]:
        """Ask as the tenant: with its own token, else by impersonating the Profile's owner."""
        target, name = callers.targets[0], callers.names[0]
        if callers.own:
            return (self._kube(target, name, question),)
        called = names(self._profile, tenant)
        first = self._kube(target, name, ask.who_am_i())
        who = answer_of(first)
        if who.outcome is not Outcome.OK:
            return (first, _unasked(question, name, first.status, who.detail))
        if who.body["user"] in (called.owner, called.user):
            return (first, self._kube(target, name, question))
        as_owner = impersonating(target, called.owner)
        return (first, self._kube(as_owner, f"{name} as {called.owner}", question))

    def _kube(self, target: KubeTarget, name: str, question: KubeQuestion) -> Evidence:
        def work() -> Reply:
            return self._clouds.kube.request(
                target, question.path, body=question.body, accept=question.accept
            )

        return self._once(target, name, question, work)

    def _local(self, question: LocalQuestion) -> Evidence:
        return self._once(None, "this machine", question, lambda: _looked(question))

    def _once(
        self, target: Hashable, name: str, question: Question, work: Callable[[], Reply]
    ) -> Evidence:
        """Return the evidence of `question`, shared, as its raw answer is, by all who ask it."""

        def ask_now() -> _Heard:
            at, start = _now(), time.perf_counter()
            return _Heard(work(), round(time.perf_counter() - start, 4), at)

        heard = self._answers.get((target, question.request), ask_now)
        key = (target, name, question.request, question.summary)
        if key not in self._evidence:
            self._evidence[key] = _evidence(question, name, heard)
        return self._evidence[key]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _unasked(question: Question, name: str, status: str, detail: str) -> Evidence:
    return _evidence(question, name, _Heard(Reply(status, detail=detail), 0.0, _now()))


def _looked(question: LocalQuestion) -> Reply:
    found = question.ask()
    return Reply("404", detail="not found") if found is None else Reply("200", found)


def _not_heard(lost: Evidence) -> str:
    return f"not asked, since {lost.request} got no answer: {answer_of(lost).detail}"


def _evidence(question: Question, name: str, heard: _Heard) -> Evidence:
    kept = _kept(question, heard.reply) if heard.reply.ok else heard.reply
    return Evidence(
        source=question.source,
        identity=name,
        request=question.request,
        status=kept.status,
        answer=redact.document(kept.body if kept.ok else {"detail": kept.detail}),
        seconds=heard.seconds,
        at=heard.at,
    )


def _kept(question: Question, reply: Reply) -> Reply:
    """Return `reply` with the question's summary; an answer of another shape is unexpected."""
    if isinstance(question, LocalQuestion):
        return reply
    try:
        return Reply(reply.status, question.summary(reply.body))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        what = f"{'AWS' if question.source == AWS else 'Kubernetes'} answered in another form"
        return Reply(UNEXPECTED, detail=shorten(f"{what}: {error!r}"))
