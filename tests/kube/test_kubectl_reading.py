"""The real kubectl reads: tables, formats, selectors, describe, logs, watches."""

import json
import re
import subprocess
from typing import Any

import pytest

from tests.kube.world import Kubectl, World

pytestmark = pytest.mark.kubectl

STATUS = {
    "phase": "Running",
    "podIP": "10.1.1.1",
    "conditions": [{"type": "Ready", "status": "True"}],
    "containerStatuses": [
        {
            "name": "c",
            "ready": True,
            "restartCount": 2,
            "image": "i",
            "imageID": "",
            "state": {"running": {}},
        }
    ],
}


def pod(name: str, **labels: str) -> dict[str, Any]:
    container = {"name": "c", "image": "i", "ports": [{"containerPort": 5000, "name": "http"}]}
    return {"metadata": {"name": name, "labels": labels}, "spec": {"containers": [container]}}


def add_pod(world: World, namespace: str, name: str, **labels: str) -> None:
    base = f"/api/v1/namespaces/{namespace}/pods"
    code, made, _ = world.raw("POST", base, pod(name, **labels))
    assert code == 201, made
    assert world.raw("PUT", f"{base}/{name}/status", made | {"status": STATUS})[0] == 200


@pytest.fixture
def ready(world: World, namespace: str, kubectl: Kubectl) -> Kubectl:
    add_pod(world, namespace, "web", app="web")
    return kubectl


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_tables(ready: Kubectl) -> None:
    heading, row = rows(ready.run("get", "pods"))
    assert heading == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert row[:4] == ["web", "1/1", "Running", "2"]


def test_wide_tables(ready: Kubectl) -> None:
    heading, row = rows(ready.run("get", "pods", "-o", "wide"))
    assert heading[5:7] == ["IP", "NODE"]
    assert row[5:7] == ["10.1.1.1", "<none>"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "name"), "pod/web\n"),
        (("-o", "jsonpath={.items[*].metadata.name}"), "web"),
        (
            ("-o", "custom-columns=N:.metadata.name,P:.status.phase", "--no-headers"),
            "web   Running\n",
        ),
        (("-o", "go-template={{range .items}}{{.kind}}{{end}}"), "Pod"),
        (("-l", "app=web", "-o", "name"), "pod/web\n"),
        (("-l", "app!=web", "-o", "name"), ""),
        (("--field-selector", "status.phase=Running", "-o", "name"), "pod/web\n"),
        (("--field-selector", "status.phase=Failed", "-o", "name"), ""),
    ],
)
def test_formats_and_selectors(ready: Kubectl, words: tuple[str, ...], said: str) -> None:
    assert ready.run("get", "pods", *words) == said


def test_yaml(ready: Kubectl) -> None:
    text = ready.run("get", "pod", "web", "-o", "yaml")
    assert text.startswith("apiVersion: v1\nkind: Pod\n")
    assert "managedFields" not in text


def test_chunks(kubectl: Kubectl, world: World, namespace: str) -> None:
    for place in range(5):
        body = {"metadata": {"name": f"c{place}", "labels": {"ours": "yes"}}}
        world.raw("POST", f"/api/v1/namespaces/{namespace}/configmaps", body)
    text = kubectl.run("get", "cm", "-l", "ours", "--chunk-size=2", "-o", "name")
    assert text.split() == [f"configmap/c{place}" for place in range(5)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("get", "pod", "none"), 'Error from server (NotFound): pods "none" not found\n'),
        (("get", "unknownkind"), 'error: the server doesn\'t have a resource type "unknownkind"\n'),
    ],
)
def test_missing_things(kubectl: Kubectl, words: tuple[str, ...], said: str) -> None:
    assert kubectl.run(*words, code=1) == said


def test_expired_token(kubectl: Kubectl) -> None:
    said = kubectl.as_user("expired").run("get", "pods", code=1)
    assert said == "error: You must be logged in to the server (Unauthorized)\n"


def test_refusal(kubectl: Kubectl, namespace: str) -> None:
    said = kubectl.as_user("bob").run("get", "pods", code=1)
    assert said == (
        'Error from server (Forbidden): pods is forbidden: User "bob" cannot list resource "pods"'
        f' in API group "" in the namespace "{namespace}"\n'
    )


def test_impersonation(kubectl: Kubectl) -> None:
    assert 'User "carol" cannot list' in kubectl.run("get", "pods", "--as", "carol", code=1)
    assert (
        kubectl.run("get", "pods", "--as", "x", "--as-group", "system:masters", "-o", "name") == ""
    )


