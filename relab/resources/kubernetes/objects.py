"""An object of a cluster as an item: what restores it, and what others may call it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relab.resources.expressions import render, search
from relab.resources.item import Item
from relab.resources.kubernetes.kinds import Scheme, Served
from relab.resources.kubernetes.moves import SERVICE_ACCOUNT_TOKEN, divided

PROVIDER = "kubernetes"


@dataclass(frozen=True, slots=True)
class Maker:
    """Objects of kind `name` for which `when` holds come back with the `owner` called `key`."""

    name: str
    when: str
    owner: str
    key: str


_PROVISIONED = 'metadata.annotations."pv.kubernetes.io/provisioned-by" && spec.claimRef'
# What is made by somebody who writes no owner reference.
MAKERS: tuple[Maker, ...] = (
    Maker("ConfigMap", "metadata.name=='kube-root-ca.crt'", "Namespace", "{metadata.namespace}"),
    Maker("ConfigMap", "metadata.name=='istio-ca-root-cert'", "Namespace", "{metadata.namespace}"),
    Maker(
        "PersistentVolume",
        _PROVISIONED,
        "PersistentVolumeClaim",
        "{spec.claimRef.namespace}/{spec.claimRef.name}",
    ),
)
# Ids that nothing else has. A static volume's handle is the id of what it stands for, not its own.
IDENTIFIERS: Mapping[str, tuple[str, ...]] = {
    "PersistentVolume": (f"{_PROVISIONED} && [spec.csi.volumeHandle]",),
    "Service": ("status.loadBalancer.ingress[].hostname",),
}
_TOKEN = re.compile(r"(?P<account>.+)-token-[a-z0-9]{5}")


def key_of(meta: Mapping[str, Any]) -> str:
    """Return `namespace/name` or `name` from an object's metadata."""
    space = meta.get("namespace")
    return f"{space}/{meta['name']}" if space else str(meta["name"])


def item_of(
    kind: Served, raw: Mapping[str, Any], scheme: Scheme, cluster: str, tenant: str
) -> Item:
    """Return `raw`, an object of `kind` as a list or a get gave it, as an item of `cluster`."""
    document, observed = divided(kind, raw)
    return Item(
        PROVIDER,
        kind.type,
        cluster,
        key_of(raw["metadata"]),
        document,
        observed,
        tenant,
        owner_of(kind, raw, scheme, cluster),
        _identifiers(kind, raw),
    )


def owner_of(kind: Served, raw: Mapping[str, Any], scheme: Scheme, cluster: str) -> str:
    """Return the identity of what makes `raw` again: its controller, else its first owner."""
    meta = raw["metadata"]
    references = meta.get("ownerReferences") or ()
    if references:
        chosen = next((row for row in references if row.get("controller")), references[0])
        return _referred(chosen, meta.get("namespace") or "", scheme, cluster)
    return _made_by(kind, raw, scheme, cluster)


def _referred(row: Mapping[str, Any], namespace: str, scheme: Scheme, cluster: str) -> str:
    group = row["apiVersion"].rpartition("/")[0]
    kind = scheme.find(f"{row['kind']}.{group}" if group else row["kind"])
    space = namespace if kind is None or kind.namespaced else ""
    name = kind.type if kind else f"{row['apiVersion']}/{row['kind']}"
    return f"{PROVIDER}:{name}:{cluster}:{space}/{row['name']}".replace(":/", ":")


def _made_by(kind: Served, raw: Mapping[str, Any], scheme: Scheme, cluster: str) -> str:
    if kind.name == "Secret" and raw.get("type") == SERVICE_ACCOUNT_TOKEN:
        return _token_owner(raw["metadata"], cluster)
    for rule in MAKERS:
        if rule.name == kind.name and search(rule.when, raw):
            owner = scheme.find(rule.owner)
            type_ = owner.type if owner else f"v1/{rule.owner}"
            return f"{PROVIDER}:{type_}:{cluster}:{render(rule.key, raw)}"
    return ""


def _token_owner(meta: Mapping[str, Any], cluster: str) -> str:
    account = (meta.get("annotations") or {}).get("kubernetes.io/service-account.name")
    found = _TOKEN.fullmatch(meta["name"])
    if not found or found["account"] != account:
        return ""
    return f"{PROVIDER}:v1/ServiceAccount:{cluster}:{meta['namespace']}/{account}"


def _identifiers(kind: Served, raw: Mapping[str, Any]) -> tuple[str, ...]:
    found = [raw["metadata"].get("uid")]
    for expression in IDENTIFIERS.get(kind.name, ()):
        found += search(expression, raw) or []
    return tuple(sorted({str(name) for name in found if name}))
