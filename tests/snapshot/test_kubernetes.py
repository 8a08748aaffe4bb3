"""The sandbox's cluster read by its tasks: all of it, in pages, sealed, the same each time."""

import json
import pickle
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from profiles.naming import kube_target, names
from relab.clouds.kube import Kube
from relab.resources.kubernetes import kinds, left
from relab.sandbox.session import Session
from snapshot.collect.kubernetes import tasks
from snapshot.collect.save import Order, forecast
from snapshot.collect.scope import SHARED, Scope
from snapshot.vault.model import Covered, State
from snapshot.vault.vault import Vault
from tests.snapshot.kube_world import Read, read
from tests.snapshot.saving import everything, saved
from tests.snapshot.sdk import api

PLATFORM = ("kubeflow", "mlflow-system")
RBAC = "rbac.authorization.k8s.io/v1"
CANARY = "canary-Kx82hQ"


def spaces(sandbox: Session) -> list[str]:
    tenants = (names(sandbox.profile, tenant) for tenant in sandbox.profile.tenants)
    return [*PLATFORM, *(name for one in tenants for name in one.namespaces)]


def everything_listed(sandbox: Session) -> Iterator[tuple[str, str]]:
    """Yield type and key of all objects of all listable kinds, as plain lists tell them."""
    kube, target = Kube(), kube_target(sandbox.profile)
    groups = [*kinds.versions(kube.request(target, "/apis").body)]
    for group, version in [("", "v1"), *groups]:
        root = f"/apis/{group}/{version}" if group else f"/api/{version}"
        for row in kube.request(target, root).body["resources"]:
            if row["namespaced"] and "list" in row["verbs"] and "/" not in row["name"]:
                for space in spaces(sandbox):
                    path = f"{root}/namespaces/{space}/{row['name']}"
                    for one in kube.request(target, path).body["items"]:
                        called = f"{group}/{version}" if group else version
                        yield f"{called}/{row['kind']}", f"{space}/{one['metadata']['name']}"


def test_nothing_in_a_namespace_is_missed(sandbox: Session, vault: Vault) -> None:
    found = read(vault, sandbox.profile)
    never = {"v1/Event", "events.k8s.io/v1/Event", "coordination.k8s.io/v1/Lease", "v1/Endpoints"}
    there = {(kind, key) for kind, key in everything_listed(sandbox) if kind not in never}
    keys = [(entry.item.type, entry.item.key) for entry in found.entries]
    assert len(keys) == len(set(keys))
    assert {(kind, key) for kind, key in keys if "/" in key} == there
    assert len(there) > 16 * 15


def test_what_stands_in_no_namespace_and_belongs_to_somebody(
    sandbox: Session, vault: Vault
) -> None:
    found = read(vault, sandbox.profile)
    profile = sandbox.profile
    people = [names(profile, tenant) for tenant in profile.tenants]
    assert found.keys("v1/Namespace") == set(spaces(sandbox))
    assert found.keys("kubeflow.org/v1/Profile") == {one.profiles[0] for one in people}
    assert len(found.keys("v1/PersistentVolume")) == len(people)
    assert found.keys("storage.k8s.io/v1/StorageClass") == {"gp3"}
    assert found.keys(f"{RBAC}/ClusterRoleBinding") == {"mlops-student", "mlops-instructor"}
    assert found.keys(f"{RBAC}/ClusterRole") == {
        *("kubeflow-admin", "kubeflow-edit", "kubeflow-view", "kubeflow-workbench-edit"),
        *("kubeflow-workbench-view", "mlops-student", "mlops-instructor", "mlops-platform-reader"),
    }
    assert len(found.keys("apiextensions.k8s.io/v1/CustomResourceDefinition")) == 5
    assert {entry.item.region for entry in found.entries} == {profile.kubernetes.cluster}


def test_each_thing_is_its_tenants(sandbox: Session, vault: Vault) -> None:
    for entry in read(vault, sandbox.profile).entries:
        text = f"{entry.item.key} {entry.item.document.get('spec', {})}"
        named = [tenant for tenant in sandbox.profile.tenants if f"user{tenant}" in text]
        assert entry.item.tenant == (named[0] if named else SHARED), entry.item.identity


def test_owners_are_among_what_was_read(sandbox: Session, vault: Vault) -> None:
    items = [entry.item for entry in read(vault, sandbox.profile, "07").entries]
    identities = {item.identity for item in items}
    owned = [item for item in items if item.owner]
    assert {item.owner for item in owned} <= identities
    assert {"v1/Namespace", "v1/Pod", "apps/v1/ReplicaSet", f"{RBAC}/RoleBinding"} <= {
        item.type for item in owned
    }


def test_reading_twice_gives_the_same(sandbox: Session, vault: Vault) -> None:
    first, second = (read(vault, sandbox.profile) for _ in range(2))
    assert {entry.item.identity: entry.item for entry in first.entries} == {
        entry.item.identity: entry.item for entry in second.entries
    }
    assert sorted(map(repr, first.lines)) == sorted(map(repr, second.lines))
    assert first.late() == []