@pytest.mark.parametrize(("user", "said", "code"), [("admin", "yes", 0), ("bob", "no", 1)])
def test_can_i(kubectl: Kubectl, user: str, said: str, code: int) -> None:
    done = subprocess.run(
        kubectl.as_user(user).command("auth", "can-i", "list", "pods"),
        env=kubectl.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == (said, code)


def test_can_i_list(kubectl: Kubectl) -> None:
    assert "selfsubjectreviews.authentication.k8s.io" in kubectl.as_user("bob").run(
        "auth", "can-i", "--list"
    )


def test_whoami(kubectl: Kubectl) -> None:
    info = kubectl.as_user("alice").output("auth", "whoami")["status"]["userInfo"]
    assert info["username"] == "alice"
    assert "team" in info["groups"]


def test_cluster_information(kubectl: Kubectl, world: World) -> None:
    assert world.url in kubectl.run("cluster-info")
    assert kubectl.output("version")["serverVersion"]["major"] == "1"
    assert kubectl.run("get", "--raw", "/readyz") == "ok"


def test_api_resources(kubectl: Kubectl) -> None:
    found = set(kubectl.run("api-resources", "-o", "name").split())
    assert found >= {"pods", "deployments.apps", "rolebindings.rbac.authorization.k8s.io"}
    assert "apps/v1" in kubectl.run("api-versions").split()


def test_describe(ready: Kubectl, world: World, namespace: str) -> None:
    uid = ready.output("get", "pod", "web")["metadata"]["uid"]
    about = {"kind": "Pod", "namespace": namespace, "name": "web", "uid": uid}
    event = {
        "involvedObject": about,
        "reason": "Pulled",
        "message": "image is there",
        "type": "Normal",
    }
    world.raw("POST", f"/api/v1/namespaces/{namespace}/events", {"metadata": {"name": "e"}} | event)
    text = ready.run("describe", "pod", "web")
    assert "Status:           Running" in text
    assert "image is there" in text


@pytest.mark.parametrize("thing", ["namespace", "resourcequota", "serviceaccount", "service"])
def test_describe_other_kinds(kubectl: Kubectl, world: World, namespace: str, thing: str) -> None:
    base = f"/api/v1/namespaces/{namespace}"
    hard = {"hard": {"cpu": "8"}}
    world.raw("POST", f"{base}/resourcequotas", {"metadata": {"name": "q"}, "spec": hard})
    world.raw("POST", f"{base}/serviceaccounts", {"metadata": {"name": "q"}})
    world.raw(
        "POST", f"{base}/services", {"metadata": {"name": "q"}, "spec": {"ports": [{"port": 80}]}}
    )
    name = namespace if thing == "namespace" else "q"
    assert re.search(rf"^Name: +{name}$", kubectl.run("describe", thing, name), re.MULTILINE)


def test_explain(kubectl: Kubectl) -> None:
    text = kubectl.run("explain", "deployment.spec.replicas")
    assert "FIELD: replicas <integer>" in text


def test_watch(ready: Kubectl, world: World, namespace: str) -> None:
    with subprocess.Popen(
        ready.command("get", "pods", "-w", "-o", "name", "--request-timeout=30s"),
        env=ready.env,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "pod/web\n"
        add_pod(world, namespace, "later")
        assert process.stdout.readline() == "pod/later\n"
        process.terminate()


def test_wait(ready: Kubectl) -> None:
    said = ready.run("wait", "--for=condition=Ready", "pod/web", "--timeout=20s")
    assert said == "pod/web condition met\n"


def test_logs(ready: Kubectl, world: World, namespace: str) -> None:
    world.needs("logs")
    world.hooks["set_log"](namespace, "web", "one\ntwo\nthree\n")
    assert ready.run("logs", "web") == "one\ntwo\nthree\n"
    assert ready.run("logs", "-l", "app=web", "--tail=1") == "three\n"
    assert "container nope is not valid" in ready.run("logs", "web", "-c", "nope", code=1)


def test_json_is_what_the_api_says(ready: Kubectl, world: World, namespace: str) -> None:
    direct = world.raw("GET", f"/api/v1/namespaces/{namespace}/pods/web")[1]
    direct["metadata"].pop("managedFields")
    assert json.loads(ready.run("get", "pod", "web", "-o", "json")) == direct
