"""Aggregated ClusterRoles take their rules from the roles their selectors choose."""

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, dig, name_of
from relab.sandbox.kube.rbac import CLUSTER_ROLES, GROUP, Authorizer
from relab.sandbox.kube.selectors import matches


class RoleController:
    """Recomputes aggregated rules; tells the authorizer of every change to RBAC objects."""

    def __init__(self, api: Api, authorizer: Authorizer) -> None:
        self._api = api
        self._authorizer = authorizer
        api.reactions.append(self._react)

    def _react(self, kind: Kind, before: Doc | None, after: Doc | None) -> None:
        del before, after
        if kind.group != GROUP:
            return
        self._authorizer.forget()
        if kind.resource == CLUSTER_ROLES:
            self._aggregate(kind)

    def _aggregate(self, kind: Kind) -> None:
        roles = [entry.doc for entry in self._api.store.scan(CLUSTER_ROLES)]
        for role in roles:
            selectors = dig(role, "aggregationRule", "clusterRoleSelectors")
            if selectors is None:
                continue
            rules = _chosen(role, roles, selectors)
            if rules != (role.get("rules") or []):
                self._api.put(kind, role, role | {"rules": rules})


def _chosen(role: Doc, roles: list[Doc], selectors: list[Doc]) -> list[Doc]:
    """Return the rules of all selected roles, each rule once."""
    rules: list[Doc] = []
    for other in roles:
        labels = other["metadata"].get("labels") or {}
        if name_of(other) == name_of(role) or not any(matches(one, labels) for one in selectors):
            continue
        rules += [rule for rule in other.get("rules") or () if rule not in rules]
    return rules
