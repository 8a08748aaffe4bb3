"""What was decided live is decided again from the evidence alone."""

import json
from pathlib import Path

import pytest

from relab import events
from relab.checks.engine import Options
from relab.checks.recorded import RecordedProbe
from relab.events import CheckFinished
from relab.sandbox.session import Session
from tests.checks.world import results

TENANT = "07"
KEPT = (
    "",
    "no-namespace",
    "no-rolebinding",
    "mlflow-down",
    "access-denied",
    "expired-credentials",
    "kube-unauthorized",
    "throttled",
)


def said(found: list[CheckFinished]) -> dict[str, object]:
    return {one.check: (one.verdict, one.findings) for one in found}


@pytest.mark.parametrize("fault", KEPT)
def test_evidence_gives_the_same_findings(sandbox: Session, fault: str) -> None:
    if fault:
        sandbox.break_(fault, TENANT)
    live = results(sandbox.profile, (TENANT,))
    lines = [json.dumps(events.to_json(one)) for one in live]
    kept = [events.from_json(json.loads(line)) for line in lines]
    probe = RecordedProbe(one for one in kept if isinstance(one, CheckFinished))
    again = results(sandbox.profile, (TENANT,), options=Options(probe=probe))
    assert said(again) == said(live)
    evidence = {one.check: one.evidence for one in live}
    for one in again:
        assert one.evidence == evidence[one.check]


def test_a_question_that_was_never_asked_cannot_be_told(sandbox: Session) -> None:
    found = results(sandbox.profile, (TENANT,), ["mlflow.bucket"], Options(probe=RecordedProbe(())))
    assert [str(one.verdict) for one in found] == ["error"]


def test_evidence_is_small_and_holds_no_secret(sandbox: Session) -> None:
    found = results(sandbox.profile, sandbox.profile.tenants)
    text = json.dumps([events.to_json(one) for one in found])
    assert len(text) / len(sandbox.profile.tenants) < 100_000
    env = sandbox.env(TENANT)
    assert env["AWS_SECRET_ACCESS_KEY"] not in text
    assert env["AWS_ACCESS_KEY_ID"] not in text
    kubeconfig = Path(env["KUBECONFIG"]).read_text(encoding="utf-8")
    tokens = [line for line in kubeconfig.splitlines() if "token:" in line]
    assert tokens
    for line in tokens:
        assert line.partition("token:")[2].strip() not in text
