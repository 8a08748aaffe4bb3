import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from profiles.loader import load
from profiles.model import Profile
from relab.checks import engine, registry
from relab.checks.case import Case
from relab.checks.engine import Options, run
from relab.checks.flight import SingleFlight
from relab.checks.probe import LiveProbe
from relab.checks.question import LocalQuestion
from relab.checks.recorded import RecordedProbe
from relab.checks.registry import CHECKS, SECTIONS, Check, choose
from relab.errors import CannotTell, Refused, UsageError
from relab.events import CheckFinished, CheckStarted, Finding, RunFinished, RunStarted, Verdict
from relab.sandbox.session import Session
from tests.checks.world import only, results

NOBODY = Options(probe=RecordedProbe(()))


@pytest.fixture
def profile() -> Profile:
    return load("ha-mlops")


def planted(monkeypatch: pytest.MonkeyPatch, *checks: Check) -> None:
    monkeypatch.setattr(registry, "CHECKS", checks)
    monkeypatch.setattr(registry, "BY_ID", {check.id: check for check in checks})


def says(case: Case) -> Iterator[Finding]:
    yield case.passed("kubeflow.ready.all")


def fails(case: Case) -> Iterator[Finding]:
    yield case.passed("kubeflow.ready.all", at="first")
    raise ZeroDivisionError("planted")


def hangs(case: Case) -> Iterator[Finding]:
    time.sleep(1.5)
    yield case.failed("kubeflow.ready.missing", "kubeflow.ready.fix", missing="x")


GOOD = Check("prep.good", "0.1", says, "nothing")
BAD = Check("prep.bad", "0.2", fails, "nothing")
LATE = Check("prep.late", "0.3", hangs, "nothing")


def test_the_events_of_a_run(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, GOOD, BAD)
    found = list(run(profile, ["01", "02"], environ={}, options=NOBODY))
    first, last = found[0], found[-1]
    assert isinstance(first, RunStarted)
    assert (first.tenants, first.checks) == (("01", "02"), ("prep.good", "prep.bad"))
    assert isinstance(last, RunFinished)
    for kind in (CheckStarted, CheckFinished):
        seen = [(one.check, one.tenant) for one in found if isinstance(one, kind)]
        assert sorted(seen) == [
            (check, tenant) for check in ("prep.bad", "prep.good") for tenant in ("01", "02")
        ]
    assert {one.run for one in found if isinstance(one, CheckFinished)} == {first.run}


def test_a_bug_in_one_check_is_its_error_alone(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch, BAD, GOOD)
    found = [
        one
        for one in run(profile, ["01"], environ={}, options=NOBODY)
        if isinstance(one, CheckFinished)
    ]
    bad, good = only(found, "prep.bad"), only(found, "prep.good")
    assert (bad.verdict, good.verdict) == (Verdict.ERROR, Verdict.PASS)
    assert [one.key for one in bad.findings] == ["prep.bad#first", "prep.bad#answer"]
    assert bad.findings[1].message.args["detail"] == "ZeroDivisionError: planted"


def test_a_late_check_is_given_up_and_never_heard_again(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch, LATE, GOOD)
    options = Options(probe=RecordedProbe(()), check_seconds=0.3, workers=1)
    start = time.monotonic()
    found = list(run(profile, ["01"], environ={}, options=options))
    assert time.monotonic() - start < 1.4
    finished = [one for one in found if isinstance(one, CheckFinished)]
    assert [(one.check, one.verdict) for one in finished] == [
        ("prep.late", Verdict.ERROR),
        ("prep.good", Verdict.PASS),
    ]


def test_a_run_can_be_cancelled(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, LATE, GOOD)
    cancelled = threading.Event()
    options = Options(probe=RecordedProbe(()), cancelled=cancelled, workers=1)
    found = []
    for event in run(profile, ["01"], environ={}, options=options):
        found.append(type(event))
        if isinstance(event, CheckStarted):
            cancelled.set()
    assert found == [RunStarted, CheckStarted, RunFinished]


