"""Every fault of the sandbox moves exactly the verdicts that it should, of that tenant alone."""

from dataclasses import dataclass

import pytest

from relab.checks.texts import PLACEHOLDER, commands, render
from relab.clouds import aws, kube
from relab.events import Verdict
from relab.languages import Language
from relab.sandbox.faults.table import OF_PLATFORM, OF_TENANT
from relab.sandbox.session import Session
from tests.checks.world import Moves, moved, results, verdicts

TENANT, OTHERS = "07", ("06", "08")
FAIL, WARN, ERROR, SKIP = Verdict.FAIL, Verdict.WARN, Verdict.ERROR, Verdict.SKIP
BUCKET_ADVICE = "hardening.encryption hardening.versioning hardening.public-access"
IMAGE_ADVICE = "hardening.scan-on-push hardening.lifecycle"
FOLDERS = "storage.mlflow-artifacts storage.pipeline-artifacts"
ACCOUNT = "prep.credentials storage.credentials"
BUCKET = "mlflow.bucket storage.bucket"
IMAGES = "mlflow.ecr storage.ecr"
KUBERNETES = """
    kubeflow.namespace kubeflow.profile kubeflow.service-accounts kubeflow.quota
    kubeflow.role-bindings kubeflow.poddefaults kubeflow.resources kubeflow.isolation
    kubeflow.system kubeflow.ready mlflow.namespace mlflow.profile mlflow.poddefault mlflow.server
    mlflow.isolation
"""


def moves(**by_verdict: str) -> Moves:
    return {
        check: Verdict[verdict.upper()]
        for verdict, checks in by_verdict.items()
        for check in checks.split()
    }


UNHEARD = moves(
    error=f"{ACCOUNT} prep.cluster {KUBERNETES} {BUCKET} {IMAGES} {FOLDERS} {BUCKET_ADVICE} "
    f"{IMAGE_ADVICE}"
)
EXPECTED: dict[str, Moves] = {
    "no-namespace": moves(
        fail="kubeflow.namespace kubeflow.service-accounts kubeflow.role-bindings kubeflow.ready "
        "mlflow.namespace mlflow.poddefault mlflow.server mlflow.isolation",
        warn="kubeflow.quota kubeflow.poddefaults",
        skip="kubeflow.resources",
    ),
    "no-profile": moves(fail="kubeflow.profile mlflow.profile"),
    "wrong-owner": moves(warn="kubeflow.profile mlflow.profile"),
    "no-service-account": moves(fail="kubeflow.service-accounts kubeflow.ready"),
    "no-quota": moves(warn="kubeflow.quota"),
    "no-rolebinding": moves(fail="kubeflow.role-bindings kubeflow.ready mlflow.isolation"),
    "no-poddefault": moves(fail="mlflow.poddefault", warn="kubeflow.poddefaults"),
    "mlflow-down": moves(warn="kubeflow.resources mlflow.server"),
    "postgres-down": moves(warn="mlflow.server"),
    "open-isolation": moves(warn="kubeflow.isolation mlflow.isolation"),
    "notebook-controller-down": moves(warn="kubeflow.system"),
    "no-bucket": moves(fail=BUCKET, skip=f"{FOLDERS} {BUCKET_ADVICE}"),
    "no-ecr": moves(fail="storage.ecr", warn="mlflow.ecr", skip=IMAGE_ADVICE),
    "no-artifacts": moves(warn=FOLDERS),
    "access-denied": moves(fail=BUCKET, error=f"{IMAGES} {FOLDERS} {BUCKET_ADVICE} {IMAGE_ADVICE}"),
    "expired-credentials": moves(
        fail=ACCOUNT, error=f"{BUCKET} {IMAGES} {FOLDERS} {BUCKET_ADVICE} {IMAGE_ADVICE}"
    ),
    "kube-unauthorized": moves(fail="prep.cluster", error=KUBERNETES),
    "throttled": UNHEARD,
    "slow": UNHEARD,
}


