"""A Kubeflow Profile makes a tenant's namespace and keeps it as it should be."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.kube.profile_definition import PROFILE_CRD, profile
from tests.kube.world import World

PROFILES = "/apis/kubeflow.org/v1/profiles"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
MERGE = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture
def tenant(world: World, unique: str) -> Iterator[str]:
    world.needs("profiles")
    world.raw("POST", CRDS, PROFILE_CRD)
    body = profile(f"profile-{unique}", "alice", cpu="8", memory="16Gi")
    code, answer, _ = world.raw("POST", PROFILES, body)
    assert code == 201, answer
    yield unique
    world.raw("DELETE", f"{PROFILES}/profile-{unique}")


def get(world: World, path: str) -> dict[str, Any]:
    code, doc, _ = world.raw("GET", path)
    assert code == 200, doc
    return dict(doc)


def test_namespace_is_the_profiles_own(world: World, tenant: str) -> None:
    made = get(world, f"{PROFILES}/profile-{tenant}")
    metadata = get(world, f"/api/v1/namespaces/kubeflow-{tenant}")["metadata"]
    assert metadata["labels"]["app.kubernetes.io/part-of"] == "kubeflow-profile"
    assert metadata["labels"]["istio-injection"] == "enabled"
    assert metadata["annotations"]["owner"] == "alice"
    owner = metadata["ownerReferences"][0]
    assert (owner["kind"], owner["uid"]) == ("Profile", made["metadata"]["uid"])


def test_profile_is_ready(world: World, tenant: str) -> None:
    conditions = get(world, f"{PROFILES}/profile-{tenant}")["status"]["conditions"]
    assert {item["type"]: item["status"] for item in conditions} == {"Ready": "True"}


@pytest.mark.parametrize(
    ("account", "role"), [("default-editor", "kubeflow-edit"), ("default-viewer", "kubeflow-view")]
)
def test_accounts_are_bound(world: World, tenant: str, account: str, role: str) -> None:
    base = f"namespaces/kubeflow-{tenant}"
    get(world, f"/api/v1/{base}/serviceaccounts/{account}")
    binding = get(world, f"{RBAC}/{base}/rolebindings/{account}")
    assert binding["roleRef"]["name"] == role
    assert binding["subjects"][0]["name"] == account


def test_owner_administers(world: World, tenant: str) -> None:
    binding = get(world, f"{RBAC}/namespaces/kubeflow-{tenant}/rolebindings/namespaceAdmin")
    assert binding["metadata"]["annotations"] == {"role": "admin", "user": "alice"}
    assert (binding["roleRef"]["name"], binding["subjects"][0]["name"]) == (
        "kubeflow-admin",
        "alice",
    )


def test_quota_has_a_status(world: World, tenant: str) -> None:
    path = f"/api/v1/namespaces/kubeflow-{tenant}/resourcequotas/kf-resource-quota"
    status = get(world, path)["status"]
    assert status["hard"] == {"cpu": "8", "memory": "16Gi"}
    assert status["used"] == {"cpu": "0", "memory": "0"}


def test_new_owner_is_bound(world: World, tenant: str) -> None:
    change = {"spec": {"owner": {"name": "carol"}}}
    world.raw("PATCH", f"{PROFILES}/profile-{tenant}", change, headers=MERGE)
    namespace = f"kubeflow-{tenant}"
    binding = get(world, f"{RBAC}/namespaces/{namespace}/rolebindings/namespaceAdmin")
    assert binding["subjects"][0]["name"] == "carol"
    assert (
        get(world, f"/api/v1/namespaces/{namespace}")["metadata"]["annotations"]["owner"] == "carol"
    )


def test_lost_parts_come_back(world: World, tenant: str) -> None:
    path = f"/api/v1/namespaces/kubeflow-{tenant}/serviceaccounts/default-editor"
    before = get(world, path)["metadata"]["uid"]
    world.raw("DELETE", path)
    assert get(world, path)["metadata"]["uid"] != before


def test_lost_namespace_comes_back(world: World, tenant: str) -> None:
    path = f"/api/v1/namespaces/kubeflow-{tenant}"
    before = get(world, path)["metadata"]["uid"]
    world.raw("DELETE", path)
    assert get(world, path)["metadata"]["uid"] != before
    get(world, f"{path}/serviceaccounts/default-editor")


def test_paused_profile_stays_broken(world: World, tenant: str) -> None:
    path = f"/api/v1/namespaces/kubeflow-{tenant}"
    world.hooks["pause_profile"](f"profile-{tenant}")
    world.raw("DELETE", path)
    assert world.raw("GET", path)[0] == 404
    world.hooks["resume_profile"](f"profile-{tenant}")
    get(world, f"{path}/serviceaccounts/default-viewer")


def test_deleted_profile_takes_its_namespace(world: World, tenant: str) -> None:
    world.raw("DELETE", f"{PROFILES}/profile-{tenant}")
    assert world.raw("GET", f"/api/v1/namespaces/kubeflow-{tenant}")[0] == 404
