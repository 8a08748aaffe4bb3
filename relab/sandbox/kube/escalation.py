"""Nobody gives away rights that they do not have themselves."""

from itertools import product

from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import MASTERS, Doc, User, dig, name_of, namespace_of
from relab.sandbox.kube.paths import Asked
from relab.sandbox.kube.rbac import (
    BINDINGS,
    CLUSTER_BINDINGS,
    CLUSTER_ROLES,
    GROUP,
    ROLES,
    Authorizer,
    compiled,
    role_rules,
)
from relab.sandbox.kube.status import forbidden
from relab.sandbox.kube.store import Store
from relab.sandbox.kube.writes import Write


class Escalation:
    """Admission of roles and bindings written by users."""

    def __init__(self, store: Store, authorizer: Authorizer) -> None:
        self._store = store
        self._authorizer = authorizer

    def admit(self, kind: Kind, before: Doc | None, doc: Doc, write: Write) -> None:
        """Refuse a role or binding whose rules the writer does not hold; raises 403."""
        user = write.user
        if user is None or write.trusted or MASTERS in user.groups:
            return
        space, name = namespace_of(doc), name_of(doc)
        if kind.resource in (ROLES, CLUSTER_ROLES):
            if before is not None and before.get("rules") == doc.get("rules"):
                return
            rules, right = (
                doc.get("rules") or [],
                Asked("escalate", GROUP, kind.plural, space, name),
            )
        elif kind.resource in (BINDINGS, CLUSTER_BINDINGS):
            rules = role_rules(self._store, doc.get("roleRef"), space)
            plural = "roles" if dig(doc, "roleRef", "kind") == "Role" else "clusterroles"
            right = Asked("bind", GROUP, plural, space, str(dig(doc, "roleRef", "name") or ""))
        else:
            return
        if not self._authorizer.allows(user, right):
            self._compare(kind, doc, user, rules)

    def _compare(self, kind: Kind, doc: Doc, user: User, rules: list[Doc]) -> None:
        held = [compiled(rule) for rule in self._authorizer.rules(user, namespace_of(doc))]
        missing = [
            rule
            for rule in rules
            if not all(any(one.allows(wanted) for one in held) for wanted in _parts(rule))
        ]
        if missing:
            groups = " ".join(f'"{group}"' for group in user.groups)
            listed = "\n".join(_shown(rule) for rule in missing)
            why = (
                f'user "{user.name}" (groups=[{groups}]) is attempting to grant RBAC permissions'
                f" not currently held:\n{listed}"
            )
            raise forbidden(kind.resource, name_of(doc), why)


def _parts(rule: Doc) -> list[Asked]:
    """Return the single rights a rule stands for."""
    verbs = rule.get("verbs") or ()
    if rule.get("nonResourceURLs"):
        return [Asked(verb, path=url) for verb, url in product(verbs, rule["nonResourceURLs"])]
    groups, resources = rule.get("apiGroups") or (), rule.get("resources") or ()
    names = rule.get("resourceNames") or ("",)
    return [
        Asked(verb, group, resource, name=name)
        for verb, group, resource, name in product(verbs, groups, resources, names)
    ]


def _shown(rule: Doc) -> str:
    keys = {"apiGroups": "APIGroups", "resources": "Resources", "verbs": "Verbs"}
    parts = [
        f"{title}:[" + " ".join(f'"{value}"' for value in rule[key]) + "]"
        for key, title in keys.items()
        if rule.get(key)
    ]
    return "{" + ", ".join(parts) + "}"
