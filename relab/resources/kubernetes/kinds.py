"""What a cluster serves, from either form of discovery, and which version of each kind is read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Doc = Mapping[str, Any]

BUILTIN_GROUPS = frozenset(
    {
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "extensions",
        "flowcontrol.apiserver.k8s.io",
        "internal.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        "storagemigration.k8s.io",
    }
)
# The same objects under a second group: read once, from the group on the right.
TWINS = {
    "Event.events.k8s.io": "Event",
    "Ingress.extensions": "Ingress.networking.k8s.io",
    "NetworkPolicy.extensions": "NetworkPolicy.networking.k8s.io",
    "DaemonSet.extensions": "DaemonSet.apps",
    "Deployment.extensions": "Deployment.apps",
    "ReplicaSet.extensions": "ReplicaSet.apps",
}


@dataclass(frozen=True, slots=True)
class Served:
    """One kind in one version, as the cluster serves it."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """Return what objects of the kind say in `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def type(self) -> str:
        """Return the type of its items, such as `apps/v1/Deployment`."""
        return f"{self.api_version}/{self.kind}"

    @property
    def name(self) -> str:
        """Return the kind whatever its version, such as `Deployment.apps` or `ConfigMap`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def service(self) -> str:
        """Return the group as the ledger calls it."""
        return self.group or "core"

    @property
    def custom(self) -> bool:
        """Tell whether a CustomResourceDefinition or an added API server brought the kind."""
        return self.group not in BUILTIN_GROUPS

    @property
    def listable(self) -> bool:
        """Tell whether what there is of the kind can be asked for."""
        return "list" in self.verbs

    def path(self, namespace: str = "") -> str:
        """Return the path of the collection, in `namespace` or everywhere."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"
        space = f"/namespaces/{namespace}" if namespace else ""
        return f"{root}{space}/{self.plural}"


@dataclass(frozen=True, slots=True)
class Scheme:
    """The kinds that are read, one version of each; hashable, so that it can travel with tasks."""

    kinds: tuple[Served, ...]

    def find(self, name: str) -> Served | None:
        """Return the kind called `name` (such as `Deployment.apps`); None when it is not served."""
        return _by_name(self).get(name)


@lru_cache(maxsize=16)
def _by_name(scheme: Scheme) -> dict[str, Served]:
    return {kind.name: kind for kind in scheme.kinds}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The kinds to read, and those that show the objects of another kind (`twins`)."""

    scheme: Scheme
    twins: tuple[tuple[Served, str], ...]


def chosen(served: Iterable[Served]) -> Chosen:
    """Return each kind once: from the first version of its group that serves it.

    `served` comes with each group's preferred version first. Of two groups that show the same
    objects, the elder name is a twin.
    """
    first: dict[str, Served] = {}
    for kind in served:
        held = first.get(kind.name)
        if held is None or (kind.listable and not held.listable):
            first[kind.name] = kind
    twins = {name: of for name, of in TWINS.items() if name in first and of in first}
    kept = tuple(kind for name, kind in first.items() if name not in twins)
    return Chosen(Scheme(kept), tuple((first[name], of) for name, of in twins.items()))


def aggregated(body: Doc) -> Iterator[Served]:
    """Yield what an APIGroupDiscoveryList tells, preferred versions first."""
    for group in body.get("items") or ():
        name = (group.get("metadata") or {}).get("name") or ""
        for version in group.get("versions") or ():
            for row in version.get("resources") or ():
                yield _aggregated_row(name, version["version"], row)


def stale(body: Doc) -> Iterator[tuple[str, str]]:
    """Yield group and version of what an APIGroupDiscoveryList could not ask just now."""
    for group in body.get("items") or ():
        name = (group.get("metadata") or {}).get("name") or ""
        for version in group.get("versions") or ():
            if version.get("freshness") == "Stale":
                yield name, version["version"]


def plain(group: str, version: str, body: Doc) -> Iterator[Served]:
    """Yield what the APIResourceList of one group version tells; subresources are left out."""
    for row in body.get("resources") or ():
        if "/" not in row["name"]:
            verbs = tuple(row.get("verbs") or ())
            yield Served(group, version, row["kind"], row["name"], bool(row["namespaced"]), verbs)


def versions(body: Doc) -> Iterator[tuple[str, str]]:
    """Yield group and version of an APIGroupList, preferred versions first."""
    for group in body.get("groups") or ():
        preferred = (group.get("preferredVersion") or {}).get("version")
        names = [row["version"] for row in group.get("versions") or ()]
        for version in sorted(names, key=lambda name: name != preferred):
            yield group["name"], version


def _aggregated_row(group: str, version: str, row: Doc) -> Served:
    answer = row.get("responseKind") or {}
    return Served(
        group,
        version,
        answer.get("kind") or row["resource"],
        row["resource"],
        row["scope"] == "Namespaced",
        tuple(row.get("verbs") or ()),
    )
