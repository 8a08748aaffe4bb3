"""Which groups, versions and resources are served: the plain and the aggregated answers."""

from collections.abc import Iterable

from relab.sandbox.kube.kinds import Kind, Registry
from relab.sandbox.kube.model import Doc

VERSION: Doc = {
    "major": "1",
    "minor": "32",
    "gitVersion": "v1.32.4",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "go1.23.6",
    "compiler": "gc",
    "platform": "linux/amd64",
}
# What a subresource takes and gives where that is another kind; its verbs.
_SUBRESOURCES: dict[str, tuple[tuple[str, str, str] | None, tuple[str, ...]]] = {
    "status": (None, ("get", "patch", "update")),
    "scale": (("autoscaling", "v1", "Scale"), ("get", "patch", "update")),
    "finalize": (None, ("update",)),
    "log": (None, ("get",)),
    "proxy": (("", "v1", "{}ProxyOptions"), ("create", "delete", "get", "patch", "update")),
    "portforward": (("", "v1", "PodPortForwardOptions"), ("create", "get")),
    "exec": (("", "v1", "PodExecOptions"), ("create", "get")),
    "binding": (("", "v1", "Binding"), ("create",)),
    "eviction": (("policy", "v1", "Eviction"), ("create",)),
    "ephemeralcontainers": (None, ("get", "patch", "update")),
    "token": (("authentication.k8s.io", "v1", "TokenRequest"), ("create",)),
    "approval": (None, ("get", "patch", "update")),
}


def api_versions(address: str) -> Doc:
    """Return the answer to /api."""
    servers = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": servers}


def group_list(registry: Registry) -> Doc:
    """Return the answer to /apis."""
    groups = [
        group_of(name, versions) for name, versions in registry.group_versions().items() if name
    ]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group_of(name: str, versions: list[str]) -> Doc:
    """Return one APIGroup."""
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def resource_list(kinds: Iterable[Kind], group: str, version: str) -> Doc:
    """Return the APIResourceList of one group version."""
    group_version = f"{group}/{version}" if group else version
    rows = [row for kind in kinds for row in _rows(kind)]
    head = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version}
    return head | {"resources": sorted(rows, key=lambda row: str(row["name"]))}


def _rows(kind: Kind) -> list[Doc]:
    row: Doc = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(kind.verbs),
    }
    if kind.short:
        row["shortNames"] = list(kind.short)
    if kind.categories:
        row["categories"] = list(kind.categories)
    return [row, *(_subrow(kind, name) for name in kind.subresources)]


def _subrow(kind: Kind, name: str) -> Doc:
    other, verbs = _SUBRESOURCES[name]
    row: Doc = {"name": f"{kind.plural}/{name}", "singularName": "", "namespaced": kind.namespaced}
    if other:
        row |= {"group": other[0], "version": other[1]}
    row["kind"] = other[2].format(kind.kind) if other else kind.kind
    return row | {"verbs": list(verbs)}


def aggregated(registry: Registry, *, core: bool) -> Doc:
    """Return an APIGroupDiscoveryList for /api (`core`) or /apis."""
    items = [
        {
            "metadata": {"name": group, "creationTimestamp": None}
            if group
            else {"creationTimestamp": None},
            "versions": [_version(registry, group, version) for version in versions],
        }
        for group, versions in registry.group_versions().items()
        if (not group) is core
    ]
    head = {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}}
    return head | {"items": items}


def _version(registry: Registry, group: str, version: str) -> Doc:
    kinds = [kind for kind in registry if (kind.group, kind.version) == (group, version)]
    return {
        "version": version,
        "resources": [_resource(kind) for kind in kinds],
        "freshness": "Current",
    }


def _resource(kind: Kind) -> Doc:
    row: Doc = {
        "resource": kind.plural,
        "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
    }
    if kind.short:
        row["shortNames"] = list(kind.short)
    if kind.categories:
        row["categories"] = list(kind.categories)
    if kind.subresources:
        row["subresources"] = [_subresource(kind, name) for name in kind.subresources]
    return row


def _subresource(kind: Kind, name: str) -> Doc:
    other, verbs = _SUBRESOURCES[name]
    group, version, answer = other or (kind.group, kind.version, kind.kind)
    response = {"group": group, "version": version, "kind": answer.format(kind.kind)}
    return {"subresource": name, "responseKind": response, "verbs": list(verbs)}
