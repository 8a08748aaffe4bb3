"""Whose a cluster-scoped object is: rules that look for the names of tenants in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from profiles.model import Profile
from profiles.naming import names
from relab.resources.expressions import search
from relab.resources.kubernetes.kinds import Served

_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
SHARED = ""


class Of(StrEnum):
    """What a name that was found names."""

    NAMESPACE = "namespace"
    PROFILE = "profile"
    USER = "user"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Claim:
    """`find` (JMESPath) gives a name, or a list of names, of things `of` this sort."""

    find: str
    of: Of


CLAIMS: Mapping[str, tuple[Claim, ...]] = {
    "Profile.kubeflow.org": (
        Claim("metadata.name", Of.PROFILE),
        Claim("spec.owner.name", Of.USER),
    ),
    f"ClusterRoleBinding.{_RBAC}": (
        Claim("subjects[?kind=='ServiceAccount'].namespace", Of.NAMESPACE),
        Claim("subjects[?kind=='User'].name", Of.USER),
        Claim("subjects[?kind=='Group'].name", Of.GROUP),
    ),
    "PersistentVolume": (Claim("spec.claimRef.namespace", Of.NAMESPACE),),
    f"MutatingWebhookConfiguration.{_ADMISSION}": (
        Claim("webhooks[].clientConfig.service.namespace", Of.NAMESPACE),
    ),
    f"ValidatingWebhookConfiguration.{_ADMISSION}": (
        Claim("webhooks[].clientConfig.service.namespace", Of.NAMESPACE),
    ),
    "APIService.apiregistration.k8s.io": (Claim("spec.service.namespace", Of.NAMESPACE),),
}
# Few, and the whole platform's: all of them that are not the cluster's own.
EVERY = frozenset(
    {
        "CustomResourceDefinition.apiextensions.k8s.io",
        "PriorityClass.scheduling.k8s.io",
        "IngressClass.networking.k8s.io",
        "RuntimeClass.node.k8s.io",
        f"ValidatingAdmissionPolicy.{_ADMISSION}",
        f"ValidatingAdmissionPolicyBinding.{_ADMISSION}",
        f"MutatingAdmissionPolicy.{_ADMISSION}",
        f"MutatingAdmissionPolicyBinding.{_ADMISSION}",
    }
)


@dataclass(frozen=True, slots=True)
class Naming:
    """Objects of the kind `target` are taken when one that is taken names them.

    `sources` are kinds, each with the JMESPath of the name or names in it. A taken one whose
    `selectors` (JMESPath, label selectors) choose others brings those, too.
    """

    target: str
    sources: Mapping[str, str]
    selectors: str = ""


_ROLE = "roleRef.kind=='ClusterRole' && roleRef.name || `null`"
NAMINGS: tuple[Naming, ...] = (
    Naming(
        f"ClusterRole.{_RBAC}",
        {f"RoleBinding.{_RBAC}": _ROLE, f"ClusterRoleBinding.{_RBAC}": _ROLE},
        "aggregationRule.clusterRoleSelectors",
    ),
    Naming(
        "StorageClass.storage.k8s.io",
        {
            "PersistentVolumeClaim": "spec.storageClassName",
            "PersistentVolume": "spec.storageClassName",
        },
    ),
)
# Without them nothing that is taken can be put back.
NEEDED = frozenset({"CustomResourceDefinition.apiextensions.k8s.io"})
_OWN_NAMES = ("system:", "system-", "eks:", "eks-")
OWN = "the cluster's own: it is there from the start"
NO_RULE = "no rule says whose such an object is"


@dataclass(frozen=True, slots=True)
class Roster:
    """The names by which a profile's tenants are known, and whose each is (`SHARED`: nobody's)."""

    namespaces: Mapping[str, str]
    profiles: Mapping[str, str]
    users: Mapping[str, str]

    def owner(self, of: Of, name: str) -> str | None:
        """Return whose `name` is, None when it is nobody's that the profile knows."""
        if name.startswith("system:serviceaccount"):
            return self.namespaces.get(name.split(":")[2]) if name.count(":") > 1 else None
        if of is Of.GROUP:
            # Profiles name no groups: those that the cluster does not bring are the platform's.
            return None if name.startswith(_OWN_NAMES) else SHARED
        known = {Of.NAMESPACE: self.namespaces, Of.PROFILE: self.profiles, Of.USER: self.users}
        return known[of].get(name)


def roster(profile: Profile) -> Roster:
    """Return the names in `profile`."""
    people = [names(profile, tenant) for tenant in profile.tenants]
    return Roster(
        namespaces=dict.fromkeys(profile.kubernetes.platform_namespaces, SHARED)
        | {space: one.number for one in people for space in one.namespaces},
        profiles={name: one.number for one in people for name in one.profiles},
        users={name: one.number for one in people for name in (one.owner, one.user)},
    )


def own(kind: Served, raw: Mapping[str, Any]) -> str:
    """Return why `raw` is the cluster's own and not to be captured; empty when it is not."""
    meta = raw["metadata"]
    boot = "kubernetes.io/bootstrapping" in (meta.get("labels") or {})
    named = not kind.custom and meta["name"].startswith(_OWN_NAMES)
    return OWN if boot or named else ""


def owners(kind: Served, raw: Mapping[str, Any], known: Roster) -> frozenset[str]:
    """Return the tenants (`SHARED` among them) that claim `raw`; empty when nobody does."""
    found: set[str] = set()
    for claim in CLAIMS.get(kind.name, ()):
        for name in _texts(search(claim.find, raw)):
            owner = known.owner(claim.of, name)
            found |= set() if owner is None else {owner}
    return frozenset(found)


def named(expression: str, raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names that `expression` finds in `raw`."""
    return tuple(_texts(search(expression, raw)))


def has_rule(kind: Served) -> bool:
    """Tell whether any object of `kind`, which is cluster-scoped, is ever taken."""
    ruled = kind.name in CLAIMS or kind.name in EVERY or kind.name == "Namespace"
    return kind.custom or ruled or is_named(kind)


def is_named(kind: Served) -> bool:
    """Tell whether objects of `kind` are taken because something names them."""
    return any(row.target == kind.name for row in NAMINGS)


def with_selected(
    rule: Naming, names: Iterable[str], every: Mapping[str, Mapping[str, Any]]
) -> frozenset[str]:
    """Return those of `names` that are among `every`, and what they select in turn."""
    found: set[str] = set()
    waiting = [name for name in names if name in every]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _selected(rule, every[name], every)
    return frozenset(found)


def _selected(
    rule: Naming, raw: Mapping[str, Any], every: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    chosen = search(rule.selectors, raw) if rule.selectors else None
    return [
        name
        for name, other in every.items()
        for selector in chosen or ()
        if matches(selector, other["metadata"].get("labels") or {})
    ]


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Tell whether a label `selector` object chooses `labels`."""
    equal = selector.get("matchLabels") or {}
    return all(labels.get(key) == text for key, text in equal.items()) and all(
        _holds(row, labels) for row in selector.get("matchExpressions") or ()
    )


def _holds(row: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    there = row["key"] in labels
    among = there and labels[row["key"]] in (row.get("values") or ())
    return {"In": among, "NotIn": not among, "Exists": there}.get(row["operator"], not there)


def _texts(found: Any) -> Iterable[str]:
    rows = found if isinstance(found, list) else [found]
    return [row for row in rows if isinstance(row, str) and row]
