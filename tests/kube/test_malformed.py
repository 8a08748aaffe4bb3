"""Nonsense gets a 4xx with a Status, never a 500 and never a place in the store."""

import json
from typing import Any

import pytest

from tests.kube.world import World

PLURALS = (
    "configmaps pods services secrets resourcequotas serviceaccounts events endpoints limitranges"
    " persistentvolumeclaims"
)
PATHS = [f"/api/v1/namespaces/{{ns}}/{plural}" for plural in PLURALS.split()] + [
    "/apis/apps/v1/namespaces/{ns}/deployments",
    "/apis/batch/v1/namespaces/{ns}/cronjobs",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "/api/v1/namespaces",
]
BODIES: list[Any] = [
    [],
    "text",
    7,
    {"metadata": []},
    {"metadata": "x"},
    {"metadata": {"name": 7}},
    {"metadata": {"name": ["x"]}},
    {"metadata": {"name": "x", "labels": []}},
    {"metadata": {"name": "x", "labels": {"a": {}}}},
    {"metadata": {"name": "x", "annotations": 1}},
    {"metadata": {"name": "x", "ownerReferences": {}}},
    {"metadata": {"name": "x", "ownerReferences": [1]}},
    {"metadata": {"name": "x", "finalizers": "x"}},
    {"metadata": {"name": "x", "managedFields": 3}},
    {"apiVersion": 1, "kind": [], "metadata": {"name": "x"}},
]


@pytest.mark.parametrize("path", PATHS)
def test_malformed_objects(world: World, namespace: str, path: str) -> None:
    full = path.format(ns=namespace)
    for body in BODIES:
        code, status, _ = world.raw("POST", full, json.dumps(body).encode())
        assert 400 <= code < 500, (body, code, status)
        assert status["kind"] == "Status", body


@pytest.mark.parametrize("path", PATHS)
def test_names_are_checked(world: World, namespace: str, path: str) -> None:
    body = {"metadata": {"name": "../x"}}
    code, status, _ = world.raw("POST", path.format(ns=namespace), body)
    assert (400 <= code < 500, status["kind"]) == (True, "Status"), status


@pytest.mark.parametrize("path", PATHS)
def test_null_is_no_object(world: World, namespace: str, path: str) -> None:
    code, status, _ = world.raw("POST", path.format(ns=namespace), b"null")
    assert 400 <= code < 500, status
    assert status["kind"] == "Status"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("part", [{"spec": []}, {"spec": 5}, {"spec": {}}, {"status": 1}, {"x": 1}])
def test_odd_parts_do_not_break_the_server(
    world: World, namespace: str, path: str, part: dict[str, Any]
) -> None:
    body = {"metadata": {"name": "x"}} | part
    code, answer, _ = world.raw("POST", path.format(ns=namespace) + "?dryRun=All", body)
    assert code < 500, answer


@pytest.mark.parametrize(
    "hard", [{"cpu": "lots"}, {"cpu": {}}, {"cpu": True}, {"cpu": "1.2.3"}, {"cpu": ""}]
)
def test_quantities_are_checked(world: World, namespace: str, hard: dict[str, Any]) -> None:
    body = {"metadata": {"name": "q"}, "spec": {"hard": hard}}
    path = f"/api/v1/namespaces/{namespace}/resourcequotas"
    assert world.raw("POST", path, body)[0] in (400, 422)
    assert world.raw("GET", f"{path}/q")[0] == 404


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("json-patch", {}),
        ("json-patch", [{"op": "nope"}]),
        ("json-patch", [1]),
        ("json-patch", [{"op": "remove", "path": "/metadata"}]),
        ("json-patch", [{"op": "replace", "path": "", "value": 1}]),
        ("merge-patch", []),
        ("merge-patch", {"metadata": None}),
        ("merge-patch", {"metadata": 1}),
        ("merge-patch", {"data": []}),
        ("strategic-merge-patch", {"metadata": {"finalizers": 1}}),
        ("strategic-merge-patch", {"metadata": {"ownerReferences": [1]}}),
        ("strategic-merge-patch", {"$setElementOrder/x": 1, "data": 1}),
        ("strategic-merge-patch", []),
    ],
)
def test_malformed_patches(world: World, namespace: str, media: str, body: Any) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    world.raw("POST", path, {"metadata": {"name": "c"}, "data": {"a": "1"}})
    before = world.raw("GET", f"{path}/c")[1]
    headers = {"Content-Type": f"application/{media}+json"}
    code, status, _ = world.raw("PATCH", f"{path}/c", json.dumps(body).encode(), headers=headers)
    assert 400 <= code < 500, status
    assert world.raw("GET", f"{path}/c")[1] == before


