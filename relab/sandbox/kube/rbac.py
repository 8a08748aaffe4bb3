"""The RBAC authorizer: decisions from the Role, ClusterRole and Binding objects in the store."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from relab.sandbox.kube.model import MASTERS, Doc, User, dig, namespace_of
from relab.sandbox.kube.paths import Asked
from relab.sandbox.kube.status import ApiError, forbidden, path_forbidden
from relab.sandbox.kube.store import Entry, Store

GROUP = "rbac.authorization.k8s.io"
ROLES, CLUSTER_ROLES = (GROUP, "roles"), (GROUP, "clusterroles")
BINDINGS, CLUSTER_BINDINGS = (GROUP, "rolebindings"), (GROUP, "clusterrolebindings")
_CACHE_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy rule with sets for fast membership."""

    verbs: frozenset[str]
    groups: frozenset[str]
    resources: frozenset[str]
    names: frozenset[str]
    urls: frozenset[str]

    def allows(self, wanted: Asked) -> bool:
        """Return whether this rule alone permits what is asked."""
        if not self.verbs & {wanted.verb, "*"}:
            return False
        if wanted.path:
            return any(_covers(url, wanted.path) for url in self.urls)
        subresource = wanted.resource.partition("/")[2]
        fitting = {wanted.resource, "*"} | ({f"*/{subresource}"} if subresource else set())
        if not (self.groups & {wanted.group, "*"} and self.resources & fitting):
            return False
        return not self.names or wanted.name in self.names


def _covers(url: str, path: str) -> bool:
    return path.startswith(url[:-1]) if url.endswith("*") else url == path


def compiled(rule: Doc) -> Rule:
    """Return the fast form of a PolicyRule object."""
    keys = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")
    return Rule(*(frozenset(rule.get(key) or ()) for key in keys))


def _subjects(binding: Doc) -> Iterator[str]:
    for subject in binding.get("subjects") or ():
        name = str(subject.get("name", ""))
        match subject.get("kind"):
            case "ServiceAccount":
                space = subject.get("namespace") or namespace_of(binding)
                yield f"u:system:serviceaccount:{space}:{name}"
            case "Group":
                yield f"g:{name}"
            case _:
                yield f"u:{name}"


class Authorizer:
    """Answers whether a user may do something; the index is rebuilt after RBAC objects change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stale = True
        self._rules: dict[str, dict[str, list[Doc]]] = {}
        self._fast: dict[str, dict[str, list[Rule]]] = {}
        self._decided: dict[tuple[User, Asked], bool] = {}

    def forget(self) -> None:
        """Drop the index; called when an RBAC object changes."""
        self._stale = True

    def allows(self, user: User, wanted: Asked) -> bool:
        """Return whether `user` may do what is asked."""
        if MASTERS in user.groups:
            return True
        self._refresh()
        decision = self._decided.get((user, wanted))
        if decision is None:
            if len(self._decided) >= _CACHE_LIMIT:
                self._decided.clear()
            decision = self._decided[user, wanted] = self._decide(user, wanted)
        return decision

    def _decide(self, user: User, wanted: Asked) -> bool:
        spaces = ("", wanted.namespace) if wanted.namespace else ("",)
        return any(
            rule.allows(wanted)
            for space in spaces
            for subject in _names_of(user)
            for rule in self._fast.get(space, {}).get(subject, ())
        )

    def rules(self, user: User, namespace: str) -> list[Doc]:
        """Return the PolicyRule objects that hold for a user in a namespace and cluster-wide."""
        if MASTERS in user.groups:
            everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
            return [everything, {"verbs": ["*"], "nonResourceURLs": ["*"]}]
        self._refresh()
        spaces = ("", namespace) if namespace else ("",)
        return [
            rule
            for space in spaces
            for subject in _names_of(user)
            for rule in self._rules.get(space, {}).get(subject, ())
        ]

    def _refresh(self) -> None:
        if not self._stale:
            return
        self._stale = False
        self._decided.clear()
        self._rules = {}
        for entry in [*self._store.scan(BINDINGS), *self._store.scan(CLUSTER_BINDINGS)]:
            self._index(entry.doc)
        self._fast = {
            space: {subject: [compiled(rule) for rule in rules] for subject, rules in held.items()}
            for space, held in self._rules.items()
        }

    def _index(self, binding: Doc) -> None:
        space = namespace_of(binding)
        rules = role_rules(self._store, dig(binding, "roleRef"), space)
        held = self._rules.setdefault(space, {})
        for subject in _subjects(binding):
            held.setdefault(subject, []).extend(rules)


def role_rules(store: Store, reference: Any, namespace: str) -> list[Doc]:
    """Return the rules of the role a binding refers to; none when the role is missing."""
    name = str(dig(reference, "name") or "")
    if dig(reference, "kind") == "Role":
        entry: Entry | None = store.get(ROLES, namespace, name)
    else:
        entry = store.get(CLUSTER_ROLES, "", name)
    return list(entry.doc.get("rules") or ()) if entry else []


def _names_of(user: User) -> Iterable[str]:
    return (f"u:{user.name}", *(f"g:{group}" for group in user.groups))


def refusal(user: User, wanted: Asked) -> ApiError:
    """Return the 403 for something a user may not do."""
    if wanted.path:
        return path_forbidden(user.name, wanted.verb, wanted.path)
    where = f'in the namespace "{wanted.namespace}"' if wanted.namespace else "at the cluster scope"
    why = (
        f'User "{user.name}" cannot {wanted.verb} resource "{wanted.resource}"'
        f' in API group "{wanted.group}" {where}'
    )
    return forbidden((wanted.group, wanted.resource.partition("/")[0]), wanted.name, why)
