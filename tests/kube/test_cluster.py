"""What the sandbox asks of the emulator beyond the API: faults, seeds, resets, compaction."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from relab.sandbox.kube import ApiError, Cluster, Denial, Incoming, User
from tests.kube.emulator import TOKENS, namespace_of, running, world_of
from tests.kube.profile_definition import PROFILE_CRD, profile
from tests.kube.world import World


def config(name: str, namespace: str = "default", **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(tokens=TOKENS, namespace_of=namespace_of)


def test_seeding_creates_reads_and_deletes(cluster: Cluster) -> None:
    made = cluster.create(config("c", a="1"))
    assert cluster.get("v1", "ConfigMap", "c", "default") == made
    assert cluster.apply(config("c", a="2"))["data"] == {"a": "2"}
    assert [doc["metadata"]["name"] for doc in cluster.list("v1", "ConfigMap", "default")] == [
        "c",
        "kube-root-ca.crt",
    ]
    cluster.delete("v1", "ConfigMap", "c", "default")
    assert cluster.get("v1", "ConfigMap", "c", "default") is None


def test_seeded_copies_are_the_callers_own(cluster: Cluster) -> None:
    doc = config("c", a="1")
    made = cluster.create(doc)
    made["data"]["a"] = doc["data"]["a"] = "changed"
    read = cluster.get("v1", "ConfigMap", "c", "default")
    assert read is not None
    assert read["data"] == {"a": "1"}


def test_seeding_may_say_the_status(cluster: Cluster) -> None:
    status = {"phase": "Running"}
    spec = {"containers": [{"name": "c", "image": "i"}]}
    metadata = {"name": "p", "namespace": "default"}
    doc = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}
    assert cluster.create(doc)["status"]["phase"] == "Running"
    after = cluster.patch_status("v1", "Pod", "p", {"phase": "Failed"}, "default")
    assert after["status"]["phase"] == "Failed"
    assert after["spec"]["containers"][0]["image"] == "i"


def test_seeding_is_validated(cluster: Cluster) -> None:
    with pytest.raises(ApiError) as caught:
        cluster.create(config("Upper"))
    assert caught.value.code == 422
    with pytest.raises(ApiError) as caught:
        cluster.create(config("c", "nowhere"))
    assert caught.value.code == 404


def test_workloads_report_their_pods(cluster: Cluster) -> None:
    labels = {"app": "d"}
    there = {"namespace": "default"}
    pods = {"containers": [{"name": "c", "image": "i"}]}
    template = {"metadata": {"labels": labels}, "spec": pods}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    head = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": there | {"name": "d"}}
    cluster.create(head | {"spec": spec})
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    metadata = there | {"name": "p", "labels": labels}
    cluster.create(
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pods, "status": ready}
    )

    def counted() -> Any:
        return (cluster.get("apps/v1", "Deployment", "d", "default") or {})["status"].get(
            "readyReplicas"
        )

    assert counted() == 1
    down = {"phase": "Pending", "conditions": [{"type": "Ready", "status": "False"}]}
    cluster.patch_status("v1", "Pod", "p", down, "default")
    assert counted() is None


@pytest.mark.parametrize("keep", [True, False])
def test_reset_leaves_a_new_cluster(cluster: Cluster, *, keep: bool) -> None:
    before = [doc["metadata"]["name"] for doc in cluster.list("v1", "Namespace")]
    cluster.create(PROFILE_CRD)
    cluster.create(profile("profile-x", "alice"))
    cluster.reset(keep_crds=keep)
    assert [doc["metadata"]["name"] for doc in cluster.list("v1", "Namespace")] == before
    assert len(cluster.list("apiextensions.k8s.io/v1", "CustomResourceDefinition")) == int(keep)
    assert cluster.get("v1", "ServiceAccount", "default", "default") is not None
    if not keep:
        cluster.create(PROFILE_CRD)
    assert cluster.list("kubeflow.org/v1", "Profile") == []
    cluster.create(profile("profile-x", "alice"))
    assert cluster.get("v1", "Namespace", "kubeflow-x") is not None


def raw(world: World, path: str, token: str) -> tuple[int, Any]:
    code, doc, _ = world.raw("GET", path, user=token)
    return code, doc


def test_authenticators_and_interceptors(tmp_path: Path) -> None:
    seen: list[Incoming] = []

    def verify(token: str) -> User | None:
        return User("eve", "9", ("system:masters",)) if token.startswith("signed.") else None

    async def intercept(incoming: Incoming) -> Denial | None:
        seen.append(incoming)
        if incoming.namespace == "slow":
            await asyncio.sleep(0.05)
        if incoming.namespace == "busy":
            return Denial(429, "TooManyRequests", "too many requests")
        return None

    made = Cluster(tokens=TOKENS, authenticators=(verify,), interceptor=intercept)
    with running(made) as server:
        world = world_of(server, tmp_path)
        assert raw(world, "/api/v1/namespaces/slow/pods", "signed.x")[0] == 200
        assert seen[-1] == Incoming(
            User("eve", "9", ("system:masters", "system:authenticated")),
            "list",
            "/api/v1/namespaces/slow/pods",
            "slow",
            "pods",
        )
        code, status = raw(world, "/api/v1/namespaces/busy/pods", "admin")
        assert (code, status["reason"], status["message"]) == (
            429,
            "TooManyRequests",
            "too many requests",
        )
        assert raw(world, "/api/v1/pods", "unsigned")[0] == 401


def test_old_history_is_forgotten(tmp_path: Path) -> None:
    with running(Cluster(tokens=TOKENS)) as server:
        world = world_of(server, tmp_path)
        path = "/api/v1/namespaces/default/configmaps"
        start = raw(world, path, "admin")[1]["metadata"]["resourceVersion"]

        def churn() -> None:
            for place in range(1100):
                server.cluster.apply(config("c", place=str(place)))

        query = f"{path}?watch=1&timeoutSeconds=1&resourceVersion="
        assert raw(world, query + start, "admin")[0] == 200
        server.call(churn)
        code, status = raw(world, query + start, "admin")
        assert (code, status["reason"]) == (410, "Expired")


@pytest.fixture
async def started(cluster: Cluster) -> AsyncIterator[Cluster]:
    await cluster.start()
    yield cluster
    await cluster.stop()


async def test_stop_ends_watches(started: Cluster) -> None:
    context = ssl.create_default_context(cadata=started.ca_pem)
    headers = {"Authorization": "Bearer admin-token"}
    url = f"{started.url}/api/v1/configmaps?watch=1"
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(url, ssl=context) as answer,
    ):
        assert await answer.content.readline()
        await started.stop()
        async with asyncio.timeout(10):
            while await answer.content.readline():
                pass
