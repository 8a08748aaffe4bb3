"""CustomResourceDefinitions made at run time are served at once, with their own rules."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tests.kube.world import World

APPLY = {"Content-Type": "application/apply-patch+yaml"}
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
SPEC = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 1},
        "color": {"type": "string", "enum": ["red", "blue"], "default": "red"},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "parts": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "count": {"type": "integer"}},
            },
        },
    },
}
SCHEMA = {
    "type": "object",
    "properties": {
        "spec": SPEC,
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}


def definition(group: str) -> dict[str, Any]:
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": SCHEMA},
        "subresources": {"status": {}},
        "additionalPrinterColumns": [
            {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
            {
                "name": "Ready",
                "type": "string",
                "jsonPath": '.status.conditions[?(@.type=="Ready")].status',
            },
        ],
    }
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "shortNames": ["wd"]}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": names,
            "versions": [version, version | {"name": "v1beta1", "storage": False}],
        },
    }


Answer = tuple[int, Any, dict[str, str]]
Post = Callable[..., Answer]
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.fixture
def group(world: World, unique: str) -> Iterator[str]:
    name = f"{unique}.example.org"
    code, doc, _ = world.raw("POST", CRDS, definition(name))
    assert code == 201, doc
    world.eventually(lambda: is_served(world, name))
    yield name
    world.raw("DELETE", f"{CRDS}/widgets.{name}")


def is_served(world: World, group: str) -> None:
    versions = {
        version: world.raw("GET", f"/apis/{group}/{version}/widgets")[0]
        for version in ("v1", "v1beta1")
    }
    assert versions == {"v1": 200, "v1beta1": 200}


def is_listed(world: World, group: str) -> None:
    assert group in {item["name"] for item in world.raw("GET", "/apis")[1]["groups"]}


def is_gone(world: World, path: str) -> None:
    assert world.raw("GET", path)[0] == 404


@pytest.fixture
def path(group: str, namespace: str) -> str:
    return f"/apis/{group}/v1/namespaces/{namespace}/widgets"


@pytest.fixture
def post(world: World, path: str, group: str) -> Post:
    """Create the widget `w` with what it is given as its spec."""

    def created(query: str = "", status: Any = None, **spec: Any) -> Answer:
        more = {} if status is None else {"status": status}
        return world.raw("POST", path + query, widget(group, **spec) | more)

    return created


def widget(group: str, **spec: Any) -> dict[str, Any]:
    head = {"apiVersion": f"{group}/v1", "kind": "Widget"}
    return head | {"metadata": {"name": "w"}, "spec": spec}


def test_definition_is_established(world: World, group: str) -> None:
    world.eventually(lambda: is_established(world, group))


def is_established(world: World, group: str) -> None:
    doc = world.raw("GET", f"{CRDS}/widgets.{group}")[1]
    held = {item["type"]: item["status"] for item in doc["status"]["conditions"]}
    assert (held["Established"], held["NamesAccepted"]) == ("True", "True")
    assert doc["status"]["storedVersions"] == ["v1"]


def test_kind_is_discovered(world: World, group: str) -> None:
    rows = world.raw("GET", f"/apis/{group}/v1")[1]["resources"]
    assert {row["name"]: row.get("shortNames") for row in rows} == {
        "widgets": ["wd"],
        "widgets/status": None,
    }
    world.eventually(lambda: is_listed(world, group))


def test_dynamic_client_finds_the_kind(world: World, group: str, namespace: str) -> None:
    api = world.dynamic().resources.get(api_version=f"{group}/v1", kind="Widget")
    api.create(body=widget(group, size=2), namespace=namespace)
    assert api.get(name="w", namespace=namespace).spec.size == 2


def test_defaults_are_filled(post: Post) -> None:
    assert post(size=1)[1]["spec"] == {"size": 1, "color": "red"}


def test_null_is_nothing_unless_the_schema_says_so(post: Post) -> None:
    code, doc, _ = post(size=1, color=None, free={"x": None}, parts=None)
    assert code == 201, doc
    assert doc["spec"] == {"size": 1, "color": "red", "free": {"x": None}}


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("missing", ["kind", "apiVersion"])
def test_custom_objects_say_what_they_are(
    world: World, path: str, group: str, method: str, missing: str
) -> None:
    body = widget(group, size=1)
    del body[missing]
    code, status, _ = world.raw(method, path if method == "POST" else f"{path}/w", body)
    assert code == 400
    words = "'Kind' is missing" if missing == "kind" else "does not match the expected API version"
    assert words in status["message"]


@pytest.mark.parametrize("path", ["v1/namespaces/default/nothings", "v9/namespaces/x/widgets"])
def test_what_no_definition_serves_is_no_page(world: World, group: str, path: str) -> None:
    code, text, _ = world.raw("GET", f"/apis/{group}/{path}")
    assert (code, text) == (404, "404 page not found\n")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({}, "spec.size: Required value"),
        ({"size": 0}, "should be greater than or equal to 1"),
        ({"size": "1"}, "must be of type integer"),
        ({"size": 1, "color": "green"}, 'Unsupported value: "green"'),
        ({"size": 1, "parts": [{"count": 1}]}, "spec.parts[0].name: Required value"),
    ],
)
def test_broken_objects_are_invalid(post: Post, spec: dict[str, Any], words: str) -> None:
    code, status, _ = post(**spec)
    assert (code, status["reason"]) == (422, "Invalid")
    assert words in status["message"]


def test_unknown_fields_are_pruned_or_refused(post: Post) -> None:
    spec = {"size": 1, "extra": 2, "free": {"anything": {"goes": 1}}}
    code, status, _ = post("?fieldValidation=Strict", **spec)
    assert code == 400
    assert 'unknown field "spec.extra"' in status["message"]
    _, doc, headers = post("?fieldValidation=Warn", **spec)
    assert 'unknown field \\"spec.extra\\"' in headers["warning"]
    assert "extra" not in doc["spec"]
    assert doc["spec"]["free"] == {"anything": {"goes": 1}}


def test_status_is_a_subresource(world: World, path: str, post: Post) -> None:
    made = post(size=1, status={"x": 1})[1]
    assert "status" not in made
    after = world.raw("PUT", f"{path}/w/status", made | {"status": {"x": 2}})[1]
    assert after["status"] == {"x": 2}
    assert after["metadata"]["generation"] == 1


def test_printer_columns_show(world: World, path: str, post: Post) -> None:
    made = post(size=3)[1]
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    world.raw("PUT", f"{path}/w/status", made | ready)
    table = world.raw("GET", path, headers=TABLE)[1]
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Size", "Ready"]
    assert table["rows"][0]["cells"] == ["w", 3, "True"]


def test_apply_merges_lists_by_the_schemas_keys(world: World, path: str, group: str) -> None:
    def parts(*named: str) -> dict[str, Any]:
        listed = [{"name": name, "count": 1} for name in named]
        return widget(group, size=1, parts=listed)

    world.raw("PATCH", f"{path}/w?fieldManager=one", parts("a"), headers=APPLY)
    code, doc, _ = world.raw("PATCH", f"{path}/w?fieldManager=two", parts("b"), headers=APPLY)
    assert code == 200, doc
    assert [item["name"] for item in doc["spec"]["parts"]] == ["a", "b"]


def test_strategic_merge_is_not_for_custom_kinds(world: World, path: str, post: Post) -> None:
    post(size=1)
    headers = {"Content-Type": "application/strategic-merge-patch+json"}
    assert world.raw("PATCH", f"{path}/w", {}, headers=headers)[0] == 415


def test_every_version_shows_the_same_object(
    world: World, path: str, group: str, post: Post
) -> None:
    post(size=4)
    code, doc, _ = world.raw("GET", path.replace("/v1/", "/v1beta1/") + "/w")
    assert (code, doc["apiVersion"], doc["spec"]["size"]) == (200, f"{group}/v1beta1", 4)


def test_items_of_custom_lists_carry_their_kind(world: World, path: str, post: Post) -> None:
    post(size=1)
    doc = world.raw("GET", path)[1]
    assert (doc["kind"], doc["items"][0]["kind"]) == ("WidgetList", "Widget")


def test_deleted_definition_takes_its_objects(
    world: World, path: str, group: str, post: Post
) -> None:
    post(size=1)
    assert world.raw("DELETE", f"{CRDS}/widgets.{group}")[0] == 200
    for gone in (f"{CRDS}/widgets.{group}", path):
        world.eventually(partial(is_gone, world, gone))
    world.raw("POST", CRDS, definition(group))
    world.eventually(lambda: is_served(world, group))
    assert world.raw("GET", path)[1]["items"] == []


def test_wrong_definition_is_invalid(world: World, unique: str) -> None:
    doc = definition(f"{unique}.example.org") | {"metadata": {"name": "other.example.org"}}
    code, status, _ = world.raw("POST", CRDS, doc)
    assert (code, status["reason"]) == (422, "Invalid")
