"""Field validation, dry runs, and objects that make no sense."""

from typing import Any

import pytest

from tests.kube.world import World

POD = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}


def deployment(**spec: Any) -> dict[str, Any]:
    full = {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": POD["spec"]},
    }
    return {"metadata": {"name": "d"}, "spec": full | spec}


@pytest.fixture
def maps(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps"


UNKNOWN = {"metadata": {"name": "c"}, "data": {"a": "b"}, "extra": 1}


def test_strict_refuses_unknown_fields(world: World, maps: str) -> None:
    code, status, _ = world.raw("POST", f"{maps}?fieldValidation=Strict", UNKNOWN)
    assert (code, status["reason"]) == (400, "BadRequest")
    assert 'strict decoding error: unknown field "extra"' in status["message"]
    assert world.raw("GET", f"{maps}/c")[0] == 404


def test_warn_drops_unknown_fields_and_says_so(world: World, maps: str) -> None:
    code, doc, headers = world.raw("POST", f"{maps}?fieldValidation=Warn", UNKNOWN)
    assert code == 201
    assert "extra" not in doc
    assert headers["warning"] == '299 - "unknown field \\"extra\\""'


def test_ignore_drops_unknown_fields(world: World, maps: str) -> None:
    code, doc, headers = world.raw("POST", f"{maps}?fieldValidation=Ignore", UNKNOWN)
    assert code == 201
    assert "extra" not in doc
    assert "warning" not in headers


def test_strict_names_nested_fields(world: World, namespace: str) -> None:
    body = {
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "image": "i", "imaeg": 1}]},
    }
    path = f"/api/v1/namespaces/{namespace}/pods?fieldValidation=Strict&dryRun=All"
    code, status, _ = world.raw("POST", path, body)
    assert code == 400
    assert 'unknown field "spec.containers[0].imaeg"' in status["message"]


def test_strict_refuses_repeated_fields(world: World, maps: str) -> None:
    text = b'{"metadata":{"name":"c"},"data":{"a":"1"},"data":{"a":"2"}}'
    code, status, _ = world.raw("POST", f"{maps}?fieldValidation=Strict", text)
    assert code == 400
    assert 'duplicate field "data"' in status["message"]


def test_strict_holds_for_patches(world: World, maps: str) -> None:
    world.raw("POST", maps, {"metadata": {"name": "c"}})
    headers = {"Content-Type": "application/merge-patch+json"}
    path = f"{maps}/c?fieldValidation=Strict"
    assert world.raw("PATCH", path, {"extra": 1}, headers=headers)[0] in (400, 422)


@pytest.mark.parametrize(
    ("plural", "body", "words"),
    [
        ("configmaps", {"metadata": {"name": "c"}, "data": {"a": 1}}, "cannot unmarshal number"),
        ("configmaps", {"metadata": {"name": "c"}, "data": "text"}, "cannot unmarshal string"),
        ("configmaps", {"metadata": {"name": "c", "labels": {"a": True}}}, "cannot unmarshal bool"),
    ],
)
def test_wrong_types_are_400(
    world: World, namespace: str, plural: str, body: dict[str, Any], words: str
) -> None:
    code, status, _ = world.raw("POST", f"/api/v1/namespaces/{namespace}/{plural}", body)
    assert (code, status["reason"]) == (400, "BadRequest")
    assert words in status["message"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/v1/namespaces/{ns}/configmaps", {"metadata": {"name": "Upper"}}, "metadata.name"),
        ("/api/v1/namespaces/{ns}/configmaps", {"metadata": {}}, "metadata.name"),
        ("/api/v1/namespaces", {"metadata": {"name": "with.dot"}}, "metadata.name"),
        (
            "/api/v1/namespaces/{ns}/configmaps",
            {"metadata": {"name": "c", "labels": {"a": "no good"}}},
            "metadata.labels",
        ),
        (
            "/api/v1/namespaces/{ns}/pods",
            {"metadata": {"name": "p"}, "spec": {}},
            "spec.containers",
        ),
        (
            "/apis/apps/v1/namespaces/{ns}/deployments",
            {"metadata": {"name": "d"}, "spec": {"template": {"spec": POD["spec"]}}},
            "spec.selector",
        ),
        (
            "/apis/apps/v1/namespaces/{ns}/deployments",
            deployment(selector={"matchLabels": {"a": "other"}}),
            "spec.template.metadata.labels",
        ),
    ],
)
def test_invalid_objects_name_the_field(
    world: World, namespace: str, path: str, body: dict[str, Any], field: str
) -> None:
    code, status, _ = world.raw("POST", path.format(ns=namespace), body)
    assert (code, status["reason"]) == (422, "Invalid")
    assert field in {cause["field"] for cause in status["details"]["causes"]}
    assert field in status["message"]


