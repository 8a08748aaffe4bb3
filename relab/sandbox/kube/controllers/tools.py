"""What all controllers do: make sure that an object is there and says what it should."""

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.apply import merge
from relab.sandbox.kube.model import Doc, name_of, namespace_of
from relab.sandbox.kube.shapes import ANY
from relab.sandbox.kube.status import ApiError
from relab.sandbox.kube.writes import Write


def ensure(api: Api, doc: Doc, manager: str) -> None:
    """Create `doc`, or lay it over the live object; leaves an ending namespace alone."""
    kind = api.kind(doc["apiVersion"], doc["kind"])
    write = Write(manager=manager, trusted=True)
    live = api.store.get(kind.resource, namespace_of(doc), name_of(doc))
    try:
        if live is None:
            api.create(kind, namespace_of(doc), doc, write)
        else:
            wanted = merge(api.versioned(live.doc, kind), doc, ANY)
            api.update(kind, namespace_of(doc), name_of(doc), wanted, write)
    except ApiError as error:
        if error.code not in (403, 404):
            raise


def set_status(api: Api, api_version: str, kind_name: str, doc: Doc, status: Doc) -> None:
    """Store a new status of an object, unless it says the same already."""
    kind = api.kind(api_version, kind_name)
    live = api.store.get(kind.resource, namespace_of(doc), name_of(doc))
    if live is not None and live.doc.get("status") != status:
        api.put(kind, live.doc, live.doc | {"status": status})
