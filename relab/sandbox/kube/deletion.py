"""Deleting: preconditions, finalizers, owners' dependents, and the end of a namespace."""

from dataclasses import dataclass
from typing import Any

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, ResourceId, dig, name_of, namespace_of, now
from relab.sandbox.kube.status import forbidden, stale, success

_NAMESPACES = ("", "namespaces")
_KEPT_NAMESPACES = frozenset({"default", "kube-system", "kube-public"})
Place = tuple[ResourceId, str, str]


@dataclass(frozen=True, slots=True)
class Deletion:
    """How to delete; `policy` is Background, Foreground or Orphan."""

    policy: str = "Background"
    uid: str = ""
    resource_version: str = ""
    dry_run: bool = False


class Deleter:
    """Removes objects from an `Api`, and dependents once all their owners are gone."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._dependents: dict[str, set[Place]] = {}
        api.reactions.append(self._watch_owners)
        api.reactions.append(self._watch_namespaces)

    def delete(self, kind: Kind, namespace: str, name: str, how: Deletion) -> Doc:
        """Delete one object; returns a Status, or the object where it lives on for a while."""
        doc = self._api.entry(kind, namespace, name).doc
        metadata = doc["metadata"]
        _preconditions(kind, doc, how)
        if how.dry_run:
            return success(kind.resource, name, metadata["uid"])
        if how.policy == "Orphan":
            self._orphan(metadata["uid"])
        if kind.resource == _NAMESPACES:
            return self._end_namespace(kind, doc)
        if metadata.get("finalizers"):
            return self._mark(kind, doc)
        self._api.forget(kind, doc)
        if kind.resource == ("", "pods"):
            return self._api.versioned(doc, kind)
        return success(kind.resource, name, metadata["uid"])

    def _mark(self, kind: Kind, doc: Doc) -> Doc:
        if "deletionTimestamp" in doc["metadata"]:
            return self._api.versioned(doc, kind)
        stamp = {"deletionTimestamp": now(), "deletionGracePeriodSeconds": 0}
        marked = doc | {"metadata": doc["metadata"] | stamp}
        self._api.put(kind, doc, marked)
        return self._api.versioned(marked, kind)

    def _end_namespace(self, kind: Kind, doc: Doc) -> Doc:
        name = name_of(doc)
        if name in _KEPT_NAMESPACES:
            raise forbidden(_NAMESPACES, name, "this namespace may not be deleted")
        ending = doc | {"status": dict(doc.get("status") or {}) | {"phase": "Terminating"}}
        shown = self._mark(kind, ending)
        self._empty(name)
        return shown

    def finalize(self, name: str, doc: Doc) -> Doc:
        """Answer `namespaces/NAME/finalize`: take the finalizers given."""
        kind = self._api.kind("v1", "Namespace")
        before = self._api.entry(kind, "", name).doc
        after = before | {"spec": doc.get("spec") or {}}
        self._api.put(kind, before, after)
        return self._api.versioned(after, kind)

    def _empty(self, namespace: str) -> None:
        for resource in self._api.store.resources_in(namespace):
            kinds = self._api.registry.of_resource(resource)
            for entry in self._api.store.scan(resource, namespace) if kinds else ():
                if self._api.store.get(resource, namespace, name_of(entry.doc)):
                    self.delete(kinds[0], namespace, name_of(entry.doc), Deletion())
        self._close(namespace)

    def _close(self, namespace: str) -> None:
        entry = self._api.store.get(_NAMESPACES, "", namespace)
        if entry is None or "deletionTimestamp" not in entry.doc["metadata"]:
            return
        held = entry.doc["metadata"].get("finalizers")
        if not held and not self._api.store.resources_in(namespace):
            self._api.forget(self._api.kind("v1", "Namespace"), entry.doc)

    def _watch_namespaces(self, kind: Kind, before: Doc | None, after: Doc | None) -> None:
        if after is None and before is not None and kind.namespaced:
            self._close(namespace_of(before))
        elif after is not None and kind.resource == _NAMESPACES and before is not None:
            self._close(name_of(after))

    def _watch_owners(self, kind: Kind, before: Doc | None, after: Doc | None) -> None:
        doc: Any = after or before
        place = (kind.resource, namespace_of(doc), name_of(doc))
        for uid in _owners(before) - _owners(after):
            self._dependents.get(uid, set()).discard(place)
        for uid in _owners(after) - _owners(before):
            self._dependents.setdefault(uid, set()).add(place)
        if after is None and before is not None:
            self._collect(before["metadata"]["uid"])

    def _collect(self, uid: str) -> None:
        for resource, namespace, name in sorted(self._dependents.pop(uid, ())):
            entry = self._api.store.get(resource, namespace, name)
            kinds = self._api.registry.of_resource(resource)
            if entry is None or not kinds:
                continue
            left = [
                owner
                for owner in entry.doc["metadata"]["ownerReferences"]
                if owner.get("uid") != uid
            ]
            if left:
                self._disown(kinds[0], entry.doc, left)
            else:
                self.delete(kinds[0], namespace, name, Deletion())

    def _orphan(self, uid: str) -> None:
        for resource, namespace, name in sorted(self._dependents.get(uid, ())):
            entry = self._api.store.get(resource, namespace, name)
            kinds = self._api.registry.of_resource(resource)
            if entry is not None and kinds:
                owners = entry.doc["metadata"].get("ownerReferences") or ()
                left = [owner for owner in owners if owner.get("uid") != uid]
                self._disown(kinds[0], entry.doc, left)

    def _disown(self, kind: Kind, doc: Doc, left: list[Doc]) -> None:
        metadata = {
            key: value for key, value in doc["metadata"].items() if key != "ownerReferences"
        }
        if left:
            metadata["ownerReferences"] = left
        self._api.put(kind, doc, doc | {"metadata": metadata})


def _owners(doc: Doc | None) -> set[str]:
    return {owner.get("uid", "") for owner in dig(doc, "metadata", "ownerReferences") or ()}


def _preconditions(kind: Kind, doc: Doc, how: Deletion) -> None:
    metadata = doc["metadata"]
    if how.uid and how.uid != metadata["uid"]:
        raise stale(kind.resource, name_of(doc))
    if how.resource_version and how.resource_version != metadata["resourceVersion"]:
        raise stale(kind.resource, name_of(doc))
