"""A cluster comes back: whole, in order, onto what stands there, with and without controllers."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from relab.clouds.kube import Kube
from relab.clouds.outcome import Reply
from relab.sandbox.kube import Cluster
from relab.sandbox.session import Session
from restore.kube_order import TIERS, is_hidden, kind_of
from restore.model import Action, Existing
from snapshot.vault.model import Snapshot
from tests.restore.aws_world import own_state
from tests.restore.kube_world import TENANTS, KubeWorld, kube_world

_RBAC = "rbac.authorization.k8s.io/v1"
_DEFINITIONS = "apiextensions.k8s.io/v1/CustomResourceDefinition"
SPACE = "kubeflow-user07"


@pytest.fixture(scope="module")
def world(sandbox: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeWorld]:
    folder = tmp_path_factory.mktemp("kube")
    with own_state(folder), kube_world(sandbox, folder) as made:
        yield made


@pytest.fixture(scope="module")
def seeded(world: KubeWorld) -> Snapshot:
    """Save the cluster as it is seeded."""
    world.fill()
    return world.save("seeded")


def config(name: str, data: dict[str, str], space: str = SPACE) -> dict[str, Any]:
    metadata = {"name": name, "namespace": space}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def pods(cluster: Cluster) -> list[tuple[str, str]]:
    """Return namespace and phase of each pod."""
    found = cluster.list("v1", "Pod")
    return sorted((pod["metadata"]["namespace"], pod["status"]["phase"]) for pod in found)


def secrets(cluster: Cluster) -> dict[tuple[str, str], Any]:
    return {
        (doc["metadata"]["namespace"], doc["metadata"]["name"]): doc.get("data")
        for doc in cluster.list("v1", "Secret")
    }


def test_everything_comes_back_and_runs_twice_in_a_row(world: KubeWorld, seeded: Snapshot) -> None:
    world.fill()
    ran = [one for one in pods(world.cluster) if one[0] != "kube-system"]
    held = secrets(world.cluster)
    clear = base64.b64decode(held[SPACE, "mlflow-database"]["password"]).decode()
    assert clear.startswith("mlflow-")
    for keep in (True, False):
        world.empty(keep_crds=keep)
        assert pods(world.cluster) == []
        done = world.restore(seeded)
        assert done.clean, (done.failures, done.report, done.plan.blocked)
        assert pods(world.cluster) == ran
        assert secrets(world.cluster) == held
        assert world.writes
        again = world.restore(seeded)
        assert again.clean
        assert world.writes == []
        assert not again.actions() & {Action.CREATE, Action.UPDATE, Action.REPLACE}


def test_tiers_come_one_after_the_other(world: KubeWorld) -> None:
    def plant() -> None:
        world.plant()
        world.cluster.create(webhook())
        world.cluster.create(
            {
                "apiVersion": "batch/v1",
                "kind": "CronJob",
                "metadata": {"name": "nightly", "namespace": SPACE},
                "spec": {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": job_pod()}}},
            }
        )

    world.fill(plant)
    snapshot = world.save("tiers")
    world.empty(keep_crds=False)
    done = world.restore(snapshot)
    assert done.clean, (done.failures, done.report)
    names = {kind.resource[::-1]: kind for kind in world.cluster.api.registry}
    order = [
        _tier(kind_of(f"{_kind(names, one.path).api_version}/{_kind(names, one.path).kind}"))
        for one in world.writes
    ]
    assert order == sorted(order)
    assert order[0] == 0
    assert order[-1] == len(TIERS) - 1


def _kind(names: dict[Any, Any], path: str) -> Any:
    parts = path.strip("/").split("/")
    group = parts[1] if parts[0] == "apis" else ""
    rest = parts[3:] if group else parts[2:]
    plural = rest[2] if rest[0] == "namespaces" and len(rest) > 2 else rest[0]
    return names[plural, group]


def _tier(kind: str) -> int:
    rest = next(number for number, names in enumerate(TIERS) if "*" in names)
    return next((number for number, names in enumerate(TIERS) if kind in names), rest)


def webhook() -> dict[str, Any]:
    hook = {
        "name": "no.example.org",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "clientConfig": {"service": {"namespace": "kubeflow", "name": "none", "path": "/no"}},
        "failurePolicy": "Ignore",
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "kubeflow-no"},
        "webhooks": [hook],
    }


def job_pod() -> dict[str, Any]:
    return {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}


def test_profiles_alone_bring_their_namespaces(world: KubeWorld, seeded: Snapshot) -> None:
    world.empty()
    first = world.restore(seeded, ["*/ClusterRole", "*/Profile"])
    assert not first.failures
    done = world.restore(seeded)
    assert done.clean, (done.failures, done.report)
    kept = {row.type for row in done.plan.items if row.action is Action.ADOPT}
    assert "kubeflow.org/v1/Profile" in kept
    assert not any(one.resource == "profiles" for one in world.writes)
    assert done.notes == []


def test_without_the_profile_controller_its_work_is_done_and_said(
    world: KubeWorld, seeded: Snapshot
) -> None:
    world.empty()
    for tenant in TENANTS:
        world.call(world.cluster.pause_profile, f"profile-user{tenant}")
    done = world.restore(seeded, patience=0.5)
    assert done.clean, (done.failures, done.report)
    assert any("profile-user07" in note and "has not made it" in note for note in done.notes)
    profile = world.cluster.get("kubeflow.org/v1", "Profile", "profile-user07") or {}
    space = world.cluster.get("v1", "Namespace", SPACE) or {}
    (owner,) = space["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("Profile", profile["metadata"]["uid"])
    again = world.restore(seeded, patience=0.5)
    assert again.clean
    assert world.writes == []
    assert again.notes == []


def test_changes_by_hand_on_what_a_profile_owns_come_back(world: KubeWorld) -> None:
    binding: dict[str, Any] = {
        "apiVersion": _RBAC,
        "kind": "RoleBinding",
        "metadata": {"name": "namespaceAdmin", "namespace": SPACE, "labels": {"by": "hand"}},
    }

    def plant() -> None:
        world.plant()
        live = world.cluster.get(_RBAC, "RoleBinding", "namespaceAdmin", SPACE) or {}
        given = {key: live[key] for key in ("roleRef", "subjects")}
        world.cluster.apply(binding | given)

    world.fill(plant)
    snapshot = world.save("drift")
    world.empty()
    done = world.restore(snapshot)
    assert done.clean, (done.failures, done.report)
    live = world.cluster.get(_RBAC, "RoleBinding", "namespaceAdmin", SPACE) or {}
    assert live["metadata"]["labels"] == {"by": "hand"}
    assert live["metadata"]["ownerReferences"][0]["kind"] == "Profile"
    assert world.restore(snapshot).clean
    assert world.writes == []


def test_what_has_ended_is_not_run_again(world: KubeWorld) -> None:
    complete = {"conditions": [{"type": "Complete", "status": "True"}], "succeeded": 1}
    there = {"namespace": SPACE}

    def plant() -> None:
        world.plant()
        world.cluster.create(
            {"apiVersion": "v1", "kind": "Pod", "metadata": there | {"name": "once"}}
            | job_pod()
            | {"status": {"phase": "Succeeded"}}
        )
        world.cluster.create(
            {"apiVersion": "batch/v1", "kind": "Job", "metadata": there | {"name": "once"}}
            | {"spec": {"template": job_pod()}, "status": complete}
        )
        world.cluster.create(
            {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}
            | {"metadata": there | {"name": "once"}, "status": {"phase": "Succeeded"}}
        )

    world.fill(plant)
    snapshot = world.save("ended")
    world.empty()
    done = world.restore(snapshot)
    assert done.clean, (done.failures, done.report)
    left = {row.type: row for row in done.plan.items if row.key == f"{SPACE}/once"}
    assert set(left) == {"v1/Pod", "batch/v1/Job", "argoproj.io/v1alpha1/Workflow"}
    assert {row.action for row in left.values()} == {Action.SKIP}
    assert all("not run again" in row.reason for row in left.values())
    assert world.cluster.list("batch/v1", "Job") == []
    assert not [p for p in world.cluster.list("v1", "Pod") if p["metadata"]["name"] == "once"]


def test_each_kind_alone_removed_comes_back(world: KubeWorld, seeded: Snapshot) -> None:
    kinds = sorted({item.type for item in world.items(seeded)})
    assert len(kinds) > 12
    wrong = []
    for kind in kinds:
        world.fill()
        world.call(remove, world, kind, seeded)
        done = world.restore(seeded)
        if not done.clean:
            wrong.append((kind, done.failures, done.report.differences, done.plan.blocked))
    assert wrong == []


def remove(world: KubeWorld, kind: str, snapshot: Snapshot) -> None:
    """Delete what the snapshot holds of one kind, and so what that owns."""
    version, _, name = kind.rpartition("/")
    for item in world.items(snapshot):
        if item.type == kind:
            space, _, called = item.key.rpartition("/")
            if world.cluster.get(version, name, called, space or None):
                world.cluster.delete(version, name, called, space or None)


def test_each_kind_alone_left_behind_is_adopted(world: KubeWorld, seeded: Snapshot) -> None:
    kinds = sorted({item.type for item in world.items(seeded) if not item.owner})
    ground = ("*/ClusterRole", "*/Profile", "*/Namespace")
    wrong: list[object] = []
    for kind in kinds:
        world.empty()
        assert not world.restore(seeded, [*ground, kind]).failures
        done = world.restore(seeded)
        of_kind = {row.action for row in done.plan.items if row.type == kind}
        hidden = is_hidden(next(item for item in world.items(seeded) if item.type == kind))
        planned = of_kind - {Action.ADOPT, Action.SKIP, *([Action.CREATE] if hidden else ())}
        version, _, name = kind.rpartition("/")
        plural = world.cluster.api.kind(version, name).plural
        if not done.clean or planned or plural in {one.resource for one in world.writes}:
            wrong.append((kind, of_kind, done.failures, done.report.differences))
    assert wrong == []


def test_what_differs_is_named_and_blocks(world: KubeWorld, seeded: Snapshot) -> None:
    world.fill()
    world.call(world.cluster.apply, config("mlflow-config", {"MLFLOW_TRACKING_URI": "other"}))
    done = world.restore(seeded)
    (row,) = done.plan.blocked
    assert (row.type, row.key) == ("v1/ConfigMap", f"{SPACE}/mlflow-config")
    assert "/data/MLFLOW_TRACKING_URI" in row.reason
    assert world.writes == []
    (wrong,) = done.report.differences
    assert wrong.pointers == ("/data/MLFLOW_TRACKING_URI",)


@pytest.mark.parametrize("existing", [Existing.UPDATE, Existing.REPLACE, Existing.SKIP])
def test_what_differs_is_treated_as_asked(
    world: KubeWorld, seeded: Snapshot, existing: Existing
) -> None:
    world.fill()
    mine = {"MLFLOW_TRACKING_URI": "other", "more": "x"}
    world.call(world.cluster.apply, config("mlflow-config", mine))
    before = world.cluster.get("v1", "ConfigMap", "mlflow-config", SPACE) or {}
    done = world.restore(seeded, existing=existing)
    after = world.cluster.get("v1", "ConfigMap", "mlflow-config", SPACE) or {}
    same = after["metadata"]["uid"] == before["metadata"]["uid"]
    assert same == (existing is not Existing.REPLACE)
    assert done.clean == (existing is not Existing.SKIP), (done.failures, done.report)
    assert ("more" in after["data"]) == (existing is Existing.SKIP)
    if existing is Existing.SKIP:
        assert world.writes == []
    else:
        assert world.restore(seeded, existing=existing).clean
        assert world.writes == []


def test_what_changes_while_it_is_written_is_read_again(
    world: KubeWorld, seeded: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, others = Kube.request, iter(range(2))

    def hurried(self: Kube, *where: Any, method: str = "", **how: Any) -> Reply:
        if method == "PUT" and (number := next(others, None)) is not None:
            data = {"MLFLOW_TRACKING_URI": f"theirs{number}"}
            world.call(world.cluster.apply, config("mlflow-config", data))
        return send(self, *where, method=method, **how)

    world.fill()
    world.call(world.cluster.apply, config("mlflow-config", {"more": "x"}))
    monkeypatch.setattr(Kube, "request", hurried)
    done = world.restore(seeded, existing=Existing.UPDATE)
    assert done.clean, (done.failures, done.report)
    assert next(others, None) is None


def test_what_only_lacks_something_is_completed(world: KubeWorld, seeded: Snapshot) -> None:
    world.fill()
    world.call(world.cluster.delete, "v1", "ConfigMap", "mlflow-config", SPACE)
    whole = next(i for i in world.items(seeded) if i.key == f"{SPACE}/mlflow-config").document
    part = {"MLFLOW_TRACKING_URI": whole["data"]["MLFLOW_TRACKING_URI"]}
    world.call(world.cluster.create, config("mlflow-config", part))
    done = world.restore(seeded)
    assert done.clean
    assert [one.resource for one in world.writes] == ["configmaps"]


def test_a_role_that_nothing_names_yet_is_not_overwritten(
    world: KubeWorld, seeded: Snapshot
) -> None:
    role = {"apiVersion": _RBAC, "kind": "ClusterRole", "metadata": {"name": "mlops-student"}}
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    world.empty()
    world.call(world.cluster.create, role | {"rules": rules})
    done = world.restore(seeded)
    (failed,) = done.failures
    assert failed.identity.endswith("ClusterRole:mlops-training-cluster:mlops-student")
    assert "differs at /rules" in failed.why
    assert (world.cluster.get(_RBAC, "ClusterRole", "mlops-student") or {})["rules"] == rules
    assert world.restore(seeded, existing=Existing.UPDATE).clean
