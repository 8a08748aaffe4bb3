"""Lists: pages, selectors, tables and metadata-only answers."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.kube.world import World

ROWS = {
    "a": {"app": "web", "tier": "1"},
    "b": {"app": "web", "tier": "2"},
    "c": {"app": "db"},
    "d": {},
}


@pytest.fixture
def path(core: Any, namespace: str) -> str:
    for name, labels in ROWS.items():
        meta = {"name": name, "labels": labels | {"ours": "yes"}}
        core.create_namespaced_secret(namespace, {"metadata": meta, "type": f"example/{name}"})
    return f"/api/v1/namespaces/{namespace}/secrets"


def names(doc: dict[str, Any]) -> str:
    return "".join(item["metadata"]["name"] for item in doc["items"])


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("app=web", "ab"),
        ("app==web", "ab"),
        ("app!=web", "cd"),
        ("app", "abc"),
        ("!app", "d"),
        ("app in (web,db)", "abc"),
        ("app notin (web)", "cd"),
        ("app=web,tier=2", "b"),
        ("app in (web),tier notin (1,3)", "b"),
        ("app=none", ""),
    ],
)
def test_label_selectors(world: World, path: str, selector: str, found: str) -> None:

    query = quote(f"{selector},ours=yes", safe="")
    assert names(world.raw("GET", f"{path}?labelSelector={query}")[1]) == found


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("metadata.name=b", "b"),
        ("metadata.name!=b", "acd"),
        ("type=example/c", "c"),
        ("metadata.name=a,type=example/a", "a"),
        ("metadata.name=a,type=example/b", ""),
    ],
)
def test_field_selectors(world: World, path: str, selector: str, found: str) -> None:
    answer = world.raw("GET", f"{path}?labelSelector=ours&fieldSelector={selector}")[1]
    assert names(answer) == found


@pytest.mark.parametrize("query", ["fieldSelector=spec.nothing=1", "labelSelector=a=b=c"])
def test_bad_selectors_are_400(world: World, path: str, query: str) -> None:
    code, status, _ = world.raw("GET", f"{path}?{query}")
    assert (code, status["reason"]) == (400, "BadRequest")


def test_pages_cover_everything_once(world: World, path: str) -> None:
    seen, token, sizes = "", "", []
    for _ in range(4):
        query = f"?limit=3&labelSelector=ours&continue={token}"
        page = world.raw("GET", path + query)[1]
        seen += names(page)
        sizes.append(len(page["items"]))
        token = page["metadata"].get("continue", "")
        if not token:
            break
    assert (seen, sizes) == ("abcd", [3, 1])


def test_remaining_count_is_told(world: World, path: str) -> None:
    whole = world.raw("GET", path)[1]
    page = world.raw("GET", f"{path}?limit=1")[1]
    assert page["metadata"]["remainingItemCount"] == len(whole["items"]) - 1


def test_broken_continue_is_400(world: World, path: str) -> None:
    assert world.raw("GET", f"{path}?limit=1&continue=nonsense")[0] == 400


def test_lists_tell_their_revision(world: World, path: str) -> None:
    before = int(world.raw("GET", path)[1]["metadata"]["resourceVersion"])
    world.raw("POST", path, {"metadata": {"name": "later"}})
    assert int(world.raw("GET", path)[1]["metadata"]["resourceVersion"]) > before


@pytest.mark.usefixtures("path")
def test_all_namespaces_are_listed_together(world: World, namespace: str) -> None:
    query = f"?fieldSelector=metadata.namespace={namespace}&labelSelector=ours"
    assert names(world.raw("GET", f"/api/v1/secrets{query}")[1]) == "abcd"


def test_items_of_built_in_lists_carry_no_kind(world: World, path: str) -> None:
    doc = world.raw("GET", path)[1]
    assert doc["kind"] == "SecretList"
    assert all("kind" not in item for item in doc["items"])


def test_tables_have_columns_and_rows(world: World, path: str) -> None:
    accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
    doc = world.raw("GET", f"{path}?labelSelector=ours", headers=accept)[1]
    assert doc["kind"] == "Table"
    assert [column["name"] for column in doc["columnDefinitions"]] == [
        "Name",
        "Type",
        "Data",
        "Age",
    ]
    assert doc["rows"][0]["cells"][:3] == ["a", "example/a", 0]
    assert doc["rows"][0]["object"]["kind"] == "PartialObjectMetadata"


def test_metadata_alone_can_be_asked(world: World, path: str) -> None:
    accept = {"Accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"}
    doc = world.raw("GET", f"{path}?labelSelector=ours", headers=accept)[1]
    assert doc["kind"] == "PartialObjectMetadataList"
    assert "type" not in doc["items"][0]
    assert doc["items"][0]["metadata"]["name"] == "a"
