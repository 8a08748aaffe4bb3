"""Create, read, replace and delete, with the typed and the dynamic client."""

import json
from typing import Any

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from tests.kube.world import World

CONFIG: dict[str, Any] = {"metadata": {"name": "c", "labels": {"app": "x"}}, "data": {"a": "1"}}
NOT_FOUND = 'configmaps "missing" not found'


def reason(error: ApiException) -> str:
    return str(json.loads(error.body or "{}")["message"])


def test_typed_client_reads_what_it_created(core: Any, namespace: str) -> None:
    made = core.create_namespaced_config_map(namespace, CONFIG)
    read = core.read_namespaced_config_map("c", namespace)
    assert read.data == {"a": "1"}
    assert read.metadata.uid == made.metadata.uid
    assert read.metadata.creation_timestamp is not None
    assert read.metadata.resource_version == made.metadata.resource_version


def test_models_travel_both_ways(core: Any, namespace: str) -> None:
    metadata = client.V1ObjectMeta(name="m", labels={"app": "x"})
    core.create_namespaced_config_map(
        namespace, client.V1ConfigMap(metadata=metadata, data={"a": "1"})
    )
    listed: Any = core.list_namespaced_config_map(namespace, label_selector="app=x")
    assert type(listed).__name__ == "V1ConfigMapList"
    assert [(item.metadata.name, item.data) for item in listed.items] == [("m", {"a": "1"})]


def test_dynamic_client_reads_what_it_created(world: World, namespace: str) -> None:
    api = world.dynamic().resources.get(api_version="v1", kind="ConfigMap")
    made = api.create(body=CONFIG, namespace=namespace)
    assert api.get(name="c", namespace=namespace).data.a == "1"
    assert [
        item.metadata.name for item in api.get(namespace=namespace, label_selector="app=x").items
    ] == ["c"]
    api.delete(name="c", namespace=namespace, body={"preconditions": {"uid": made.metadata.uid}})
    with pytest.raises(ApiException) as caught:
        api.get(name="c", namespace=namespace)
    assert caught.value.status == 404


@pytest.mark.parametrize("number", range(3))
def test_generated_names_differ(core: Any, namespace: str, number: int) -> None:
    body = {"metadata": {"generateName": f"g{number}-"}}
    names = {core.create_namespaced_config_map(namespace, body).metadata.name for _ in range(5)}
    assert len(names) == 5
    assert all(
        name.startswith(f"g{number}-") and len(name) == len(f"g{number}-") + 5 for name in names
    )


def test_second_create_conflicts(core: Any, namespace: str) -> None:
    core.create_namespaced_config_map(namespace, CONFIG)
    with pytest.raises(ApiException) as caught:
        core.create_namespaced_config_map(namespace, CONFIG)
    assert caught.value.status == 409
    assert reason(caught.value) == 'configmaps "c" already exists'


def test_missing_object_is_named(core: Any, namespace: str) -> None:
    for call in (core.read_namespaced_config_map, core.delete_namespaced_config_map):
        with pytest.raises(ApiException) as caught:
            call("missing", namespace)
        assert caught.value.status == 404
        assert reason(caught.value) == NOT_FOUND


def test_missing_namespace_is_named(core: Any, unique: str) -> None:
    with pytest.raises(ApiException) as caught:
        core.create_namespaced_config_map(f"{unique}-none", CONFIG)
    assert caught.value.status == 404
    assert reason(caught.value) == f'namespaces "{unique}-none" not found'


def test_replace_needs_the_live_resource_version(core: Any, namespace: str) -> None:
    first = core.create_namespaced_config_map(namespace, CONFIG)
    version = first.metadata.resource_version
    body = CONFIG | {
        "metadata": CONFIG["metadata"] | {"resourceVersion": version},
        "data": {"a": "2"},
    }
    second = core.replace_namespaced_config_map("c", namespace, body)
    assert second.data == {"a": "2"}
    assert second.metadata.resource_version != version
    with pytest.raises(ApiException) as caught:
        core.replace_namespaced_config_map("c", namespace, body)
    assert caught.value.status == 409
    assert "the object has been modified" in reason(caught.value)


def test_unchanged_replace_keeps_the_resource_version(core: Any, namespace: str) -> None:
    first = core.create_namespaced_config_map(namespace, CONFIG)
    again = core.replace_namespaced_config_map("c", namespace, CONFIG)
    assert again.metadata.resource_version == first.metadata.resource_version


def test_replace_keeps_uid_and_birth(core: Any, namespace: str) -> None:
    first = core.create_namespaced_config_map(namespace, CONFIG)
    second = core.replace_namespaced_config_map("c", namespace, CONFIG | {"data": {}})
    assert second.metadata.uid == first.metadata.uid
    assert second.metadata.creation_timestamp == first.metadata.creation_timestamp


@pytest.mark.parametrize("field", ["uid", "resourceVersion"])
def test_delete_keeps_its_preconditions(core: Any, namespace: str, field: str) -> None:
    core.create_namespaced_config_map(namespace, CONFIG)
    with pytest.raises(ApiException) as caught:
        core.delete_namespaced_config_map("c", namespace, body={"preconditions": {field: "1"}})
    assert caught.value.status == 409
    assert core.read_namespaced_config_map("c", namespace).data == {"a": "1"}


