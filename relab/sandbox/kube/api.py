"""The verbs of the API on documents: read, create, update, patch, apply.

Neither HTTP nor users' rights are known here.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from relab.sandbox.kube import managed
from relab.sandbox.kube.apply import server_side
from relab.sandbox.kube.builtin import BUILTIN
from relab.sandbox.kube.kinds import Kind, Registry
from relab.sandbox.kube.managed import Owner
from relab.sandbox.kube.model import Doc, clone, dig, name_of, namespace_of
from relab.sandbox.kube.models import shape_of
from relab.sandbox.kube.patch import json_patch, merge_patch, strategic
from relab.sandbox.kube.shapes import ANY, Shape
from relab.sandbox.kube.status import (
    ApiError,
    already_exists,
    bad_request,
    forbidden,
    nameless,
    not_found,
    unsupported_media,
)
from relab.sandbox.kube.store import Entry, Store
from relab.sandbox.kube.writes import Write, born, carried, fitted, named

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
PATCHES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)

Reaction = Callable[[Kind, Doc | None, Doc | None], None]
Admission = Callable[[Kind, Doc | None, Doc, Write], None]


class Api:
    """All verbs over one store; every stored change is shown to the reactions, one at a time."""

    def __init__(self, window: int = 1000) -> None:
        self.registry = Registry(BUILTIN)
        self.store = Store(window)
        self.shapes: dict[tuple[str, str], Shape] = {}
        self.reactions: list[Reaction] = []
        self.admission: list[Admission] = []
        self._changes: deque[tuple[Kind, Doc | None, Doc | None]] = deque()
        self._settling = False

    def shape(self, kind: Kind) -> Shape:
        """Return the shape of a kind's documents."""
        if kind.model:
            return shape_of(kind.model)
        return self.shapes.get((kind.api_version, kind.kind), ANY)

    def entry(self, kind: Kind, namespace: str, name: str) -> Entry:
        """Return a stored object; raises 404."""
        found = self.store.get(kind.resource, namespace, name)
        if found is None:
            raise not_found(kind.resource, name)
        return found

    def get(self, kind: Kind, namespace: str, name: str) -> Doc:
        """Return a copy of an object at the kind's version; raises 404."""
        return self.versioned(self.entry(kind, namespace, name).doc, kind)

    def versioned(self, doc: Doc, kind: Kind) -> Doc:
        """Return a copy of a document that says the kind's apiVersion."""
        return {"apiVersion": kind.api_version, "kind": kind.kind} | {
            key: clone(value) for key, value in doc.items() if key not in ("apiVersion", "kind")
        }

    def create(self, kind: Kind, namespace: str, doc: Doc, write: Write) -> Doc:
        """Store a new object and return it; raises 400, 403, 404, 409 or 422."""
        owner = Owner(write.manager, "Update", kind.api_version)
        return self._create(kind, namespace, doc, write, owner)

    def _create(
        self, kind: Kind, namespace: str, doc: Doc, write: Write, owner: Owner | None
    ) -> Doc:
        shape = self.shape(kind)
        fresh = fitted(_with_metadata(doc), kind, shape, write)
        fresh["metadata"] = dict(fresh["metadata"])
        if fresh["metadata"].get("resourceVersion"):
            raise bad_request("resourceVersion should not be set on objects to be created")
        named(fresh, kind, namespace)
        if self.store.get(kind.resource, namespace_of(fresh), name_of(fresh)):
            raise already_exists(kind.resource, name_of(fresh))
        self._namespace_open(kind, fresh)
        born(fresh, kind, write)
        for admit in self.admission:
            admit(kind, None, fresh, write)
        if owner is not None:
            fresh["metadata"].pop("managedFields", None)
            managed.record_update(None, fresh, shape, owner)
        return self._commit(kind, None, fresh, write)

    def _namespace_open(self, kind: Kind, doc: Doc) -> None:
        if not kind.namespaced:
            return
        namespace = namespace_of(doc)
        home = self.store.get(("", "namespaces"), "", namespace)
        if home is None:
            raise not_found(("", "namespaces"), namespace)
        if "deletionTimestamp" in home.doc["metadata"]:
            why = (
                f"unable to create new content in namespace {namespace}"
                " because it is being terminated"
            )
            raise forbidden(kind.resource, name_of(doc), why)

    def update(
        self, kind: Kind, namespace: str, name: str, doc: Doc, write: Write, subresource: str = ""
    ) -> Doc:
        """Replace an object, or only its status; raises 400, 404, 409 or 422."""
        before = self.entry(kind, namespace, name).doc
        proposed = _with_metadata(doc)
        owner = Owner(write.manager, "Update", kind.api_version, subresource)
        return self._replace(kind, before, proposed, write, owner)

    def _replace(
        self, kind: Kind, before: Doc, proposed: Doc, write: Write, owner: Owner | None
    ) -> Doc:
        if (owner is None or owner.subresource != "status") and kind.resource == ("", "namespaces"):
            proposed = {"spec": before.get("spec", {})} | proposed
        shape = self.shape(kind)
        fit = fitted(proposed, kind, shape, write)
        if owner is not None and owner.subresource == "status":
            after = _only_status(before, fit, kind, write)
        else:
            after = carried(before, fit, kind, write)
        for admit in self.admission:
            admit(kind, before, after, write)
        return self._finish(kind, before, after, write, owner)

    def _finish(
        self, kind: Kind, before: Doc, after: Doc, write: Write, owner: Owner | None
    ) -> Doc:
        same = _bare(before) == _bare(after)
        if owner is not None:
            managed.record_update(before, after, self.shape(kind), owner)
        if same and _claims(before) == _claims(after):
            return self.versioned(before, kind)
        return self._commit(kind, before, after, write)

    def patch(  # noqa: PLR0913, PLR0917 - what a PATCH request line says
        self,
        kind: Kind,
        namespace: str,
        name: str,
        body: Any,
        media: str,
        write: Write,
        subresource: str = "",
    ) -> Doc:
        """Change an object by one of the four patch formats; apply creates it if need be."""
        if media == APPLY_PATCH:
            return self.apply(kind, namespace, name, body, write, subresource)
        before = self.entry(kind, namespace, name).doc
        live = self.versioned(before, kind)
        proposed = self._patched(kind, live, body, media)
        if not isinstance(proposed.get("metadata"), dict):
            raise nameless(name)
        owner = Owner(write.manager, "Update", kind.api_version, subresource)
        return self._replace(kind, before, proposed, write, owner)

    def _patched(self, kind: Kind, live: Doc, body: Any, media: str) -> Doc:
        if media == JSON_PATCH:
            return json_patch(live, body)
        if not isinstance(body, dict):
            raise bad_request("error decoding patch: the patch is not an object")
        if media == MERGE_PATCH:
            result: Doc = merge_patch(live, body)
            return result
        if media == STRATEGIC_PATCH and not kind.custom:
            merged: Doc = strategic(live, body, self.shape(kind))
            return merged
        raise unsupported_media(media, [one for one in PATCHES if one != STRATEGIC_PATCH])

    def apply(
        self, kind: Kind, namespace: str, name: str, body: Any, write: Write, subresource: str = ""
    ) -> Doc:
        """Server-side apply; raises 409 on a conflict unless `write.force`."""
        if not isinstance(body, dict):
            raise bad_request("error decoding applied configuration: it is not an object")
        applied = _with_metadata(body)
        if dig(applied, "metadata", "managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        found = self.store.get(kind.resource, namespace, name)
        if found is None and not applied["metadata"].get("name"):
            raise nameless(name)
        applied["metadata"].setdefault("name", name)
        shape = self.shape(kind)
        lean = _said(applied, fitted(applied, kind, shape, write))
        owner = Owner(write.manager, "Apply", kind.api_version, subresource)
        if found is None:
            if subresource:
                raise not_found(kind.resource, name)
            merged = server_side(None, lean, shape, owner, force=True)
            return self._create(kind, namespace, merged, write, None)
        live = self.versioned(found.doc, kind)
        merged = server_side(live, lean, shape, owner, force=write.force)
        if subresource == "status":
            return self._apply_status(kind, found.doc, merged, write)
        return self._replace(kind, found.doc, merged, write, None)

    def _apply_status(self, kind: Kind, before: Doc, merged: Doc, write: Write) -> Doc:
        fit = fitted(merged, kind, self.shape(kind), write)
        after = _only_status(before, fit, kind, write)
        managed.write(after, managed.read(merged))
        return self._finish(kind, before, after, write, None)

    def _commit(self, kind: Kind, before: Doc | None, after: Doc, write: Write) -> Doc:
        if write.dry_run:
            shown = self.versioned(after, kind)
            shown["metadata"].setdefault("resourceVersion", "")
            return shown
        finished = "deletionTimestamp" in after["metadata"] and not after["metadata"].get(
            "finalizers"
        )
        if finished and kind.resource != ("", "namespaces"):
            self.forget(kind, after)
            return self.versioned(after, kind)
        after["metadata"] = dict(after["metadata"])
        self.store.put(kind.resource, after)
        self.changed(kind, before, after)
        return self.versioned(after, kind)

    def forget(self, kind: Kind, doc: Doc) -> None:
        """Remove an object from the store for good and let the reactions see it."""
        self.store.remove(kind.resource, namespace_of(doc), name_of(doc))
        self.changed(kind, doc, None)

    def put(self, kind: Kind, before: Doc, after: Doc) -> None:
        """Store a version that the server itself made, such as a controller's status."""
        after = after | {"metadata": dict(after["metadata"])}
        self.store.put(kind.resource, after)
        self.changed(kind, before, after)

    def changed(self, kind: Kind, before: Doc | None, after: Doc | None) -> None:
        """Queue a change for the reactions, and run the queue unless it runs already."""
        self._changes.append((kind, before, after))
        if self._settling:
            return
        self._settling = True
        try:
            for change in self._pending():
                for reaction in self.reactions:
                    reaction(*change)
        finally:
            self._settling = False

    def _pending(self) -> Iterator[tuple[Kind, Doc | None, Doc | None]]:
        while self._changes:
            yield self._changes.popleft()

    def kind(self, api_version: str, kind: str) -> Kind:
        """Return a served kind by name; raises 404 for one that is not served."""
        found = self.registry.named(api_version, kind)
        if found is None:
            message = f'no matches for kind "{kind}" in version "{api_version}"'
            raise ApiError(404, "NotFound", message)
        return found


def _with_metadata(doc: Doc) -> Doc:
    if not isinstance(doc, dict):
        raise bad_request("the body of the request is not an object")
    metadata = doc.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise bad_request("json: cannot unmarshal metadata into Go struct field ObjectMeta")
    return doc | {"metadata": dict(metadata)}


def _bare(doc: Doc) -> Doc:
    skipped = ("managedFields", "resourceVersion")
    metadata = {key: value for key, value in doc["metadata"].items() if key not in skipped}
    return {key: value for key, value in doc.items() if key != "apiVersion"} | {
        "metadata": metadata
    }


def _claims(doc: Doc) -> Sequence[Doc]:
    entries = doc["metadata"].get("managedFields") or ()
    return [{key: value for key, value in entry.items() if key != "time"} for entry in entries]


def _only_status(before: Doc, proposed: Doc, kind: Kind, write: Write) -> Doc:
    carried(
        before,
        proposed | {key: before[key] for key in before if key not in ("metadata", "status")},
        kind,
        write,
    )
    after = before | {"metadata": dict(before["metadata"])}
    given = proposed["metadata"].get("managedFields")
    if given is not None:
        after["metadata"]["managedFields"] = given
    if "status" in proposed:
        return after | {"status": proposed["status"]}
    return {key: value for key, value in after.items() if key != "status"}


def _said(applied: Any, fit: Any) -> Any:
    """Return the fitted form of only those fields that the caller wrote, without defaults."""
    if isinstance(applied, dict) and isinstance(fit, dict):
        return {key: _said(applied[key], fit[key]) for key in fit if key in applied}
    if isinstance(applied, list) and isinstance(fit, list) and len(applied) == len(fit):
        return [_said(one, other) for one, other in zip(applied, fit, strict=True)]
    return fit