def test_every_kind_that_is_served_leaves_a_line(sandbox: Session, vault: Vault) -> None:
    found = read(vault, sandbox.profile)
    kube, target = Kube(), kube_target(sandbox.profile)
    told = {line.type for line in found.lines}
    told |= {one.type for each in found.founds for one in each.asked}
    groups = [*kinds.versions(kube.request(target, "/apis").body)]
    for group, version in [("", "v1"), *groups]:
        root = f"/apis/{group}/{version}" if group else f"/api/{version}"
        served = kinds.plain(group, version, kube.request(target, root).body)
        assert {one.type for one in served} <= told


def test_what_is_left_out_has_its_reason(sandbox: Session, vault: Vault) -> None:
    found = read(vault, sandbox.profile)
    assert found.states("v1/Event", "") == {Covered.UNSUPPORTED}
    assert found.states("v1/Endpoints", "07") == {Covered.EMPTY, Covered.UNSUPPORTED}
    assert found.states("v1/ConfigMap", "07") == {Covered.CAPTURED}
    assert found.states("batch/v1/Job", "07") == {Covered.EMPTY}
    assert "kube-system" in found.details("v1/Namespace")
    assert left.KINDS["Node"] in found.details("v1/Node")
    assert not [line for line in found.lines if line.state is Covered.UNSUPPORTED and line.count]


def test_one_list_for_each_kind_in_each_namespace(sandbox: Session, vault: Vault) -> None:
    found = read(vault, sandbox.profile)
    in_spaces = [path for path in found.asked.paths if "/namespaces/" in path]
    assert len(in_spaces) == len(set(in_spaces))
    assert len(found.asked.paths) - len(in_spaces) < 40


@pytest.mark.parametrize("page", [1, 3])
def test_pages_lose_nothing(sandbox: Session, vault: Vault, page: int) -> None:
    whole = read(vault, sandbox.profile, "07", SHARED)
    paged = read(vault, sandbox.profile, "07", SHARED, page=page)
    assert {entry.item.identity for entry in paged.entries} == {
        entry.item.identity for entry in whole.entries
    }
    assert len(paged.asked.paths) > len(whole.asked.paths)


def test_more_than_one_full_page(changeable: Session, vault: Vault) -> None:
    kube, target = Kube(), kube_target(changeable.profile)
    path = "/api/v1/namespaces/kubeflow-user07/configmaps"

    def make(number: int) -> str:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"many-{number}"}}
        return kube.request(target, path, body=body).status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(make, range(1001))) == {"201"}
    found = read(vault, changeable.profile, "07", only=("v1/ConfigMap",))
    assert len(found.keys("v1/ConfigMap")) == 1001 + 2
    assert sum(path.startswith(f"{path}?limit=500") for path in found.asked.paths) <= 3
    assert len([asked for asked in found.asked.paths if asked.startswith(path)]) == 3


def test_only_what_is_wanted_is_asked_for(sandbox: Session, vault: Vault) -> None:
    found = read(vault, sandbox.profile, "07")
    assert {entry.item.tenant for entry in found.entries} == {"07", SHARED}
    assert {entry.item.type for entry in found.entries if not entry.item.tenant} == {
        "apiextensions.k8s.io/v1/CustomResourceDefinition",
        "storage.k8s.io/v1/StorageClass",
        f"{RBAC}/ClusterRole",
    }
    assert not [path for path in found.asked.paths if "kubeflow-user08" in path]
    some = read(vault, sandbox.profile, "07", only=("v1/*", "kubernetes/apps/*"))
    assert {entry.item.type.rpartition("/")[0] for entry in some.entries} == {"v1", "apps/v1"}
    assert [*tasks(Scope(("07",), ("s3.*", "ecr.image")))] == []


def test_a_namespace_that_is_not_there_is_told(sandbox: Session, vault: Vault) -> None:
    sandbox.break_("no-namespace", "07")
    found = read(vault, sandbox.profile, "07", "08")
    assert found.states("v1/Namespace", "07") == {Covered.EMPTY}
    assert "there is no namespace kubeflow-user07" in found.details("v1/Namespace")
    assert found.states("v1/Namespace", "08") == {Covered.CAPTURED}
    assert found.keys("kubeflow.org/v1/Profile") == {"profile-user07", "profile-user08"}


def test_a_learner_reads_the_own_namespace_and_is_refused_the_others(
    sandbox: Session, vault: Vault
) -> None:
    learner = kube_target(sandbox.profile, "07")
    found = read(vault, sandbox.profile, "07", "08", target=learner)
    assert found.states("v1/ConfigMap", "07") == {Covered.CAPTURED}
    assert found.states("v1/ConfigMap", "08") == {Covered.DENIED}
    assert found.states("v1/PersistentVolume", "") == {Covered.DENIED}
    assert found.states(f"{RBAC}/ClusterRole", "") >= {Covered.DENIED}
    denied = [line for line in found.lines if line.state is Covered.DENIED]
    assert all(line.count == 1 and line.detail.startswith("403") for line in denied)
    empty = {
        line.type for line in found.lines if line.state is Covered.EMPTY and line.tenant == "08"
    }
    assert empty == set()


