"""Section 0: the learner's machine, number, credentials, cluster and repository."""

from collections.abc import Iterator

from profiles.naming import values
from relab.checks import ask, local
from relab.checks.case import Case
from relab.checks.question import Answer
from relab.clouds.outcome import Outcome
from relab.events import Finding

_INSTALL = {
    "aws": "prep.tools.install-aws",
    "kubectl": "prep.tools.install-kubectl",
    "git": "prep.tools.install-git",
}

_ROLES = {"student": "prep.number.student", "instructor": "prep.number.instructor"}


def tools(case: Case) -> Iterator[Finding]:
    """Check that aws, kubectl and git are installed."""
    found = case.read(local.tools())
    for name, remedy in _INSTALL.items():
        args, version = {"at": name, "tool": name}, found[name]
        if version is None:
            yield case.warned("prep.tools.missing", remedy, **args)
        elif not version:
            yield case.warned("prep.tools.broken", remedy, **args)
        else:
            yield case.passed("prep.tools.found", version=version, **args)


def number(case: Case) -> Iterator[Finding]:
    """Check that USER_NUM, where it is set, is the number that is being checked."""
    found = case.read(local.variable("USER_NUM"))
    if found is None or found["value"].removeprefix("user").zfill(2) == case.tenant:
        called = case.names
        text = _ROLES[called.role]
        yield case.passed(text, number=case.tenant, cpu=called.cpu, memory=called.memory)
    else:
        yield case.warned(
            "prep.number.differs", "prep.number.set", set=found["value"], number=case.tenant
        )


def credentials(case: Case) -> Iterator[Finding]:
    """Check that the credentials work, and belong to the profile's account."""
    answer = case.ask(ask.caller())
    if answer.outcome is Outcome.NO_CREDENTIALS:
        yield case.failed("prep.credentials.none", "prep.credentials.configure")
    elif answer.outcome is Outcome.EXPIRED:
        yield case.failed(
            "prep.credentials.refused", "prep.credentials.renew", detail=answer.detail
        )
    else:
        yield _account(case, case.told(answer))


def _account(case: Case, found: dict[str, str]) -> Finding:
    account, wanted = found["account"], case.profile.aws.account
    if account != wanted:
        text = "prep.credentials.other-account"
        return case.failed(text, "prep.credentials.configure", account=account, wanted=wanted)
    return case.passed("prep.credentials.account", account=account, arn=found["arn"])


def cluster(case: Case) -> Iterator[Finding]:
    """Check that the cluster answers, and knows the caller."""
    version = case.ask(ask.cluster_version())
    answer = version if version.outcome is not Outcome.OK else case.ask(ask.who_am_i())
    args = {"cluster": case.profile.kubernetes.cluster, "detail": answer.detail}
    connect = "start.run" if case.profile.start else "prep.cluster.connect"
    if answer.outcome is Outcome.UNREACHABLE:
        yield case.failed("prep.cluster.unreachable", connect, **args, start=_start(case))
    elif answer.outcome is Outcome.NO_CREDENTIALS:
        yield case.failed("prep.cluster.no-kubeconfig", "prep.cluster.connect", **args)
    elif answer.outcome is Outcome.EXPIRED:
        yield case.failed("prep.cluster.unauthorized", "prep.cluster.connect", **args)
    else:
        yield _answers(case, str(case.told(version)["version"]), answer)


def _answers(case: Case, version: str, who: Answer) -> Finding:
    """Return that the cluster answers; one older than 1.28 cannot say as whom it sees us."""
    old = who.outcome in (Outcome.MISSING, Outcome.UNEXPECTED)
    user = "-" if old else str(case.told(who)["user"])
    cluster = case.profile.kubernetes.cluster
    return case.passed("prep.cluster.answers", cluster=cluster, version=version, user=user)


def _start(case: Case) -> str:
    return case.profile.start or ""


def repository(case: Case) -> Iterator[Finding]:
    """Check that the lab's repository has been cloned somewhere near."""
    if case.profile.repository is None:
        yield case.skipped("prep.repository.none")
        return
    called = values(case.profile, case.tenant)
    name, folder, url = called["git_name"], called["git_folder"], called["git_url"]
    if case.read(local.cloned(name)) is None:
        yield case.warned(
            "prep.repository.missing", "prep.repository.clone", name=name, url=url, folder=folder
        )
    else:
        yield case.passed("prep.repository.found", name=name)