def test_each_question_is_asked_once_by_many_threads() -> None:
    flights, asked = SingleFlight[int](), []

    def work() -> int:
        asked.append(1)
        time.sleep(0.05)
        return 7

    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(flights.get("q", work))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, asked) == ([7] * 8, [1])


def test_a_broken_question_breaks_for_all_who_ask_it() -> None:
    flights = SingleFlight[int]()

    def work() -> int:
        raise ValueError("planted")

    for _ in range(2):
        with pytest.raises(ValueError, match="planted"):
            flights.get("q", work)


def test_tenants_share_what_they_ask_alike(sandbox: Session) -> None:
    shared = replace(sandbox.profile, aws=replace(sandbox.profile.aws, tenant_profile=None))
    found = results(shared, ("01", "02"), ["mlflow.ecr", "storage.bucket"])
    lists = [
        one for each in found for one in each.evidence if one.request == "ecr DescribeRepositories"
    ]
    assert len(lists) == 2
    assert len({(one.at, one.seconds) for one in lists}) == 1
    assert len({str(one.answer) for one in lists}) == 2
    assert {one.verdict for one in found} == {Verdict.PASS}


def test_another_account_is_refused_before_anything_is_asked(sandbox: Session) -> None:
    aws = replace(sandbox.profile.aws, account="999999999999")
    with pytest.raises(Refused, match="123456789012"):
        run(replace(sandbox.profile, aws=aws), ["07"], environ={})


def test_another_region_is_refused(sandbox: Session) -> None:
    with pytest.raises(Refused, match="us-east-1"):
        run(sandbox.profile, ["07"], environ={"AWS_REGION": "us-east-1"})


def test_another_server_is_refused(sandbox: Session) -> None:
    kube = replace(sandbox.profile.kubernetes, server="https://127.0.0.1:1")
    with pytest.raises(Refused, match="cluster guard"):
        run(replace(sandbox.profile, kubernetes=kube), ["07"], environ={})


def test_an_environment_that_is_not_started_is_never_asked() -> None:
    with pytest.raises(CannotTell, match="relab sandbox up"):
        run(load("sandbox"), ["07"], environ={})


def test_nobody_there_is_told_at_once(sandbox: Session) -> None:
    gone = replace(
        sandbox.profile,
        aws=replace(sandbox.profile.aws, endpoint="http://127.0.0.1:9"),
        kubernetes=replace(sandbox.profile.kubernetes, kubeconfig="/nowhere/config"),
    )
    found = {one.check: one for one in results(gone, ("07",))}
    assert found["prep.cluster"].verdict is Verdict.FAIL
    assert "/nowhere/config" in str(found["prep.cluster"].findings)
    asked = {check.id for check in CHECKS} - {"prep.cluster", "prep.tools", "prep.number"}
    silent = {"prep.repository", "storage.architecture", "storage.data-flow"}
    assert {found[check].verdict for check in asked - silent} == {Verdict.ERROR}
    lost = [one for one in found["storage.bucket"].evidence if "not asked" in str(one.answer)]
    assert lost


def test_a_local_question_is_asked_once_a_run(profile: Profile) -> None:
    asked: list[int] = []

    def ask() -> dict[str, int]:
        asked.append(1)
        return {"a": 1}

    probe = LiveProbe(profile, {}, Options().clouds)
    question = LocalQuestion("q", ask)
    first = probe.ask("x", "01", question)
    assert probe.ask("y", "02", question) == first
    assert asked == [1]


def test_checks_are_chosen_by_name() -> None:
    assert choose() == CHECKS
    assert [one.id for one in choose(ids=["mlflow.server", "prep.tools"])] == [
        "prep.tools",
        "mlflow.server",
    ]
    assert {one.section for one in choose(sections=["mlflow", "prep"])} == {"mlflow", "prep"}
    with pytest.raises(UsageError, match="choose from prep, kubeflow"):
        choose(sections=["nope"])
    with pytest.raises(UsageError, match=r"no check 'nope' -> choose from prep\.tools"):
        choose(ids=["nope"])


def test_the_registry_is_one_table_in_order() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS) == 34
    assert list(dict.fromkeys(check.section for check in CHECKS)) == list(SECTIONS)
    assert engine.CHECK_SECONDS > 2 * 11
