"""What is never removed, however much a snapshot lacks it, and why."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from profiles.model import Profile
from relab.resources.expressions import search
from relab.resources.item import Item
from relab.resources.registry import by_name
from relab.resources.writing import known_handles
from restore.aws_needs import Directory, needs
from restore.decide import AWS
from restore.kube_order import is_hidden, kind_of
from snapshot.collect.scope import SHARED
from snapshot.collect.world import World

_OWN_SPACES = frozenset({"default", "kube-node-lease", "kube-public", "kube-system"})
_DEFINITION = "CustomResourceDefinition.apiextensions.k8s.io"
_BINDINGS = frozenset(
    {"ClusterRoleBinding.rbac.authorization.k8s.io", "RoleBinding.rbac.authorization.k8s.io"}
)
_REVIEW = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
# Everybody is in them: a binding to one is nobody's own.
_EVERYBODY = frozenset({"system:authenticated", "system:unauthenticated"})
_SERVICE_ACCOUNT = "system:serviceaccount:"
_LOGIN = "the login that asks is this, or needs it"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the ARN in the account, and the user and groups in the cluster.

    An empty one is not known.
    """

    arn: str
    user: str
    groups: frozenset[str]

    @classmethod
    def of(cls, world: World) -> "Caller":
        """Return who the account and the cluster say that `world` is."""
        told = world.aws.call(world.target, "sts", "GetCallerIdentity", {})
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        seen = world.kube.request(world.kube_target, _REVIEW, body=body)
        info = search("status.userInfo", seen.body) if seen.ok else None
        groups = frozenset((info or {}).get("groups") or ()) - _EVERYBODY
        arn = str(told.body["Arn"]) if told.ok else ""
        return cls(arn, str((info or {}).get("username") or ""), groups)

    @property
    def principal(self) -> tuple[str, str]:
        """Return type and key of the principal: `iam.user` or `iam.role`, and its name."""
        kind, _, rest = self.arn.rpartition(":")[2].partition("/")
        if kind == "assumed-role":
            return "iam.role", rest.partition("/")[0]
        return f"iam.{kind}", rest.rpartition("/")[2]


class Spared:
    """Says of things that a snapshot lacks why they stay nevertheless.

    `vault` is where the vault is, `live` all that stands there, `tenants` those of the plan.
    """

    def __init__(
        self,
        profile: Profile,
        vault: str,
        caller: Caller,
        live: Iterable[Item],
        tenants: Iterable[str],
    ) -> None:
        self._profile = profile
        self._vault = vault
        self._caller = caller
        self._tenants = frozenset(tenants)
        self._needed = frozenset(self._callers([*live]))

    def why(self, item: Item) -> str:
        """Return why `item` stays; empty when it may be removed."""
        if item.tenant not in self._tenants:
            return "it is out of the plan's scope"
        if item.owner:
            return f"it comes and goes with {item.owner}"
        if self.is_callers(item):
            return _LOGIN
        return self._of_account(item) if item.provider == AWS else self._of_cluster(item)

    def why_inside(self, kind: str, key: str) -> str:
        """Return why what is inside the holder `key` stays; empty when it may be removed."""
        return "the vault lies here" if kind == "s3.object" and self._is_vaults(key) else ""

    def is_callers(self, item: Item) -> bool:
        """Tell whether `item` is the login that asks, or what that needs."""
        if item.provider != AWS:
            return self._lets_caller_in(item)
        if not self._caller.arn:
            return item.type.startswith("iam.") or item.type == "eks.access-entry"
        kind, name = self._caller.principal
        mine = (item.type, item.key) == (kind, name) or item.identity in self._needed
        return mine or self._is_of_principal(item, kind, name)

    def _is_of_principal(self, item: Item, kind: str, name: str) -> bool:
        if item.type in ("iam.access-key", "iam.login-profile"):
            return kind == "iam.user" and item.key.partition("/")[0] == name
        if item.type == "eks.access-entry":
            arn = str(known_handles(by_name()[item.type], item)["principalArn"])
            return arn.rpartition("/")[2] == name
        roles = item.document.get("RoleNames") or () if item.type == "iam.instance-profile" else ()
        return kind == "iam.role" and any(row.get("RoleName") == name for row in roles)

    def _callers(self, live: list[Item]) -> Iterator[str]:
        """Yield the identities of what the calls that would make the caller's principal name."""
        directory = Directory(live)
        for item in live:
            if (item.type, item.key) == self._caller.principal:
                found = needs(item, directory)
                yield from found.create | found.configure | found.late

    def _of_account(self, item: Item) -> str:
        kind = by_name()[item.type]
        if kind.stays:
            return kind.stays
        if item.type == "s3.bucket" and self._is_vaults(item.key):
            return "the vault lies here"
        if (item.type, item.key) == ("eks.cluster", self._profile.kubernetes.cluster):
            return "it is the profile's own cluster"
        facts = {**item.observed, **item.document, **known_handles(kind, item)}
        return next((rule.reason for rule in kind.keeps if search(rule.when, facts)), "")

    def _of_cluster(self, item: Item) -> str:
        name = kind_of(item.type)
        space = item.key if name == "Namespace" else item.key.rpartition("/")[0]
        if space in _OWN_SPACES:
            return "it stands in a namespace of the cluster's own"
        platform = space in self._profile.kubernetes.platform_namespaces
        if platform and SHARED not in self._tenants:
            return "it stands in a namespace of the platform"
        if name == _DEFINITION:
            return "with a definition all objects of its kind go, wherever they stand"
        if is_hidden(item):
            return "it may have stood there unread: such are only read when something names them"
        return ""

    def _lets_caller_in(self, item: Item) -> bool:
        name, caller = kind_of(item.type), self._caller
        if name in _BINDINGS:
            subjects = item.document.get("subjects") or ()
            return not caller.user or any(self._is_caller(one) for one in subjects)
        if name not in ("Secret", "ServiceAccount"):
            return False
        space, _, own = item.key.partition("/")
        notes = (item.document.get("metadata") or {}).get("annotations") or {}
        account = notes.get("kubernetes.io/service-account.name") if name == "Secret" else own
        return caller.user == f"{_SERVICE_ACCOUNT}{space}:{account}"

    def _is_caller(self, subject: Mapping[str, Any]) -> bool:
        kind, name = subject.get("kind"), str(subject.get("name"))
        if kind == "ServiceAccount":
            return self._caller.user == f"{_SERVICE_ACCOUNT}{subject.get('namespace')}:{name}"
        return name == self._caller.user if kind == "User" else name in self._caller.groups

    def _is_vaults(self, bucket: str) -> bool:
        return f"{self._vault}/".startswith(f"s3://{bucket}/")
