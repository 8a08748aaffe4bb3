"""What goes when something else goes: namespaces, finalizers, owners; and what quotas count."""

from typing import Any

import pytest

from tests.kube.world import World

MERGE = {"Content-Type": "application/merge-patch+json"}
FINALIZER = ["example.org/hold"]


@pytest.fixture
def maps(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps"


@pytest.fixture
def controllers(world: World) -> None:
    world.needs("controllers")


def is_gone(world: World, path: str) -> None:
    assert world.raw("GET", path)[0] == 404


def owned(name: str, *uids: str) -> dict[str, Any]:
    references = [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": f"owner{place}", "uid": uid}
        for place, uid in enumerate(uids)
    ]
    return {"metadata": {"name": name, "ownerReferences": references}}


@pytest.mark.usefixtures("controllers")
def test_namespaces_come_furnished(world: World, core: Any, namespace: str) -> None:
    live = core.read_namespace(namespace)
    assert live.status.phase == "Active"
    assert live.metadata.labels["kubernetes.io/metadata.name"] == namespace
    base = f"/api/v1/namespaces/{namespace}"

    def furnished() -> None:
        assert world.raw("GET", f"{base}/serviceaccounts/default")[0] == 200
        _, bundle, _ = world.raw("GET", f"{base}/configmaps/kube-root-ca.crt")
        assert bundle.get("data") == {"ca.crt": world.ca.read_text()}

    world.eventually(furnished)


@pytest.mark.usefixtures("controllers")
def test_deleted_namespace_takes_everything(world: World, core: Any, unique: str) -> None:
    core.create_namespace({"metadata": {"name": f"{unique}-gone"}})
    base = f"/api/v1/namespaces/{unique}-gone"
    world.raw("POST", f"{base}/configmaps", {"metadata": {"name": "c"}})
    core.delete_namespace(f"{unique}-gone")
    world.eventually(lambda: is_gone(world, base))
    assert world.raw("GET", f"{base}/configmaps/c")[0] == 404
    core.create_namespace({"metadata": {"name": f"{unique}-gone"}})
    assert world.raw("GET", f"{base}/configmaps/c")[0] == 404
    core.delete_namespace(f"{unique}-gone")


@pytest.mark.usefixtures("controllers")
def test_namespace_waits_for_finalizers(world: World, core: Any, unique: str) -> None:
    name = f"{unique}-held"
    core.create_namespace({"metadata": {"name": name}})
    base = f"/api/v1/namespaces/{name}"
    held = {"metadata": {"name": "c", "finalizers": FINALIZER}}
    world.raw("POST", f"{base}/configmaps", held)
    core.delete_namespace(name)
    assert world.raw("GET", base)[1]["status"]["phase"] == "Terminating"
    code, status, _ = world.raw("POST", f"{base}/configmaps", {"metadata": {"name": "late"}})
    assert code == 403
    assert "because it is being terminated" in status["message"]
    patch = {"metadata": {"finalizers": None}}
    world.raw("PATCH", f"{base}/configmaps/c", patch, headers=MERGE)
    world.eventually(lambda: is_gone(world, base))


def test_default_namespace_stays(world: World) -> None:
    code, status, _ = world.raw("DELETE", "/api/v1/namespaces/default")
    assert (code, status["reason"]) == (403, "Forbidden")


def test_finalizers_hold_an_object(world: World, maps: str) -> None:
    world.raw("POST", maps, {"metadata": {"name": "c", "finalizers": FINALIZER}})
    code, doc, _ = world.raw("DELETE", f"{maps}/c")
    assert code == 200
    assert doc["metadata"]["deletionTimestamp"]
    assert world.raw("GET", f"{maps}/c")[1]["metadata"]["finalizers"] == FINALIZER
    world.raw("PATCH", f"{maps}/c", {"metadata": {"finalizers": []}}, headers=MERGE)
    assert world.raw("GET", f"{maps}/c")[0] == 404


@pytest.mark.usefixtures("controllers")
def test_dependents_go_with_their_last_owner(world: World, maps: str) -> None:
    uids = [
        world.raw("POST", maps, {"metadata": {"name": f"owner{place}"}})[1]["metadata"]["uid"]
        for place in range(2)
    ]
    world.raw("POST", maps, owned("one", uids[0]))
    world.raw("POST", maps, owned("both", *uids))
    world.raw("DELETE", f"{maps}/owner0")
    world.eventually(lambda: is_gone(world, f"{maps}/one"))
    assert world.raw("GET", f"{maps}/both")[0] == 200
    world.raw("DELETE", f"{maps}/owner1")
    world.eventually(lambda: is_gone(world, f"{maps}/both"))


@pytest.mark.usefixtures("controllers")
def test_orphans_stay(world: World, maps: str) -> None:
    uid = world.raw("POST", maps, {"metadata": {"name": "owner0"}})[1]["metadata"]["uid"]
    world.raw("POST", maps, owned("child", uid))
    world.raw("DELETE", f"{maps}/owner0", {"propagationPolicy": "Orphan"})
    world.eventually(lambda: is_gone(world, f"{maps}/owner0"))
    code, doc, _ = world.raw("GET", f"{maps}/child")
    assert code == 200
    assert "ownerReferences" not in doc["metadata"]


def pod(name: str, cpu: str, memory: str) -> dict[str, Any]:
    resources = {"requests": {"cpu": cpu, "memory": memory}}
    container = {"name": "c", "image": "i", "resources": resources}
    return {"metadata": {"name": name}, "spec": {"containers": [container]}}


def counts(world: World, base: str, hard: dict[str, str], used: dict[str, str]) -> None:
    status = world.raw("GET", f"{base}/resourcequotas/q")[1]["status"]
    assert status == {"hard": hard, "used": used}


@pytest.mark.usefixtures("controllers")
def test_quota_counts_and_refuses(world: World, namespace: str) -> None:
    base = f"/api/v1/namespaces/{namespace}"
    hard = {"requests.cpu": "1", "requests.memory": "1Gi", "pods": "3"}
    world.raw("POST", f"{base}/resourcequotas", {"metadata": {"name": "q"}, "spec": {"hard": hard}})
    assert world.raw("POST", f"{base}/pods", pod("a", "500m", "256Mi"))[0] == 201
    assert world.raw("POST", f"{base}/pods", pod("b", "250m", "256Mi"))[0] == 201
    taken = {"requests.cpu": "750m", "requests.memory": "512Mi", "pods": "2"}
    world.eventually(lambda: counts(world, base, hard, taken))
    code, answer, _ = world.raw("POST", f"{base}/pods", pod("c", "500m", "1Mi"))
    assert (code, answer["reason"]) == (403, "Forbidden")
    assert answer["message"] == (
        'pods "c" is forbidden: exceeded quota: q, requested: requests.cpu=500m,'
        " used: requests.cpu=750m, limited: requests.cpu=1"
    )
    world.raw("DELETE", f"{base}/pods/a", {"gracePeriodSeconds": 0})
    left = {"requests.cpu": "250m", "requests.memory": "256Mi", "pods": "1"}
    world.eventually(lambda: counts(world, base, hard, left))


def test_events_are_found_by_what_they_are_about(world: World, namespace: str) -> None:
    base = f"/api/v1/namespaces/{namespace}/events"
    for place, uid in enumerate(("u1", "u2")):
        about = {"kind": "Pod", "namespace": namespace, "name": "p", "uid": uid}
        body = {
            "metadata": {"name": f"e{place}"},
            "involvedObject": about,
            "reason": "R",
            "type": "Normal",
        }
        assert world.raw("POST", base, body)[0] == 201
    query = f"?fieldSelector=involvedObject.name=p,involvedObject.namespace={namespace}"
    found = world.raw("GET", f"{base}{query},involvedObject.uid=u2")[1]["items"]
    assert [item["metadata"]["name"] for item in found] == ["e1"]
    other = f"/apis/events.k8s.io/v1/namespaces/{namespace}/events/e1"
    code, doc, _ = world.raw("GET", other)
    assert (code, doc["regarding"]["uid"]) == (200, "u2")
