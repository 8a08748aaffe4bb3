"""GET: one object, a list in pages, and what a watch sends first."""

import base64
import json
from collections.abc import Iterable, Sequence
from functools import lru_cache

from aiohttp import web

from relab.sandbox.kube import tables
from relab.sandbox.kube.api import Api
from relab.sandbox.kube.call import Call, document_answer, json_answer
from relab.sandbox.kube.columns import Column
from relab.sandbox.kube.conversions import as_asked, stored_at
from relab.sandbox.kube.crd import Definitions
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, name_of, namespace_of
from relab.sandbox.kube.selectors import Predicate, selection
from relab.sandbox.kube.status import bad_request, expired
from relab.sandbox.kube.store import Entry, dump


@lru_cache(maxsize=512)
def head_of(kind: Kind) -> bytes:
    """Return the bytes that every object of a kind starts with."""
    return dump({"kind": kind.kind, "apiVersion": kind.api_version})[:-1] + b","


def object_bytes(entry: Entry, kind: Kind) -> bytes:
    """Return an object's JSON at the version of `kind`."""
    converted = as_asked(kind, entry)
    return head_of(kind) + converted.tail


class Reader:
    """Answers reads from the store, in the form each client asks for."""

    def __init__(self, api: Api, definitions: Definitions) -> None:
        self._api = api
        self._definitions = definitions

    def columns(self, kind: Kind) -> Sequence[Column]:
        """Return the table columns of a kind."""
        declared = self._definitions.columns.get((kind.api_version, kind.kind))
        return tables.columns_of(kind, declared)

    def get(self, call: Call) -> web.Response:
        """Answer one object."""
        route = call.route
        space = route.namespace if call.kind.namespaced else ""
        entry = self._api.entry(stored_at(self._api, call.kind), space, route.name)
        form = call.form
        if not form:
            return json_answer(object_bytes(entry, call.kind))
        if form == "Table":
            include = call.query.get("includeObject", "Metadata")
            return document_answer(self.table(call.kind, [entry], {}, include))
        return document_answer(tables.partial(entry.doc))

    def table(
        self,
        kind: Kind,
        entries: Iterable[Entry],
        metadata: Doc,
        include: str,
        *,
        headed: bool = True,
    ) -> Doc:
        """Return entries as a Table; column definitions only when `headed`."""
        columns = self.columns(kind)
        docs = [
            self._api.versioned(entry.doc, kind) if include == "Object" else entry.doc
            for entry in entries
        ]
        rows = [tables.row(doc, columns, include) for doc in docs]
        return tables.table(rows, tables.definitions(columns) if headed else None, metadata)

    def collection(self, call: Call) -> web.Response:
        """Answer a list; `limit` and `continue` page through it."""
        kind = call.kind
        revision(call)
        entries = self.selected(call)
        page, metadata = self._page(entries, call)
        form = call.form
        if form == "Table":
            include = call.query.get("includeObject", "Metadata")
            return document_answer(self.table(kind, page, metadata, include))
        if form:
            items = [tables.partial(entry.doc) for entry in page]
            head = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
            return document_answer(head | {"metadata": metadata, "items": items})
        return json_answer(list_bytes(kind, page, metadata))

    def selected(self, call: Call) -> list[Entry]:
        """Return the entries that namespace and selectors choose."""
        kind = stored_at(self._api, call.kind)
        space = call.route.namespace if kind.namespaced else ""
        entries = self._api.store.scan(kind.resource, space)
        chosen = predicate(call)
        if chosen is None:
            return entries
        return [entry for entry in entries if chosen(entry.doc)]

    def _page(self, entries: list[Entry], call: Call) -> tuple[list[Entry], Doc]:
        now = self._api.store.revision
        limit = number(call.query.get("limit"))
        token = call.query.get("continue", "")
        if token:
            now, after = _resume(token)
            if now < self._api.store.log(stored_at(self._api, call.kind).resource).floor:
                raise expired(
                    "The provided continue parameter is too old to display a consistent list"
                    " result. You must start a new list without the continue parameter."
                )
            entries = [entry for entry in entries if _position(entry) > after]
        metadata: Doc = {"resourceVersion": str(now)}
        if not limit or len(entries) <= limit:
            return entries, metadata
        metadata["continue"] = _token(now, entries[limit - 1])
        if predicate(call) is None:
            metadata["remainingItemCount"] = len(entries) - limit
        return entries[:limit], metadata


def predicate(call: Call) -> Predicate | None:
    """Return what the request's selectors demand, or None."""
    query = call.query
    return selection(
        query.get("labelSelector", ""), query.get("fieldSelector", ""), call.kind.resource
    )


def list_bytes(kind: Kind, entries: Iterable[Entry], metadata: Doc) -> bytes:
    """Return a list's JSON, joined from the bytes kept with each object."""
    # Lists of built-in kinds leave kind and apiVersion out of their items.
    start = head_of(kind) if kind.custom else b"{"
    items = b",".join([start + as_asked(kind, entry).tail for entry in entries])
    head = dump({"kind": kind.listed_as, "apiVersion": kind.api_version, "metadata": metadata})
    return head[:-1] + b',"items":[' + items + b"]}"


def number(text: str | None) -> int:
    """Return a query parameter that is a whole number, 0 where it is absent; raises 400."""
    if not text:
        return 0
    try:
        return max(int(text), 0)
    except ValueError as error:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from error


def revision(call: Call) -> int:
    """Return the request's resource version, 0 where it names none; raises 400."""
    text = call.query.get("resourceVersion") or "0"
    if not text.isdecimal():
        raise bad_request(f'invalid resource version: resourceVersion: Invalid value: "{text}"')
    return int(text)


def _position(entry: Entry) -> list[str]:
    return [namespace_of(entry.doc), name_of(entry.doc)]


def _token(revision: int, last: Entry) -> str:
    return base64.urlsafe_b64encode(dump({"rv": revision, "after": _position(last)})).decode()


def _resume(token: str) -> tuple[int, list[str]]:
    try:
        value = json.loads(base64.urlsafe_b64decode(token))
        return int(value["rv"]), [str(part) for part in value["after"]]
    except (ValueError, KeyError, TypeError) as error:
        raise bad_request("continue key is not valid: it was not made by this server") from error