@pytest.mark.parametrize(
    "query",
    ["limit=x", "resourceVersion=x", "watch=1&timeoutSeconds=x", "watch=1&resourceVersion=x"],
)
def test_malformed_queries(world: World, namespace: str, query: str) -> None:
    assert world.raw("GET", f"/api/v1/namespaces/{namespace}/pods?{query}")[0] == 400


def test_a_limit_below_nought_is_none(world: World, namespace: str) -> None:
    code, doc, _ = world.raw("GET", f"/api/v1/namespaces/{namespace}/configmaps?limit=-1")
    assert (code, doc["kind"]) == (200, "ConfigMapList")


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        (rb"a\ud800b", "a\ufffdb"),
        (rb"\udc00\ud83d\ude00\ud83d", "\ufffd\U0001f600\ufffd"),
        (rb"\\ud800", r"\ud800"),
        (b"a\xffb", "a\ufffdb"),
        (rb"a\u0000b", "a\0b"),
    ],
)
def test_what_is_no_character_is_replaced(
    world: World, namespace: str, text: bytes, stored: str
) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    body = b'{"metadata": {"name": "text"}, "data": {"a": "' + text + b'"}}'
    assert world.raw("POST", path, body)[0] == 201
    assert world.raw("GET", f"{path}/text")[1]["data"] == {"a": stored}
    change = b'{"data": {"b": "' + text + b'"}}'
    headers = {"Content-Type": "application/merge-patch+json"}
    assert world.raw("PATCH", f"{path}/text", change, headers=headers)[0] == 200
    assert world.raw("GET", f"{path}/text")[1]["data"] == {"a": stored, "b": stored}


@pytest.mark.parametrize(
    "body",
    [
        rb'{"metadata": {"name": "x\ud800"}}',
        b'{"metadata": {"name": "x"}, "data": {"a": NaN}}',
        b'{"metadata": {"name": "x", "generation": 1e400}}',
        b'\xef\xbb\xbf{"metadata": {"name": "x"}}',
        b'{"metadata": {"name": "x"}} more',
        b"",
    ],
)
def test_what_is_no_json_is_refused(world: World, namespace: str, body: bytes) -> None:
    code, status, _ = world.raw("POST", f"/api/v1/namespaces/{namespace}/configmaps", body)
    assert code in (400, 422), status


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (rb'{a: "\ud800"}', None),
        (b"{a: .nan}", None),
        (b"&a {a: *a}", None),
        (b"{2026-01-01: 2026-01-02}", {"2026-01-01": "2026-01-02"}),
    ],
)
def test_yaml_is_read_as_json_can_say_it(
    world: World, namespace: str, data: bytes, wanted: dict[str, str] | None
) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps/c?fieldManager=one"
    body = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: " + data
    headers = {"Content-Type": "application/apply-patch+yaml"}
    code, doc, _ = world.raw("PATCH", path, body, headers=headers)
    assert (code, doc.get("data")) == (201 if wanted else 400, wanted), doc


@pytest.mark.parametrize(
    "body", [b"k8s\x00", b"k8s\x00\x0a\xff", b"nothing", b"k8s\x00\x12\x03abc"]
)
def test_malformed_protobuf(world: World, namespace: str, body: bytes) -> None:
    headers = {"Content-Type": "application/vnd.kubernetes.protobuf"}
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    assert world.raw("POST", path, body, headers=headers)[0] in (400, 415)


def test_large_objects_pass_and_huge_ones_do_not(world: World, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    body = {"metadata": {"name": "large"}, "data": {"a": "x" * 900_000}}
    assert world.raw("POST", path, body)[0] == 201
    huge = {"metadata": {"name": "huge"}, "data": {"a": "x" * 4_000_000}}
    assert world.raw("POST", path, huge)[0] in (400, 413)