def test_delete_collection_follows_the_selector(core: Any, namespace: str) -> None:
    for name, app in (("a", "x"), ("b", "y"), ("c", "x")):
        body = {"metadata": {"name": name, "labels": {"app": app}}}
        core.create_namespaced_config_map(namespace, body)
    core.delete_collection_namespaced_config_map(namespace, label_selector="app=x")
    left = core.list_namespaced_config_map(namespace, label_selector="app").items
    assert [item.metadata.name for item in left] == ["b"]


def test_secrets_encode_plain_strings(world: World, core: Any, namespace: str) -> None:
    core.create_namespaced_secret(namespace, {"metadata": {"name": "s"}, "stringData": {"k": "v"}})
    status, doc, _ = world.raw("GET", f"/api/v1/namespaces/{namespace}/secrets/s")
    assert status == 200
    assert doc["data"] == {"k": "dg=="}
    assert doc["type"] == "Opaque"
    assert "stringData" not in doc


def test_status_is_kept_apart(world: World, namespace: str) -> None:
    path = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses"
    spec = {"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}}

    def status(address: str) -> dict[str, object]:
        return {"loadBalancer": {"ingress": [{"ip": address}]}}

    body = {"metadata": {"name": "i"}, "spec": spec, "status": status("10.0.0.1")}
    _, made, _ = world.raw("POST", path, body)
    assert "10.0.0.1" not in str(made)
    other = {"defaultBackend": {"service": {"name": "other", "port": {"number": 80}}}}
    proposed = made | {"spec": other, "status": status("10.0.0.2")}
    code, after, _ = world.raw("PUT", f"{path}/i/status", proposed)
    assert (code, after["spec"], after["status"]) == (200, spec, status("10.0.0.2"))
    code, plain, _ = world.raw("PUT", f"{path}/i", after | {"status": status("10.0.0.3")})
    assert (code, plain["status"]) == (200, status("10.0.0.2"))
    assert world.raw("GET", f"{path}/i/status")[1]["status"] == status("10.0.0.2")


def test_generation_counts_changes_of_the_spec(world: World, namespace: str) -> None:
    path = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies"
    world.raw("POST", path, {"metadata": {"name": "n"}, "spec": {"podSelector": {}}})
    _, made, _ = world.raw("GET", f"{path}/n")
    assert made["metadata"]["generation"] == 1
    labelled = made | {"metadata": made["metadata"] | {"labels": {"a": "b"}}}
    _, after, _ = world.raw("PUT", f"{path}/n", labelled)
    assert after["metadata"]["generation"] == 1
    closed = after | {"spec": {"podSelector": {"matchLabels": {"a": "b"}}}}
    _, last, _ = world.raw("PUT", f"{path}/n", closed)
    assert last["metadata"]["generation"] == 2


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v1/namespaces/default/widgets", 404),
        ("/apis/nothing.example/v1/things", 404),
        ("/api/v1/namespaces/default/configmaps/x/unknown", 404),
        ("/nowhere", 404),
    ],
)
def test_unknown_paths_are_404(world: World, path: str, code: int) -> None:
    assert world.raw("GET", path)[0] == code


def test_bodies_in_other_formats_are_refused(world: World, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    code, status, _ = world.raw("POST", path, b"x", headers={"Content-Type": "text/csv"})
    assert (code, status["reason"]) == (415, "UnsupportedMediaType")
    code, status, _ = world.raw("POST", path, b"{not json")
    assert (code, status["reason"]) == (400, "BadRequest")
    code, status, _ = world.raw("GET", path, headers={"Accept": "text/csv"})
    assert (code, status["reason"]) == (406, "NotAcceptable")


def test_yaml_bodies_are_read(world: World, namespace: str) -> None:
    text = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata: {a: b}\n"
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    code, made, _ = world.raw("POST", path, text, headers={"Content-Type": "application/yaml"})
    assert (code, made["data"]) == (201, {"a": "b"})


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("", {"data": {"b": "2"}}),
        ("", {"metadata": {}, "data": {"b": "2"}}),
        ("merge-patch", {"metadata": None}),
        ("merge-patch", {"metadata": {"name": None}}),
    ],
)
def test_an_object_says_its_name(world: World, namespace: str, media: str, body: Any) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    world.raw("POST", path, {"metadata": {"name": "c"}})
    headers = {"Content-Type": f"application/{media}+json"} if media else {}
    method = "PATCH" if media else "PUT"
    code, status, _ = world.raw(method, f"{path}/c", body, headers=headers)
    assert (code, "name must be provided" in status["message"]) == (400, True)


def test_an_apply_that_creates_says_the_name(world: World, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps/c?fieldManager=one"
    headers = {"Content-Type": "application/apply-patch+yaml"}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}}
    assert world.raw("PATCH", path, body, headers=headers)[0] == 400
    named = body | {"metadata": {"name": "c"}}
    assert world.raw("PATCH", path, named, headers=headers)[0] == 201
    assert world.raw("PATCH", path, body, headers=headers)[0] == 200
