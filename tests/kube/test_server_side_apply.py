"""Server-side apply: ownership, conflicts, force, and fields that are no longer said."""

from typing import Any

import pytest

from tests.kube.world import World

APPLY = {"Content-Type": "application/apply-patch+yaml"}


@pytest.fixture
def path(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps/c"


def config(data: dict[str, str], **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", **metadata},
        "data": data,
    }


def apply(
    world: World, path: str, doc: dict[str, Any], manager: str, *, force: bool = False
) -> tuple[int, dict[str, Any]]:
    query = f"?fieldManager={manager}" + ("&force=true" if force else "")
    code, body, _ = world.raw("PATCH", path + query, doc, headers=APPLY)
    return code, body


def managers(doc: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["manager"]: entry for entry in doc["metadata"]["managedFields"]}


def test_first_apply_creates_and_owns(world: World, path: str) -> None:
    code, doc = apply(world, path, config({"a": "1"}), "one")
    assert code == 201
    entry = managers(doc)["one"]
    assert entry["operation"] == "Apply"
    assert entry["apiVersion"] == "v1"
    assert entry["fieldsV1"] == {"f:data": {"f:a": {}}}


def test_same_apply_again_changes_nothing(world: World, path: str) -> None:
    first = apply(world, path, config({"a": "1"}), "one")[1]
    code, second = apply(world, path, config({"a": "1"}), "one")
    assert code == 200
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def test_dropped_fields_are_removed(world: World, path: str) -> None:
    apply(world, path, config({"a": "1", "b": "2"}), "one")
    _, doc = apply(world, path, config({"a": "1"}), "one")
    assert doc["data"] == {"a": "1"}


def test_fields_of_others_survive(world: World, path: str) -> None:
    apply(world, path, config({"a": "1"}), "one")
    _, doc = apply(world, path, config({"b": "2"}), "two")
    assert doc["data"] == {"a": "1", "b": "2"}
    _, doc = apply(world, path, config({}), "one")
    assert doc["data"] == {"b": "2"}


def test_conflict_names_manager_and_field(world: World, path: str) -> None:
    apply(world, path, config({"a": "1"}), "one")
    code, status = apply(world, path, config({"a": "2"}), "two")
    assert (code, status["reason"]) == (409, "Conflict")
    assert status["message"].startswith("Apply failed with 1 conflict")
    cause = status["details"]["causes"][0]
    assert cause["reason"] == "FieldManagerConflict"
    assert cause["field"] == ".data.a"
    assert 'conflict with "one"' in cause["message"]
    assert world.raw("GET", path)[1]["data"] == {"a": "1"}


def test_equal_values_are_shared(world: World, path: str) -> None:
    apply(world, path, config({"a": "1"}), "one")
    code, doc = apply(world, path, config({"a": "1"}), "two")
    assert code == 200
    assert managers(doc).keys() >= {"one", "two"}
    _, doc = apply(world, path, config({}), "one")
    assert doc["data"] == {"a": "1"}


def test_force_takes_the_field(world: World, path: str) -> None:
    apply(world, path, config({"a": "1"}), "one")
    code, doc = apply(world, path, config({"a": "2"}), "two", force=True)
    assert (code, doc["data"]) == (200, {"a": "2"})
    assert "f:a" not in str(managers(doc).get("one", {}).get("fieldsV1"))


def test_update_makes_an_owner_to_conflict_with(world: World, path: str) -> None:
    world.raw("POST", path.rpartition("/")[0] + "?fieldManager=poster", config({"a": "1"}))
    code, status = apply(world, path, config({"a": "2"}), "one")
    assert code == 409
    assert 'conflict with "poster" using v1' in status["message"]


def test_update_takes_fields_from_an_applier(world: World, path: str) -> None:
    apply(world, path, config({"a": "1", "b": "1"}), "one")
    headers = {"Content-Type": "application/merge-patch+json"}
    world.raw("PATCH", f"{path}?fieldManager=hand", {"data": {"a": "9"}}, headers=headers)
    doc = world.raw("GET", path)[1]
    assert managers(doc)["hand"]["operation"] == "Update"
    assert "f:a" in managers(doc)["hand"]["fieldsV1"]["f:data"]
    assert list(managers(doc)["one"]["fieldsV1"]["f:data"]) == ["f:b"]


def test_lists_with_keys_are_shared_by_item(world: World, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/services/s"

    def ports(*numbers: int) -> dict[str, Any]:
        listed = [{"name": f"p{number}", "port": number, "protocol": "TCP"} for number in numbers]
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "s"},
            "spec": {"ports": listed},
        }

    apply(world, path, ports(80), "one")
    code, doc = apply(world, path, ports(81), "two")
    assert code == 200
    assert {item["port"] for item in doc["spec"]["ports"]} == {80, 81}
    _, doc = apply(world, path, ports(82), "two")
    assert {item["port"] for item in doc["spec"]["ports"]} == {80, 82}
    keys = managers(doc)["two"]["fieldsV1"]["f:spec"]["f:ports"]
    assert 'k:{"port":82,"protocol":"TCP"}' in keys


def test_apply_needs_a_manager(world: World, path: str) -> None:
    code, status, _ = world.raw("PATCH", path, config({}), headers=APPLY)
    assert code in (400, 422)
    assert "fieldManager" in status["message"]


def test_applied_managed_fields_are_refused(world: World, path: str) -> None:
    doc = config({}, managedFields=[{"manager": "x", "operation": "Apply"}])
    code, status = apply(world, path, doc, "one")
    assert code == 400
    assert "managedFields must be nil" in status["message"]


def test_dry_run_apply_stores_nothing(world: World, path: str) -> None:
    query = "?fieldManager=one&dryRun=All"
    code, doc, _ = world.raw("PATCH", path + query, config({"a": "1"}), headers=APPLY)
    assert code in (200, 201)
    assert doc["data"] == {"a": "1"}
    assert world.raw("GET", path)[0] == 404