def test_the_table_knows_every_fault() -> None:
    assert set(EXPECTED) == {*OF_TENANT, *OF_PLATFORM}


@pytest.fixture(name="impatient")
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (aws, kube):
        monkeypatch.setattr(module, "READ_SECONDS", 0.6)


def broken(sandbox: Session, *faults: str) -> None:
    for fault in faults:
        assert sandbox.break_(fault, TENANT if fault in OF_TENANT else None)


@pytest.mark.parametrize("fault", sorted(set(EXPECTED) - {"slow"}))
def test_a_fault_moves_its_verdicts_and_no_other(sandbox: Session, fault: str) -> None:
    broken(sandbox, fault)
    found = results(sandbox.profile, (TENANT, *OTHERS))
    assert moved(found, TENANT) == EXPECTED[fault]
    for other in OTHERS:
        assert moved(found, other) == ({} if fault in OF_TENANT else EXPECTED[fault])
    sandbox.mend()
    assert moved(results(sandbox.profile, (TENANT,)), TENANT) == {}


@pytest.mark.usefixtures("impatient")
def test_a_slow_world_cannot_be_told(sandbox: Session) -> None:
    broken(sandbox, "slow")
    found = results(sandbox.profile, (TENANT,))
    assert moved(found, TENANT) == EXPECTED["slow"]


@dataclass(frozen=True)
class Pair:
    first: str
    second: str
    moves: Moves


# Two faults at once move what each moves alone, save where one hides or changes the other.
PAIRS = (
    Pair("no-bucket", "no-ecr", EXPECTED["no-bucket"] | EXPECTED["no-ecr"]),
    Pair("wrong-owner", "no-quota", EXPECTED["wrong-owner"] | EXPECTED["no-quota"]),
    Pair("mlflow-down", "postgres-down", EXPECTED["mlflow-down"]),
    Pair("no-profile", "wrong-owner", EXPECTED["no-profile"]),
    Pair("no-namespace", "mlflow-down", EXPECTED["no-namespace"]),
    Pair(
        "no-namespace",
        "notebook-controller-down",
        EXPECTED["no-namespace"] | EXPECTED["notebook-controller-down"],
    ),
    Pair("no-bucket", "expired-credentials", EXPECTED["expired-credentials"]),
    Pair("access-denied", "no-bucket", EXPECTED["access-denied"]),
    Pair("no-quota", "kube-unauthorized", EXPECTED["kube-unauthorized"]),
    Pair(
        "open-isolation",
        "no-rolebinding",
        EXPECTED["no-rolebinding"]
        | moves(warn="kubeflow.isolation mlflow.isolation"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.first}+{pair.second}")
def test_two_faults_at_once(sandbox: Session, pair: Pair) -> None:
    if pair.first == "no-profile":
        broken(sandbox, pair.second, pair.first)
    else:
        broken(sandbox, pair.first, pair.second)
    assert moved(results(sandbox.profile, (TENANT,)), TENANT) == pair.moves


@pytest.mark.parametrize("fault", sorted(set(EXPECTED) - {"slow"}))
def test_every_trouble_has_a_remedy_with_the_tenants_own_names(
    sandbox: Session, fault: str
) -> None:
    broken(sandbox, fault)
    for result in results(sandbox.profile, (TENANT,)):
        for finding in result.findings:
            if finding.verdict in (FAIL, WARN, ERROR):
                assert finding.remedy is not None, finding.key
                for language in Language:
                    remedy = render(finding.remedy, language)
                    assert commands(remedy), finding.key
                    assert not PLACEHOLDER.search(remedy)
                    assert "user08" not in remedy or "isolation" in finding.key


def test_a_seeded_tenant_passes_everything(sandbox: Session) -> None:
    found = results(sandbox.profile, sandbox.profile.tenants)
    for tenant in sandbox.profile.tenants:
        assert moved(found, tenant) == {}
        assert len(verdicts(found, tenant)) == 34
