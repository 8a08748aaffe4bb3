"""Objects of a cluster that a snapshot lacks go; what others own stays."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relab.sandbox.session import Session
from restore import start
from restore.apply import Applier
from restore.model import Action, Choice, Existing, Plan
from restore.plan import make
from restore.verify import Report, verify
from snapshot.vault.model import Snapshot
from tests.restore.aws_world import own_state, through
from tests.restore.kube_world import KubeWorld, kube_world

SPACE = "kubeflow-user07"


@pytest.fixture(scope="module")
def world(sandbox: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeWorld]:
    folder = tmp_path_factory.mktemp("cluster")
    with own_state(folder), kube_world(sandbox, folder) as found:
        yield found


@pytest.fixture
def saved(
    world: KubeWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[KubeWorld, Snapshot]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    world.fill()
    names = {one.name for one in world.vault.reader().snapshots()}
    return world, world.save(f"s{len(names)}")


def exactly(
    world: KubeWorld, snapshot: Snapshot, tenants: tuple[str, ...] = ("07",)
) -> tuple[Plan, list[Any], list[Any], Report]:
    """Plan, apply and verify; return the plan, what failed, the writes, and the report."""
    choice = Choice(tenants, existing=Existing.UPDATE, data=False, exact=True)
    made = through(make(world.vault, snapshot, world.profile, choice, {}))
    start.keep(made[0])
    hands = start.hands(world.vault, snapshot, world.profile, made)
    world.writes.clear()
    try:
        events = list(Applier(made[0], hands).run())
        writes = [one for one in world.writes if one.resource != "selfsubjectreviews"]
        report: Report = through(verify(hands, world.profile, choice, {}))
    finally:
        hands.journal.close()
    return made[0], [one for one in events if type(one).__name__ == "StepFailed"], writes, report


def plant(world: KubeWorld, kind: str, space: str, version: str = "v1", **rest: Any) -> None:
    head = {"apiVersion": version, "kind": kind, "metadata": {"name": "stray", "namespace": space}}
    world.call(world.cluster.apply, head | rest)


def removed(plan: Plan) -> set[str]:
    return {f"{r.type}:{r.key}" for r in plan.items if r.action is Action.REMOVE}


def test_strays_go_and_a_second_time_nothing_is_written(
    saved: tuple[KubeWorld, Snapshot],
) -> None:
    world, snapshot = saved
    for space in (SPACE, "kubeflow-user08", "kubeflow"):
        plant(world, "ConfigMap", space, data={"a": "b"})
        plant(world, "ServiceAccount", space)
    plan, failed, writes, report = exactly(world, snapshot)
    assert removed(plan) == {f"v1/{kind}:{SPACE}/stray" for kind in ("ConfigMap", "ServiceAccount")}
    assert failed == []
    assert report.differences == ()
    assert {(one.verb, one.namespace, one.resource) for one in writes} == {
        ("delete", SPACE, "configmaps"),
        ("delete", SPACE, "serviceaccounts"),
    }
    plan, failed, writes, report = exactly(world, snapshot)
    assert (removed(plan), failed, writes, report.differences) == (set(), [], [], ())


def test_what_an_owner_makes_stays(saved: tuple[KubeWorld, Snapshot]) -> None:
    world, snapshot = saved
    (profile,) = [
        one
        for one in world.call(world.cluster.list, "kubeflow.org/v1", "Profile")
        if "07" in one["metadata"]["name"]
    ]
    owner = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Profile",
        "name": profile["metadata"]["name"],
        "uid": profile["metadata"]["uid"],
    }
    meta = {"name": "owned", "namespace": SPACE, "ownerReferences": [owner]}
    world.call(
        world.cluster.apply, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {}}
    )
    plan, failed, _, report = exactly(world, snapshot)
    assert (removed(plan), failed, report.differences) == (set(), [], ())
    (row,) = [row for row in plan.items if row.key == f"{SPACE}/owned"]
    assert (row.action, row.extra) == (Action.SKIP, True)
    assert "comes and goes with kubernetes:kubeflow.org/v1/Profile" in row.reason


def test_a_binding_that_cannot_be_changed_is_made_anew(saved: tuple[KubeWorld, Snapshot]) -> None:
    world, _ = saved
    version = "rbac.authorization.k8s.io/v1"
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    plant(world, "RoleBinding", SPACE, version, roleRef=role, subjects=[])
    snapshot = world.save("with-binding")
    world.call(world.cluster.delete, version, "RoleBinding", "stray", SPACE)
    other = role | {"name": "edit"}
    plant(world, "RoleBinding", SPACE, version, roleRef=other, subjects=[])
    plan, failed, writes, report = exactly(world, snapshot)
    assert (removed(plan), failed, report.differences) == (set(), [], ())
    assert "delete" in {one.verb for one in writes}
