"""Changes to Kubernetes objects that can be taken back exactly, whatever verbs made them."""

from collections.abc import Callable

from relab.sandbox.faults.board import Undo
from relab.sandbox.kube import Cluster
from relab.sandbox.kube.api import Api
from relab.sandbox.kube.model import Doc, ResourceId, name_of, namespace_of

Place = tuple[ResourceId, str, str]
State = dict[Place, Doc]


def recorded(cluster: Cluster, change: Callable[[], None]) -> Undo:
    """Run `change` and return what puts back all it changed, uid, dates and pod logs included."""
    api, logs = cluster.api, dict(cluster.logs)
    before = _state(api)
    change()
    after = _state(api)
    lost = {place: doc for place, doc in before.items() if after.get(place) is not doc}
    new = [place for place in after if place not in before]
    said = {key: text for key, text in logs.items() if cluster.logs.get(key) is not text}

    def back() -> None:
        _put_back(api, lost, new)
        cluster.logs.update(said)

    return back


def _state(api: Api) -> State:
    # A stored document is never changed in place, so holding on to it is a snapshot.
    resources = {kind.resource for kind in api.registry}
    return {
        (resource, namespace_of(entry.doc), name_of(entry.doc)): entry.doc
        for resource in resources
        for entry in api.store.scan(resource)
    }


def _put_back(api: Api, lost: State, new: list[Place]) -> None:
    for resource, namespace, name in new:
        entry = api.store.get(resource, namespace, name)
        if entry is not None:
            api.forget(api.registry.of_resource(resource)[0], entry.doc)
    stored = []
    for (resource, namespace, name), doc in lost.items():
        held = api.store.get(resource, namespace, name)
        entry = api.store.put(resource, {**doc, "metadata": dict(doc["metadata"])})
        stored.append(
            (api.registry.of_resource(resource)[0], held.doc if held else None, entry.doc)
        )
    # Reactions run only when all is back, or owners would be missed and dependents collected.
    for kind, held_doc, doc in stored:
        api.changed(kind, held_doc, doc)
