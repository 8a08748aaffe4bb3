"""POST, PUT, PATCH and DELETE on objects."""

from typing import Any

from aiohttp import web

from relab.sandbox.kube import bodies, tables
from relab.sandbox.kube.api import APPLY_PATCH, PATCHES, Api
from relab.sandbox.kube.call import Call, document_answer
from relab.sandbox.kube.conversions import shown, stored_at, to_stored
from relab.sandbox.kube.deletion import Deleter, Deletion
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, dig, name_of, namespace_of
from relab.sandbox.kube.reading import Reader
from relab.sandbox.kube.status import ApiError, bad_request, unsupported_media
from relab.sandbox.kube.store import Entry


class Writer:
    """Carries out writes and answers in the form the client asked for."""

    def __init__(self, api: Api, deleter: Deleter, reader: Reader) -> None:
        self._api = api
        self._deleter = deleter
        self._reader = reader

    async def create(self, call: Call) -> web.Response:
        """Answer POST to a collection."""
        body, repeated = await call.body()
        write = call.write(repeated)
        kind = stored_at(self._api, call.kind)
        space = call.route.namespace if kind.namespaced else ""
        doc = to_stored(call.kind, with_type(body, call.kind))
        made = self._api.create(kind, space, doc, write)
        return self._answer(call, made, 201)

    async def update(self, call: Call, subresource: str = "") -> web.Response:
        """Answer PUT of an object, or of its status."""
        body, repeated = await call.body()
        write = call.write(repeated)
        kind = stored_at(self._api, call.kind)
        space = call.route.namespace if kind.namespaced else ""
        doc = to_stored(call.kind, with_type(body, call.kind))
        made = self._api.update(kind, space, call.route.name, doc, write, subresource)
        return self._answer(call, made)

    async def patch(self, call: Call, subresource: str = "") -> web.Response:
        """Answer PATCH in any of the four formats; 201 when an apply creates."""
        media = call.media
        if media not in PATCHES:
            raise unsupported_media(media, PATCHES)
        read_as = bodies.YAML if media == APPLY_PATCH else bodies.JSON
        body, repeated = bodies.parse(await call.request.read(), read_as)
        write = call.write(repeated)
        if media == APPLY_PATCH and not call.query.get("fieldManager"):
            raise bad_request(
                'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value:'
                " is required for apply patch"
            )
        kind = stored_at(self._api, call.kind)
        space = call.route.namespace if kind.namespaced else ""
        is_new = self._api.store.get(kind.resource, space, call.route.name) is None
        made = self._api.patch(kind, space, call.route.name, body, media, write, subresource)
        return self._answer(call, made, 201 if is_new else 200)

    async def delete(self, call: Call) -> web.Response:
        """Answer DELETE of one object."""
        how = await deletion_of(call)
        kind = stored_at(self._api, call.kind)
        space = call.route.namespace if kind.namespaced else ""
        return document_answer(self._deleter.delete(kind, space, call.route.name, how))

    async def delete_collection(self, call: Call) -> web.Response:
        """Answer DELETE of all that the selectors choose; returns the list of them."""
        how = await deletion_of(call)
        kind = stored_at(self._api, call.kind)
        entries = self._reader.selected(call)
        for entry in entries:
            if self._api.store.get(kind.resource, namespace_of(entry.doc), name_of(entry.doc)):
                self._deleter.delete(kind, namespace_of(entry.doc), name_of(entry.doc), how)
        head = {"kind": call.kind.listed_as, "apiVersion": call.kind.api_version}
        metadata = {"resourceVersion": str(self._api.store.revision)}
        return document_answer(
            head | {"metadata": metadata, "items": [entry.doc for entry in entries]}
        )

    def _answer(self, call: Call, doc: Doc, code: int = 200) -> web.Response:
        form = call.form
        shown_doc = shown(call.kind, doc)
        if form == "Table":
            entry = Entry(shown_doc, 0)
            shown_doc = self._reader.table(
                call.kind, [entry], {}, call.query.get("includeObject", "Metadata")
            )
        elif form:
            shown_doc = tables.partial(doc)
        return document_answer(shown_doc, code, call.warnings)


def with_type(body: Any, kind: Kind) -> Doc:
    """Return the body with its type; clients may leave out what the path says."""
    if not isinstance(body, dict):
        raise bad_request("the object provided is unrecognized: it is not an object")
    if kind.custom:
        _told_type(body, kind)
    return {"apiVersion": kind.api_version, "kind": kind.kind} | {
        key: value for key, value in body.items() if value is not None
    }


def _told_type(body: Doc, kind: Kind) -> None:
    """Raise 400 unless the body of a custom object says of what kind it is."""
    if not body.get("kind"):
        raise bad_request(
            f"the object provided is unrecognized (must be of type {kind.kind}):"
            " Object 'Kind' is missing"
        )
    given = body.get("apiVersion") or ""
    if given != kind.api_version:
        raise bad_request(
            f"the API version in the data ({given}) does not match"
            f" the expected API version ({kind.api_version})"
        )


async def deletion_of(call: Call) -> Deletion:
    """Return the delete options of a request, from its body or its query."""
    body, _ = await call.body() if call.request.can_read_body else ({}, ())
    options = body if isinstance(body, dict) else {}
    query = call.query
    orphan = options.get("orphanDependents") or query.get("orphanDependents") == "true"
    policy = options.get("propagationPolicy") or query.get("propagationPolicy")
    policy = policy or ("Orphan" if orphan else "Background")
    if policy not in ("Background", "Foreground", "Orphan"):
        message = f'propagationPolicy: Unsupported value: "{policy}"'
        raise ApiError(422, "Invalid", message)
    dry_run = bool(options.get("dryRun")) or query.get("dryRun") == "All"
    uid = str(dig(options, "preconditions", "uid") or "")
    version = str(dig(options, "preconditions", "resourceVersion") or "")
    return Deletion(policy, uid, version, dry_run)
