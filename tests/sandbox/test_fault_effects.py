"""What each fault does to its tenant over the wire, and that it does nothing to the neighbour."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from relab.sandbox.faults.about import ABOUT
from relab.sandbox.session import Session
from tests.sandbox.eyes import Eyes

_RBAC = "/apis/rbac.authorization.k8s.io/v1"


def space(eyes: Eyes) -> str:
    return f"kubeflow-user{eyes.tenant}"


def inside(eyes: Eyes, plural: str) -> str:
    return f"/api/v1/namespaces/{space(eyes)}/{plural}"


def profile(eyes: Eyes) -> Any:
    status, doc = eyes.kube(f"/apis/kubeflow.org/v1/profiles/profile-user{eyes.tenant}")
    owner = doc["spec"]["owner"]["name"] if status == 200 else ""
    return status, owner.replace(str(eyes.tenant), "NN")


def accounts(eyes: Eyes) -> Any:
    return eyes.names(inside(eyes, "serviceaccounts"))


def quotas(eyes: Eyes) -> Any:
    return eyes.names(inside(eyes, "resourcequotas"))


def bindings(eyes: Eyes) -> Any:
    return len(Eyes(eyes.sandbox, None).names(f"{_RBAC}/namespaces/{space(eyes)}/rolebindings"))


def own_pods(eyes: Eyes) -> Any:
    return eyes.status(inside(eyes, "pods"))


def pod_defaults(eyes: Eyes) -> Any:
    return eyes.names(f"/apis/kubeflow.org/v1alpha1/namespaces/{space(eyes)}/poddefaults")


def ready(eyes: Eyes, path: str) -> bool:
    _, found = eyes.kube(path)
    return all(one["ready"] for pod in found["items"] for one in pod["status"]["containerStatuses"])


def mlflow(eyes: Eyes) -> Any:
    health = eyes.kube(inside(eyes, "services/mlflow-server:5000/proxy/health"))
    label = "?labelSelector=app%3Dmlflow-server"
    return health[0], ready(eyes, inside(eyes, "pods") + label)


def postgres(eyes: Eyes) -> Any:
    return ready(eyes, "/api/v1/namespaces/mlflow-system/pods?labelSelector=app%3Dpostgres")


def controller(eyes: Eyes) -> Any:
    path = "/apis/apps/v1/namespaces/kubeflow/deployments/notebook-controller-deployment"
    return eyes.kube(path)[1]["status"].get("readyReplicas", 0)


def neighbour(eyes: Eyes) -> Any:
    return eyes.status("/api/v1/namespaces/kubeflow-user03/pods")


def bucket(eyes: Eyes) -> Any:
    return eyes.code("s3", "head_bucket", Bucket=f"mlops-training-user{eyes.tenant}")


def folders(eyes: Eyes) -> Any:
    found = eyes.aws("s3").list_objects_v2(
        Bucket=f"mlops-training-user{eyes.tenant}", Delimiter="/"
    )
    return [row["Prefix"] for row in found.get("CommonPrefixes", [])]


def repositories(eyes: Eyes) -> Any:
    found = eyes.aws("ecr").describe_repositories()["repositories"]
    own = [row for row in found if f"user{eyes.tenant}" in row["repositoryName"]]
    return len(own)


def aws_codes(eyes: Eyes) -> Any:
    return (
        eyes.code("sts", "get_caller_identity"),
        eyes.code("s3", "list_buckets"),
        eyes.code("ecr", "describe_repositories"),
        eyes.code("eks", "list_clusters"),
    )


def kube_code(eyes: Eyes) -> Any:
    return eyes.status("/api/v1/namespaces")


@dataclass(frozen=True)
class Effect:
    fault: str
    look: Callable[[Eyes], Any]
    whole: Any
    broken: Any


_WELL = ("ok", "ok", "ok", "ok")
EFFECTS = (
    Effect("no-namespace", lambda eyes: eyes.status(f"/api/v1/namespaces/{space(eyes)}"), 200, 404),
    Effect("no-namespace", lambda eyes: profile(eyes)[0], 200, 200),
    Effect("no-profile", profile, (200, "userNN@mlops.local"), (404, "")),
    Effect("no-profile", own_pods, 200, 200),
    Effect("wrong-owner", profile, (200, "userNN@mlops.local"), (200, "user@example.com")),
    Effect("wrong-owner", own_pods, 200, 200),
    Effect(
        "no-service-account", accounts, ["default", "default-editor", "default-viewer"], ["default"]
    ),
    Effect("no-quota", quotas, ["kf-resource-quota"], []),
    Effect("no-rolebinding", bindings, 3, 0),
    Effect("no-rolebinding", own_pods, 200, 403),
    Effect("no-poddefault", pod_defaults, ["access-ml-pipeline", "access-mlflow"], []),
    Effect("mlflow-down", mlflow, (200, True), (503, False)),
    Effect("postgres-down", postgres, True, False),
    Effect("open-isolation", neighbour, 403, 200),
    Effect("notebook-controller-down", controller, 1, 0),
    Effect("no-bucket", bucket, "ok", "404"),
    Effect("no-ecr", repositories, 3, 0),
    Effect("no-artifacts", folders, ["kubeflow-pipeline-artifacts/", "mlflow-artifacts/"], []),
    Effect("no-artifacts", bucket, "ok", "ok"),
    Effect(
        "access-denied", aws_codes, _WELL, ("ok", "AccessDenied", "AccessDeniedException", "ok")
    ),
    Effect(
        "expired-credentials",
        aws_codes,
        _WELL,
        ("ExpiredToken", "ExpiredToken", "ExpiredTokenException", "ExpiredTokenException"),
    ),
    Effect("expired-credentials", kube_code, 200, 200),
    Effect("kube-unauthorized", kube_code, 200, 401),
    Effect("kube-unauthorized", aws_codes, _WELL, _WELL),
    Effect("throttled", kube_code, 200, 429),
    Effect(
        "throttled",
        aws_codes,
        _WELL,
        ("Throttling", "SlowDown", "ThrottlingException", "ThrottlingException"),
    ),
)


def test_every_fault_but_slow_is_looked_at() -> None:
    assert {effect.fault for effect in EFFECTS} == set(ABOUT) - {"slow"}


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda one: f"{one.fault}-{one.look.__name__}")
def test_a_fault_shows_to_its_tenant_alone(sandbox: Session, effect: Effect) -> None:
    tenant, other = Eyes(sandbox, "07"), Eyes(sandbox, "08")
    platform = ABOUT[effect.fault].of == "platform"
    assert effect.look(tenant) == effect.whole
    assert sandbox.break_(effect.fault, None if platform else "07")
    assert effect.look(tenant) == effect.broken
    assert effect.look(other) == (effect.broken if platform else effect.whole)
    assert sandbox.mend(effect.fault, None if platform else "07")
    assert effect.look(tenant) == effect.whole


def test_throttled_kubernetes_says_when_to_come_back(sandbox: Session) -> None:
    sandbox.break_("throttled", "07")
    status, headers = Eyes(sandbox, "07").kube("/api/v1/namespaces")
    assert (status, headers["Retry-After"]) == (429, "1")


def test_slow_answers_come_after_the_time_out_and_others_do_not(sandbox: Session) -> None:
    sandbox.break_("slow", "07")
    slow, quick = Eyes(sandbox, "07"), Eyes(sandbox, "08")
    with ThreadPoolExecutor(2) as pool:
        late = pool.submit(kube_code, slow), pool.submit(slow.code, "sts", "get_caller_identity")
        assert kube_code(quick) == 200
        assert quick.code("sts", "get_caller_identity") == "ok"
        assert [one.result() for one in late] == [0, "ReadTimeoutError"]