def test_a_caller_whom_the_cluster_does_not_know_is_denied(sandbox: Session, vault: Vault) -> None:
    sandbox.break_("kube-unauthorized", "07")
    found = read(vault, sandbox.profile, "07", target=kube_target(sandbox.profile, "07"))
    assert {line.state for line in found.lines} == {Covered.DENIED}
    assert found.entries == []


def test_a_dry_run_counts_what_is_read(sandbox: Session, vault: Vault) -> None:
    profile = sandbox.profile
    scope = everything(profile, "kubernetes/*", data=False)
    counts = Counter[str]()
    for one in forecast(Order(profile, "none", scope), profile.aws.account):
        counts[one.type] += one.items
    found = read(vault, profile)
    assert +counts == Counter(entry.item.type for entry in found.entries)


def test_tasks_travel(sandbox: Session, vault: Vault) -> None:
    found = read(vault, sandbox.profile, "07")
    work = [task for each in found.founds for task in (*each.then, *each.late)]
    assert pickle.loads(pickle.dumps(work)) == work
    units = [task.unit for task in work if task.unit]
    assert len(units) == len(set(units))
    assert max(len(pickle.dumps(task)) for task in work) < 20_000


def secret_objects() -> list[dict[str, Any]]:
    """Return one object for each place that may hold a secret."""
    env = [{"name": "DB_PASSWORD", "value": CANARY}]
    container = {
        "name": "c",
        "image": "i",
        "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}},
        "env": env,
        "args": [f"--token={CANARY}", "--api-key", CANARY],
    }
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container]}}
    applied = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"env": env})}
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": "canary",
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": CANARY},
            },
            "data": {"a": b64encode(CANARY.encode()).decode()},
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "canary", "annotations": applied},
            "spec": template["spec"],
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "canary"},
            "data": {"a.ini": f"password = {CANARY}"},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "canary"},
            "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
        },
        {
            "apiVersion": "kubeflow.org/v1alpha1",
            "kind": "PodDefault",
            "metadata": {"name": "canary"},
            "spec": {"selector": {}, "env": env},
        },
        {
            "apiVersion": "kubeflow.org/v1",
            "kind": "Notebook",
            "metadata": {"name": "canary", "annotations": {"team/api-token": CANARY}},
            "spec": {"template": template},
        },
    ]


def test_no_secret_reaches_an_entry_or_the_vault_in_clear(
    changeable: Session, vault: Vault
) -> None:
    with api(changeable) as cluster:
        for body in secret_objects():
            cluster.create(body, "kubeflow-user07")
    found = read(vault, changeable.profile, "07")
    sealed = [entry for entry in found.entries if entry.item.key == "kubeflow-user07/canary"]
    assert len(sealed) == len(secret_objects())
    assert all(entry.sealed for entry in sealed)
    coded = b64encode(CANARY.encode()).decode()
    scope = everything(changeable.profile, "v1/*", "apps/*", "kubeflow.org/*", data=False)
    snapshot = saved(vault, changeable.profile, scope).snapshot
    assert snapshot.state is State.COMPLETE
    for entry in found.entries:
        text = json.dumps([dict(entry.item.document), dict(entry.item.observed)])
        assert CANARY not in text
        assert coded not in text
    for path in _files(vault):
        assert CANARY.encode() not in path
        assert coded.encode() not in path
    clear = [vault.unsealed(entry) for entry in sealed]
    assert all(
        CANARY in json.dumps(item.document) or coded in json.dumps(item.document) for item in clear
    )


def _files(vault: Vault) -> list[bytes]:
    from pathlib import Path

    return [path.read_bytes() for path in Path(vault.where).rglob("*") if path.is_file()]


def changes(found: Read) -> dict[str, str]:
    return {line.type: line.detail for line in found.late() if line.state is Covered.CHANGED}


def test_what_changes_meanwhile_is_told(changeable: Session, vault: Vault) -> None:
    found = read(vault, changeable.profile, "07")
    space = "kubeflow-user07"
    with api(changeable) as cluster:
        cluster.create(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "new"}}, space
        )
        cluster.patch("v1", "ConfigMap", "mlflow-config", {"data": {"a": "b"}}, space)
        cluster.delete("v1", "Secret", "mlflow-database", space)
        cluster.patch(
            "kubeflow.org/v1", "Profile", "profile-user07", {"metadata": {"labels": {"a": "b"}}}
        )
    assert changes(found) == {
        "v1/ConfigMap": f"{space}/mlflow-config, {space}/new",
        "v1/Secret": f"{space}/mlflow-database",
        "kubeflow.org/v1/Profile": "profile-user07",
    }
    tenants = {line.tenant for line in found.late()}
    assert tenants == {"07"}


def test_a_new_status_and_what_an_owner_makes_are_no_change(
    changeable: Session, vault: Vault
) -> None:
    found = read(vault, changeable.profile, "07")
    changeable.break_("mlflow-down", "07")
    space = "kubeflow-user07"
    with api(changeable) as cluster:
        pods = cluster.names("v1", "Pod", space)
        cluster.delete("v1", "Pod", pods[0], space)
    assert changes(found) == {}
