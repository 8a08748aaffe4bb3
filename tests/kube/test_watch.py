"""Watches: what is there, what happens, and where a broken watch goes on."""

import itertools
from typing import Any

import pytest
from kubernetes import watch
from kubernetes.client.exceptions import ApiException

from tests.kube.world import World


def stream(core: Any, namespace: str, count: int, **options: Any) -> list[tuple[str, str]]:
    untyped: Any = watch.Watch
    events = untyped().stream(
        core.list_namespaced_config_map, namespace, timeout_seconds=20, **options
    )
    found = [
        (event["type"], event["object"].metadata.name) for event in itertools.islice(events, count)
    ]
    events.close()
    return found


def revision(core: Any, namespace: str) -> str:
    return str(core.list_namespaced_config_map(namespace).metadata.resource_version)


def make(core: Any, namespace: str, name: str, **labels: str) -> None:
    core.create_namespaced_config_map(namespace, {"metadata": {"name": name, "labels": labels}})


def test_watch_resumes_after_a_revision(core: Any, namespace: str) -> None:
    make(core, namespace, "before")
    start = revision(core, namespace)
    make(core, namespace, "a")
    core.patch_namespaced_config_map("a", namespace, {"data": {"x": "y"}})
    core.delete_namespaced_config_map("a", namespace)
    found = stream(core, namespace, 3, resource_version=start)
    assert found == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]


def test_watch_without_a_revision_starts_with_what_is_there(core: Any, namespace: str) -> None:
    make(core, namespace, "a", ours="yes")
    make(core, namespace, "b", ours="yes")
    assert stream(core, namespace, 2, label_selector="ours") == [("ADDED", "a"), ("ADDED", "b")]


def test_watch_sees_objects_enter_and_leave_its_selection(core: Any, namespace: str) -> None:
    start = revision(core, namespace)
    make(core, namespace, "a", color="red")
    core.patch_namespaced_config_map("a", namespace, {"metadata": {"labels": {"color": "blue"}}})
    core.patch_namespaced_config_map("a", namespace, {"metadata": {"labels": {"color": "red"}}})
    found = stream(core, namespace, 3, resource_version=start, label_selector="color=red")
    assert found == [("ADDED", "a"), ("DELETED", "a"), ("ADDED", "a")]


def test_watch_ends_by_itself(world: World, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/secrets?watch=true&timeoutSeconds=1"
    code, text, _ = world.raw("GET", path)
    assert (code, text) == (200, "")


def test_watch_sends_bookmarks(world: World, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/secrets?watch=true&timeoutSeconds=1"
    query = "&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
    _, doc, _ = world.raw("GET", path + query)
    text = str(doc)
    assert "BOOKMARK" in text
    assert "k8s.io/initial-events-end" in text


@pytest.mark.parametrize("given", ["1"])
def test_watch_from_a_forgotten_revision_is_gone(core: Any, namespace: str, given: str) -> None:
    with pytest.raises(ApiException) as caught:
        stream(core, namespace, 1, resource_version=given)
    assert caught.value.status == 410


def test_watch_of_tables(world: World, namespace: str, core: Any) -> None:
    make(core, namespace, "a", ours="yes")
    accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    path = f"/api/v1/namespaces/{namespace}/configmaps?watch=1&timeoutSeconds=1&labelSelector=ours"
    _, doc, _ = world.raw("GET", path, headers=accept)
    assert doc["type"] == "ADDED"
    assert doc["object"]["kind"] == "Table"
    assert doc["object"]["rows"][0]["cells"][0] == "a"
