"""Answers in the form a client asked for: plain objects, tables, or metadata only."""

from collections.abc import Iterable, Sequence
from typing import Any

from relab.sandbox.kube.ages import age
from relab.sandbox.kube.columns import AGE, COLUMNS, NAME, PLAIN, Column
from relab.sandbox.kube.jsonpath import find
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc

_META = {"apiVersion": "meta.k8s.io/v1"}
_BORN = ".metadata.creationTimestamp"


def columns_of(kind: Kind, declared: Sequence[Doc] | None) -> Sequence[Column]:
    """Return a kind's columns; `declared` are the printer columns of a custom kind."""
    if not kind.custom:
        return COLUMNS.get(kind.resource, PLAIN)
    if not declared:
        return PLAIN
    return NAME, *(_declared(item) for item in declared)


def _declared(item: Doc) -> Column:
    path, kind = item["jsonPath"], item.get("type", "string")

    def value(doc: Doc) -> Any:
        if path == _BORN:
            return AGE.value(doc)
        found = find(doc, path)
        if not found:
            return None
        if kind == "date":
            return age(found[0])
        return found[0] if len(found) == 1 else ",".join(str(one) for one in found)

    shown = "string" if kind == "date" else kind
    return Column(
        item["name"], value, shown, int(item.get("priority") or 0), "", item.get("description", "")
    )


def definitions(columns: Iterable[Column]) -> list[Doc]:
    """Return the column definitions of a Table."""
    return [
        {
            "name": column.name,
            "type": column.type,
            "format": column.format,
            "description": column.description,
            "priority": column.priority,
        }
        for column in columns
    ]


def row(doc: Doc, columns: Iterable[Column], include: str) -> Doc:
    """Return one table row; `include` is Metadata, Object or None."""
    cells = [column.value(doc) for column in columns]
    if include == "None":
        return {"cells": cells}
    return {"cells": cells, "object": doc if include == "Object" else partial(doc)}


def table(rows: list[Doc], headings: list[Doc] | None, metadata: Doc) -> Doc:
    """Return a Table object."""
    head = {"kind": "Table", **_META, "metadata": metadata}
    return head | {"columnDefinitions": headings, "rows": rows}


def partial(doc: Doc) -> Doc:
    """Return an object's metadata alone."""
    return {"kind": "PartialObjectMetadata", **_META, "metadata": doc["metadata"]}
