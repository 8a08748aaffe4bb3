"""managedFields: who set which field, kept up to date on every write."""

from dataclasses import dataclass
from typing import Any

from relab.sandbox.kube.fields import Path, Values, flatten, from_fields_v1, to_fields_v1
from relab.sandbox.kube.model import Doc, dig, now
from relab.sandbox.kube.shapes import Shape

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Owner:
    """A manager's identity; one that applies and one that updates are two owners."""

    manager: str
    operation: str
    api_version: str
    subresource: str = ""


@dataclass(slots=True)
class Claim:
    """The fields an owner holds, and since when."""

    paths: set[Path]
    time: str


Claims = dict[Owner, Claim]


def read(doc: Doc | None) -> Claims:
    """Return the claims written in an object's metadata; malformed entries are dropped."""
    claims: Claims = {}
    for entry in dig(doc, "metadata", "managedFields") or ():
        if not isinstance(entry, dict) or not entry.get("manager"):
            continue
        owner = Owner(
            entry["manager"],
            entry.get("operation", "Update"),
            entry.get("apiVersion", ""),
            entry.get("subresource", ""),
        )
        claims[owner] = Claim(from_fields_v1(entry.get("fieldsV1")), entry.get("time") or now())
    return claims


def write(doc: Doc, claims: Claims) -> None:
    """Put claims into an object's metadata; owners of nothing are left out."""
    entries = [_entry(owner, claim) for owner, claim in claims.items() if claim.paths]
    doc["metadata"].pop("managedFields", None)
    if entries:
        doc["metadata"]["managedFields"] = entries


def _entry(owner: Owner, claim: Claim) -> Doc:
    entry: Doc = {
        "manager": owner.manager,
        "operation": owner.operation,
        "apiVersion": owner.api_version,
        "time": claim.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": to_fields_v1(claim.paths),
    }
    return entry | ({"subresource": owner.subresource} if owner.subresource else {})


def record_update(before: Doc | None, after: Doc, shape: Shape, owner: Owner) -> None:
    """Give `owner` every field that differs between `before` and `after`, in place."""
    given = dig(after, "metadata", "managedFields")
    claims = read(before) if given is None else read(after)
    old: Values = flatten(before, shape) if before else {}
    new = flatten(after, shape)
    changed = {path for path, value in new.items() if _differs(old.get(path, _MISSING), value)}
    for other in claims.values():
        other.paths = {path for path in other.paths - changed if path in new}
    if changed:
        held = claims.get(owner)
        claims[owner] = Claim((held.paths if held else set()) | changed, now())
    write(after, claims)


def _differs(old: Any, new: Any) -> bool:
    return old is _MISSING or old != new or type(old) is not type(new)
