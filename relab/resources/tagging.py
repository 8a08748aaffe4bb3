"""How the tags of what stands there are changed: one call that sets, one that takes away."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from relab.resources.item import Item
from relab.resources.model import ResourceType
from relab.resources.shapes import members
from relab.resources.tags import MEMBER, written
from relab.resources.writing import Request, known_handles

ARN = "arn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagging:
    """The calls `add` and `remove`; both name the thing in their member `named`.

    It is named by a handle, or by its `ARN`; as a list where the member is one. `tags` and `keys`
    are the members for the tags to set and for the keys to take away. `whole` sets all tags at
    once, and takes away all.
    """

    add: str
    remove: str
    named: str
    by: str = ARN
    tags: str = "Tags"
    keys: str = "TagKeys"
    constants: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = False


def _iam(kind: str, named: str) -> Tagging:
    return Tagging(add=f"Tag{kind}", remove=f"Untag{kind}", named=named, by=named)


def _resource(named: str, tags: str = "Tags", keys: str = "TagKeys", by: str = ARN) -> Tagging:
    return Tagging(
        add="TagResource", remove="UntagResource", named=named, tags=tags, keys=keys, by=by
    )


_LOWER = _resource("resourceArn", "tags", "tagKeys")
# By service; a type that differs stands under its full name.
TAGGING: Mapping[str, Tagging] = {
    "cloudwatch": _resource("ResourceARN"),
    "dynamodb": _resource("ResourceArn"),
    "ec2": Tagging(add="CreateTags", remove="DeleteTags", named="Resources", by="", keys="Tags"),
    "ecr": _LOWER,
    "eks": _LOWER,
    "events": _resource("ResourceARN"),
    "iam.instance-profile": _iam("InstanceProfile", "InstanceProfileName"),
    "iam.oidc-provider": _iam("OpenIDConnectProvider", "OpenIDConnectProviderArn"),
    "iam.policy": _iam("Policy", "PolicyArn"),
    "iam.role": _iam("Role", "RoleName"),
    "iam.user": _iam("User", "UserName"),
    "kms": _resource("KeyId", by="KeyId"),
    "logs": _LOWER,
    "s3": Tagging(
        add="PutBucketTagging",
        remove="DeleteBucketTagging",
        named="Bucket",
        by="Bucket",
        tags="Tagging",
        keys="",
        whole=True,
    ),
    "secretsmanager": _resource("SecretId", by="SecretId"),
    "sns": _resource("ResourceArn"),
    "sqs": Tagging(add="TagQueue", remove="UntagQueue", named="QueueUrl", by="QueueUrl"),
    "ssm": Tagging(
        add="AddTagsToResource",
        remove="RemoveTagsFromResource",
        named="ResourceId",
        by="Name",
        constants={"ResourceType": "Parameter"},
    ),
}


def tagging(kind: ResourceType) -> Tagging | None:
    """Return how tags of items of `kind` are changed; None when they have none."""
    return (TAGGING.get(kind.type) or TAGGING.get(kind.service)) if kind.tags else None


def retagging(kind: ResourceType, wanted: Item, stands: Item) -> tuple[Request, ...]:
    """Return the calls after which `stands` has just the tags of `wanted`; none if it has."""
    how = tagging(kind)
    old, new = stands.document.get(MEMBER, {}), wanted.document.get(MEMBER, {})
    if how is None or old == new:
        return ()
    gone = sorted(old.keys() - new.keys())
    changed = {key: value for key, value in new.items() if old.get(key) != value}
    if how.whole:
        changed, gone = dict(new), [] if new else gone
    found = []
    if gone:
        found.append(_request(kind, how, stands, how.remove, _keys(kind, how, gone)))
    if changed:
        found.append(_request(kind, how, stands, how.add, _tags(kind, how, changed)))
    return tuple(found)


def _tags(kind: ResourceType, how: Tagging, tags: Mapping[str, str]) -> dict[str, Any]:
    shape = members(kind.service, how.add)[how.tags]
    return {how.tags: written(shape, tags)}


def _keys(kind: ResourceType, how: Tagging, keys: list[str]) -> dict[str, Any]:
    if not how.keys:
        return {}
    shape = members(kind.service, how.remove)[how.keys].member
    named = shape.type_name == "structure"
    return {how.keys: [{"Key": key} for key in keys] if named else keys}


def _request(
    kind: ResourceType, how: Tagging, stands: Item, operation: str, params: Mapping[str, Any]
) -> Request:
    name: Any = stands.identifiers[0] if how.by == ARN else _handle(kind, how, stands)
    if members(kind.service, operation)[how.named].type_name == "list":
        name = [name]
    return Request(kind.service, operation, {**how.constants, how.named: name, **params})


def _handle(kind: ResourceType, how: Tagging, stands: Item) -> Any:
    """Return the handle that `how` names; with none named, the type's first one."""
    return known_handles(kind, stands)[how.by or kind.handles[0].name]
