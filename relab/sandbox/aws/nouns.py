"""What moto lacks of EKS and ECR, as data: each kind of thing, its calls and its own members.

A stored thing is one document with every member that any answer shows; what an answer shows of it
is what botocore's output shape has a place for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Here:
    """Where a call happens: its partition, region and account; `new_id` makes a random id."""

    partition: str
    region: str
    account: str
    new_id: Callable[[], str]

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of `resource`."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A kind of thing: the names of its calls, and how answers hold it.

    `key` names the members that no two of a kind share; `handle` those that calls name one by,
    when they are others. `one` is the output member that holds it (empty: the answer is the thing)
    and `many` the one of the listing, with `row` (JMESPath) of each. `select` names the listing's
    member that holds the wanted keys; any other filter is called as the member that it is about, or
    stands in `having`: filter -> (kind of part, its member). `made` gives what the caller did not,
    `updated` the answer to an update where it is not the thing. `parts` go with it: kind -> (its
    member, their member). Without `exists` (an error code) a second one replaces the first.
    """

    name: str
    service: str
    key: tuple[str, ...]
    handle: tuple[str, ...] = ()
    create: str
    describe: str = ""
    list: str
    update: str = ""
    delete: str
    one: str = ""
    many: str
    row: str = "@"
    select: str = ""
    having: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    within: str = ""
    made: Callable[[Doc, Here], Doc]
    updated: Callable[[Doc, Here], Doc] | None = None
    parts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    exists: str = "ResourceInUseException"
    missing: str = "ResourceNotFoundException"

    @property
    def names(self) -> tuple[str, ...]:
        """The members by which calls name one."""
        return self.handle or self.key


def _addon(given: Doc, here: Here) -> Doc:
    path = f"addon/{given['clusterName']}/{given['addonName']}/{here.new_id()}"
    return {
        "addonVersion": _VERSIONS.get(given["addonName"], "v1.0.0-eksbuild.1"),
        "addonArn": here.arn("eks", path),
        "status": "ACTIVE",
        "health": {"issues": []},
        "tags": {},
    }


def _update(given: Doc, here: Here) -> Doc:
    told = {"id": here.new_id(), "status": "Successful", "type": "AddonUpdate", "errors": []}
    version = [{"type": "AddonVersion", "value": given["addonVersion"]}]
    return {"update": {**told, "params": version, "createdAt": given["modifiedAt"]}}


def _entry(given: Doc, here: Here) -> Doc:
    principal = given["principalArn"]
    kind, _, name = principal.rpartition(":")[2].partition("/")
    path = f"access-entry/{given['clusterName']}/{kind}/{here.account}/{name}/{here.new_id()}"
    session = here.arn("sts", f"assumed-role/{name.rpartition('/')[2]}/{{{{SessionName}}}}")
    return {
        "accessEntryArn": here.arn("eks", path),
        "kubernetesGroups": [],
        "username": session.replace(f":{here.region}:", "::") if kind == "role" else principal,
        "type": "STANDARD",
        "tags": {},
    }


def _policy(_: Doc, __: Here) -> Doc:
    return {}


def _association(given: Doc, here: Here) -> Doc:
    number = f"a-{here.new_id().replace('-', '')[:17]}"
    path = f"podidentityassociation/{given['clusterName']}/{number}"
    return {
        "associationId": number,
        "associationArn": here.arn("eks", path),
        "disableSessionTags": False,
        "tags": {},
    }


def _rule(given: Doc, here: Here) -> Doc:
    host = given["upstreamRegistryUrl"]
    named = _UPSTREAMS.get(host)
    return {"registryId": here.account, **({"upstreamRegistry": named} if named else {})}


_VERSIONS = {
    "vpc-cni": "v1.19.2-eksbuild.1",
    "coredns": "v1.11.4-eksbuild.2",
    "kube-proxy": "v1.32.0-eksbuild.2",
    "eks-pod-identity-agent": "v1.3.4-eksbuild.1",
    "aws-ebs-csi-driver": "v1.40.0-eksbuild.1",
}
_UPSTREAMS = {
    "registry-1.docker.io": "docker-hub",
    "public.ecr.aws": "ecr-public",
    "quay.io": "quay",
    "registry.k8s.io": "k8s",
}

NOUNS = (
    Noun(
        name="addon",
        service="eks",
        key=("clusterName", "addonName"),
        create="CreateAddon",
        describe="DescribeAddon",
        list="ListAddons",
        update="UpdateAddon",
        delete="DeleteAddon",
        one="addon",
        many="addons",
        row="addonName",
        made=_addon,
        updated=_update,
        parts={"association": ("addonArn", "ownerArn")},
    ),
    Noun(
        name="entry",
        service="eks",
        key=("clusterName", "principalArn"),
        create="CreateAccessEntry",
        describe="DescribeAccessEntry",
        list="ListAccessEntries",
        update="UpdateAccessEntry",
        delete="DeleteAccessEntry",
        one="accessEntry",
        many="accessEntries",
        row="principalArn",
        having={"associatedPolicyArn": ("policy", "policyArn")},
        made=_entry,
        parts={"policy": ("principalArn", "principalArn")},
    ),
    Noun(
        name="policy",
        service="eks",
        key=("clusterName", "principalArn", "policyArn"),
        create="AssociateAccessPolicy",
        list="ListAssociatedAccessPolicies",
        delete="DisassociateAccessPolicy",
        one="associatedAccessPolicy",
        many="associatedAccessPolicies",
        within="entry",
        made=_policy,
        exists="",
    ),
    Noun(
        name="association",
        service="eks",
        key=("clusterName", "namespace", "serviceAccount"),
        handle=("clusterName", "associationId"),
        create="CreatePodIdentityAssociation",
        describe="DescribePodIdentityAssociation",
        list="ListPodIdentityAssociations",
        update="UpdatePodIdentityAssociation",
        delete="DeletePodIdentityAssociation",
        one="association",
        many="associations",
        made=_association,
    ),
    Noun(
        name="rule",
        service="ecr",
        key=("ecrRepositoryPrefix",),
        create="CreatePullThroughCacheRule",
        list="DescribePullThroughCacheRules",
        update="UpdatePullThroughCacheRule",
        delete="DeletePullThroughCacheRule",
        many="pullThroughCacheRules",
        select="ecrRepositoryPrefixes",
        made=_rule,
        exists="PullThroughCacheRuleAlreadyExistsException",
        missing="PullThroughCacheRuleNotFoundException",
    ),
)