def test_body_must_fit_the_path(world: World, maps: str) -> None:
    wrong_kind = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "c"}}
    assert world.raw("POST", maps, wrong_kind)[0] == 400
    wrong_space = {"metadata": {"name": "c", "namespace": "default"}}
    code, status, _ = world.raw("POST", maps, wrong_space)
    assert code == 400
    assert "does not match the namespace" in status["message"]
    world.raw("POST", maps, {"metadata": {"name": "c"}})
    code, status, _ = world.raw("PUT", f"{maps}/c", {"metadata": {"name": "other"}})
    assert code == 400
    assert "does not match the name on the URL" in status["message"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_dry_run_changes_nothing(world: World, maps: str, method: str) -> None:
    if method != "POST":
        world.raw("POST", maps, {"metadata": {"name": "c"}, "data": {"a": "1"}})
    before = world.raw("GET", f"{maps}/c")
    path = f"{maps}?dryRun=All" if method == "POST" else f"{maps}/c?dryRun=All"
    media = "application/merge-patch+json" if method == "PATCH" else "application/json"
    body = None if method == "DELETE" else {"metadata": {"name": "c"}, "data": {"a": "2"}}
    code, doc, _ = world.raw(method, path, body, headers={"Content-Type": media})
    assert code in (200, 201), doc
    assert world.raw("GET", f"{maps}/c")[:2] == before[:2]


def test_unknown_dry_run_is_refused(world: World, maps: str) -> None:
    assert world.raw("POST", f"{maps}?dryRun=Some", {"metadata": {"name": "c"}})[0] in (400, 422)


def test_immutable_config_maps_stay(world: World, maps: str) -> None:
    world.raw("POST", maps, {"metadata": {"name": "c"}, "data": {"a": "1"}, "immutable": True})
    body = {"metadata": {"name": "c"}, "data": {"a": "2"}, "immutable": True}
    code, status, _ = world.raw("PUT", f"{maps}/c", body)
    assert (code, status["reason"]) == (422, "Invalid")


def test_defaults_of_built_in_kinds(world: World, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments?dryRun=All"
    spec = world.raw("POST", path, deployment())[1]["spec"]
    assert (spec["replicas"], spec["strategy"]["type"]) == (1, "RollingUpdate")
    pod = spec["template"]["spec"]
    assert (pod["restartPolicy"], pod["dnsPolicy"]) == ("Always", "ClusterFirst")
    assert pod["containers"][0]["terminationMessagePath"] == "/dev/termination-log"


def test_services_get_an_address_and_ports(world: World, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/services"
    ports = {"ports": [{"port": 80}], "selector": {"a": "b"}}
    spec = world.raw("POST", path, {"metadata": {"name": "s"}, "spec": ports})[1]["spec"]
    assert spec["type"] == "ClusterIP"
    assert spec["clusterIPs"] == [spec["clusterIP"]]
    assert spec["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    headless = {"metadata": {"name": "h"}, "spec": ports | {"clusterIP": "None"}}
    assert world.raw("POST", path, headless)[1]["spec"]["clusterIP"] == "None"
