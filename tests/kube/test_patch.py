"""The three classic patches, table-driven."""

from typing import Any

import pytest

from tests.kube.world import World

JSON, MERGE, STRATEGIC = (
    f"application/{kind}+json" for kind in ("json-patch", "merge-patch", "strategic-merge-patch")
)
CONTAINERS = [
    {
        "name": "a",
        "image": "one",
        "env": [{"name": "X", "value": "1"}],
        "ports": [{"containerPort": 80}],
    },
    {"name": "b", "image": "two"},
]
POD_SPEC = {"containers": CONTAINERS, "tolerations": [{"key": "k", "operator": "Exists"}]}
DEPLOYMENT = {
    "metadata": {"name": "d", "labels": {"keep": "1", "drop": "1"}, "finalizers": []},
    "spec": {
        "replicas": 0,
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": POD_SPEC},
    },
}


def template(spec: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"template": {"spec": spec}}}


def images(doc: dict[str, Any]) -> dict[str, str]:
    return {item["name"]: item["image"] for item in doc["spec"]["template"]["spec"]["containers"]}


def names(doc: dict[str, Any]) -> list[str]:
    return [item["name"] for item in doc["spec"]["template"]["spec"]["containers"]]


@pytest.fixture
def path(world: World, namespace: str) -> str:
    base = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    assert world.raw("POST", base, DEPLOYMENT)[0] == 201
    return f"{base}/d"


def patched(world: World, path: str, body: Any, media: str, code: int = 200) -> dict[str, Any]:
    status, doc, _ = world.raw("PATCH", path, body, headers={"Content-Type": media})
    assert status == code, doc
    return dict(doc)


@pytest.mark.parametrize("media", [MERGE, STRATEGIC])
def test_null_removes_a_key(world: World, path: str, media: str) -> None:
    doc = patched(world, path, {"metadata": {"labels": {"drop": None, "new": "2"}}}, media)
    assert doc["metadata"]["labels"] == {"keep": "1", "new": "2"}


def test_json_patch_runs_its_operations(world: World, path: str) -> None:
    operations = [
        {"op": "test", "path": "/spec/replicas", "value": 0},
        {"op": "replace", "path": "/spec/replicas", "value": 3},
        {"op": "add", "path": "/metadata/annotations", "value": {"a/b": "c"}},
        {"op": "remove", "path": "/metadata/labels/drop"},
    ]
    doc = patched(world, path, operations, JSON)
    assert doc["spec"]["replicas"] == 3
    assert doc["metadata"]["annotations"]["a/b"] == "c"
    assert doc["metadata"]["labels"] == {"keep": "1"}


def test_failed_json_patch_changes_nothing(world: World, path: str) -> None:
    operations = [
        {"op": "replace", "path": "/spec/replicas", "value": 3},
        {"op": "test", "path": "/metadata/name", "value": "other"},
    ]
    status, _, _ = world.raw("PATCH", path, operations, headers={"Content-Type": JSON})
    assert status == 422
    assert world.raw("GET", path)[1]["spec"]["replicas"] == 0


def test_merge_patch_replaces_lists(world: World, path: str) -> None:
    doc = patched(world, path, template({"containers": [{"name": "b", "image": "new"}]}), MERGE)
    assert images(doc) == {"b": "new"}


def test_strategic_patch_merges_containers_by_name(world: World, path: str) -> None:
    doc = patched(world, path, template({"containers": [{"name": "b", "image": "new"}]}), STRATEGIC)
    assert images(doc) == {"a": "one", "b": "new"}


def test_strategic_patch_merges_nested_lists(world: World, path: str) -> None:
    change = {"name": "a", "env": [{"name": "Y", "value": "2"}], "ports": [{"containerPort": 81}]}
    doc = patched(world, path, template({"containers": [change]}), STRATEGIC)
    first = next(
        item for item in doc["spec"]["template"]["spec"]["containers"] if item["name"] == "a"
    )
    assert {item["name"]: item["value"] for item in first["env"]} == {"X": "1", "Y": "2"}
    assert {item["containerPort"] for item in first["ports"]} == {80, 81}


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"containers": [{"name": "a", "$patch": "delete"}]}, {"b": "two"}),
        (
            {"containers": [{"$patch": "replace"}, {"name": "z", "image": "last"}]},
            {"z": "last"},
        ),
    ],
)
def test_strategic_directives(
    world: World, path: str, change: dict[str, Any], left: dict[str, str]
) -> None:
    assert images(patched(world, path, template(change), STRATEGIC)) == left


def test_strategic_element_order(world: World, path: str) -> None:
    change = {
        "$setElementOrder/containers": [{"name": "b"}, {"name": "c"}, {"name": "a"}],
        "containers": [{"name": "c", "image": "three"}],
    }
    assert names(patched(world, path, template(change), STRATEGIC)) == ["b", "c", "a"]


def test_strategic_patch_replaces_lists_without_keys(world: World, path: str) -> None:
    change = template({"tolerations": [{"key": "other", "operator": "Exists"}]})
    doc = patched(world, path, change, STRATEGIC)
    assert [item["key"] for item in doc["spec"]["template"]["spec"]["tolerations"]] == ["other"]


def test_selectors_of_deployments_are_immutable(world: World, path: str) -> None:
    change = {"spec": {"selector": {"matchLabels": {"a": "c"}}}}
    doc = patched(world, path, change, STRATEGIC, 422)
    assert "field is immutable" in doc["message"]


def test_stale_patch_conflicts(world: World, path: str) -> None:
    body = {"metadata": {"resourceVersion": "1", "labels": {"a": "b"}}}
    assert patched(world, path, body, MERGE, 409)["reason"] == "Conflict"


def test_unknown_patch_format_is_refused(world: World, path: str) -> None:
    assert patched(world, path, {}, "application/json", 415)["reason"] == "UnsupportedMediaType"
