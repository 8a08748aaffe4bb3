"""One kind served under two groups: events, stored as core/v1 and shown as events.k8s.io/v1 too."""

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc
from relab.sandbox.kube.store import Entry

_GROUP = "events.k8s.io"
# Field of events.k8s.io/v1 -> field of core/v1.
_RENAMED = {
    "regarding": "involvedObject",
    "note": "message",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
    "reportingController": "reportingComponent",
}
_BACK = {core: other for other, core in _RENAMED.items()}


def stored_at(api: Api, kind: Kind) -> Kind:
    """Return the kind under which objects of `kind` are stored."""
    return api.kind("v1", "Event") if kind.group == _GROUP else kind


def to_stored(kind: Kind, doc: Doc) -> Doc:
    """Return a document as it is stored."""
    if kind.group != _GROUP:
        return doc
    renamed = {_RENAMED.get(key, key): value for key, value in doc.items()}
    return renamed | {"apiVersion": "v1", "kind": "Event"}


def as_asked(kind: Kind, entry: Entry) -> Entry:
    """Return an entry whose document has the fields of `kind`."""
    return Entry(shown(kind, entry.doc), entry.revision) if kind.group == _GROUP else entry


def shown(kind: Kind, doc: Doc) -> Doc:
    """Return a stored document with the field names of `kind`."""
    if kind.group != _GROUP:
        return doc
    renamed = {_BACK.get(key, key): value for key, value in doc.items()}
    head = {"apiVersion": kind.api_version, "kind": kind.kind, "eventTime": doc.get("eventTime")}
    return renamed | head
