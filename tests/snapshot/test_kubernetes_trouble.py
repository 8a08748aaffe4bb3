"""A cluster that is busy, forgets, or does not say all: each is told as what it is."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from profiles.naming import kube_target
from relab.clouds import kube as client
from relab.sandbox.session import Session
from snapshot.collect import kubernetes_asking as asking
from snapshot.vault.model import Covered
from snapshot.vault.vault import Vault
from tests.snapshot.fakes import profile
from tests.snapshot.kube_world import Answer, Read, cluster, listed, read, refusal

SPACE = "/api/v1/namespaces/kubeflow-user07"
MAPS = f"{SPACE}/configmaps"
ROW = {"namespaced": True, "verbs": ["get", "list"]}
CORE = {"kind": "APIVersions", "versions": ["v1"]}
RESOURCES = {
    "resources": [
        {"name": "configmaps", "kind": "ConfigMap", **ROW},
        {"name": "secrets", "kind": "Secret", **ROW},
        {"name": "configmaps/status", "kind": "ConfigMap", **ROW},
    ]
}
NO_GROUPS = {"kind": "APIGroupList", "groups": []}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(client, "READ_SECONDS", 1.0)


@pytest.fixture
def reading(tmp_path: Path, vault: Vault) -> Callable[..., Read]:
    """Read tenant 07 of a cluster with two kinds, which answers some paths by `odd`."""

    def run(odd: Callable[[str], Answer | None], page: int = 500) -> Read:
        def answer(path: str, _accept: str) -> Answer:
            usual = {
                "/api": (200, CORE),
                "/api/v1": (200, RESOURCES),
                "/apis": (200, NO_GROUPS),
                "/api/v1/namespaces": listed("kubeflow-user07"),
            }
            bare = path.partition("?")[0]
            return odd(path) or usual.get(bare) or listed("one", namespace="kubeflow-user07")

        with cluster(tmp_path, answer) as target:
            found = read(vault, profile(), "07", target=target, page=page)
            found.changes = found.late()
            return found

    return run


def test_a_list_whose_pages_have_expired_is_begun_anew(reading: Callable[..., Read]) -> None:
    seen: Counter[str] = Counter()

    def odd(path: str) -> Answer | None:
        if not path.startswith(MAPS):
            return None
        token = path.partition("continue=")[2]
        seen[token] += 1
        if token and seen[token] == 1:
            return refusal(410, "The provided continue parameter is too old")
        space = "kubeflow-user07"
        return listed("b", namespace=space) if token else listed("a", more="t", namespace=space)

    found = reading(odd)
    assert found.keys("v1/ConfigMap") == {"kubeflow-user07/a", "kubeflow-user07/b"}
    assert found.states("v1/ConfigMap", "07") == {Covered.CAPTURED}


def test_a_list_that_always_expires_is_told(reading: Callable[..., Read]) -> None:
    def odd(path: str) -> Answer | None:
        if not path.startswith(MAPS):
            return None
        return refusal(410, "expired") if "continue=" in path else listed("a", more="t")

    found = reading(odd)
    assert found.keys("v1/ConfigMap") == set()
    assert found.states("v1/ConfigMap", "07") == {Covered.FAILED}
    assert "410" in found.details("v1/ConfigMap")


def test_a_busy_cluster_is_asked_again(reading: Callable[..., Read]) -> None:
    seen: Counter[str] = Counter()

    def odd(path: str) -> Answer | None:
        seen[path] += 1
        return refusal(429, "slow down") if seen[path] <= 2 and path.startswith(MAPS) else None

    assert reading(odd).states("v1/ConfigMap", "07") == {Covered.CAPTURED}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (refusal(403), Covered.DENIED),
        (refusal(401), Covered.DENIED),
        (refusal(429), Covered.THROTTLED),
        (refusal(404), Covered.UNSUPPORTED),
        (refusal(405), Covered.UNSUPPORTED),
        ((404, "404 page not found"), Covered.UNSUPPORTED),
        (refusal(500), Covered.FAILED),
        (refusal(503), Covered.FAILED),
        ((403, "<html>Forbidden by a proxy</html>"), Covered.FAILED),
        ((200, "<html>Please log in</html>"), Covered.FAILED),
        ((200, {"kind": "ConfigMapList"}), Covered.FAILED),
        ((200, []), Covered.FAILED),
        ((200, "[" * 100_000), Covered.FAILED),
    ],
)
def test_a_refused_list_is_told_and_never_empty(
    reading: Callable[..., Read], answer: Answer, state: Covered
) -> None:
    found = reading(lambda path: answer if path.startswith(MAPS) else None)
    lines = [line for line in found.lines if line.type == "v1/ConfigMap"]
    assert [(line.state, line.count, line.tenant) for line in lines] == [(state, 1, "07")]
    assert found.states("v1/Secret", "07") == {Covered.CAPTURED}


def test_a_late_list_that_fails_is_told(reading: Callable[..., Read]) -> None:
    seen: Counter[str] = Counter()

    def odd(path: str) -> Answer | None:
        seen[path] += 1
        return refusal(403, "no more") if path.startswith(MAPS) and seen[path] > 1 else None

    found = reading(odd)
    assert found.states("v1/ConfigMap", "07") == {Covered.CAPTURED}
    assert [(line.type, line.state) for line in found.changes] == [("v1/ConfigMap", Covered.DENIED)]
    assert found.changes[0].detail.startswith("to list it again: 403")


def test_a_group_that_does_not_answer_is_told(reading: Callable[..., Read]) -> None:
    group = {
        "name": "metrics.k8s.io",
        "versions": [{"version": "v1beta1"}],
        "preferredVersion": {"version": "v1beta1"},
    }
    away = refusal(503, "the server is currently unable to handle the request")
    found = reading(
        {
            "/apis": (200, {"kind": "APIGroupList", "groups": [group]}),
            "/apis/metrics.k8s.io/v1beta1": away,
        }.get
    )
    lines = [line for line in found.lines if line.service == "metrics.k8s.io"]
    assert [(line.type, line.state, line.count) for line in lines] == [("*", Covered.FAILED, 1)]
    assert found.states("v1/ConfigMap", "07") == {Covered.CAPTURED}


def test_a_stale_group_is_told_and_the_others_are_read(reading: Callable[..., Read]) -> None:
    maps = {"resource": "configmaps", "scope": "Namespaced", "verbs": ["list"]}
    current = {
        "version": "v1",
        "freshness": "Current",
        "resources": [maps | {"responseKind": {"kind": "ConfigMap"}}],
    }
    stale = {"version": "v1", "freshness": "Stale", "resources": []}
    told = "APIGroupDiscoveryList"
    found = reading(
        {
            "/api": (200, {"kind": told, "items": [{"metadata": {}, "versions": [current]}]}),
            "/apis": (
                200,
                {"kind": told, "items": [{"metadata": {"name": "x.io"}, "versions": [stale]}]},
            ),
        }.get
    )
    lines = [line for line in found.lines if line.service == "x.io"]
    assert [(line.state, line.count) for line in lines] == [(Covered.FAILED, 1)]
    assert found.keys("v1/ConfigMap") == {"kubeflow-user07/one"}


def test_without_a_list_of_namespaces_those_of_the_profile_are_tried(
    reading: Callable[..., Read],
) -> None:
    found = reading(lambda path: refusal(403) if path.startswith("/api/v1/namespaces?") else None)
    assert found.states("v1/Namespace", "") == {Covered.DENIED}
    assert found.keys("v1/ConfigMap") == {"kubeflow-user07/one"}


def test_a_throttled_caller_is_told(sandbox: Session, vault: Vault) -> None:
    sandbox.break_("throttled", "07")
    found = read(vault, sandbox.profile, "07", target=kube_target(sandbox.profile, "07"))
    assert {line.state for line in found.lines} == {Covered.THROTTLED}
    assert found.entries == []
    assert len(found.asked.paths) == 2 * asking.TRIES


def test_a_cluster_that_stays_busy_is_soon_asked_once_only(reading: Callable[..., Read]) -> None:
    rows = [{"name": f"kind{n}s", "kind": f"Kind{n}", **ROW} for n in range(40)]

    def odd(path: str) -> Answer | None:
        if path == "/api/v1":
            return 200, {"resources": rows}
        return refusal(429) if path.startswith(SPACE) else None

    found = reading(odd)
    states = Counter(line.state for line in found.lines if line.tenant == "07")
    assert states == {Covered.THROTTLED: len(rows)}
    assert len([path for path in found.asked.paths if path.startswith(SPACE)]) < 2.5 * len(rows)
