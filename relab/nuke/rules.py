"""What no wipe removes, and why: rules over our own items, that become filters of aws-nuke.

One list of rules serves both: what aws-nuke is told to leave, and what relab's own removals and its
gate take as kept.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from profiles.model import Profile
from profiles.naming import fill
from relab.nuke.names import WITH, native, pieces, quoted, spelling
from relab.resources.item import Item
from relab.resources.registry import by_name

Filter = dict[str, str]
_CDK = "the CDK bootstrap is kept as a whole"
CDK: Mapping[str, str] = {
    "s3.bucket": "cdk-*-assets-*",
    "ecr.repository": "cdk-*-container-assets-*",
    "iam.role": "cdk-*-role-*",
    "ssm.parameter": "/cdk-bootstrap/*",
    "kms.alias": "alias/cdk-*",
}
STACK, STACK_NAME = "CloudFormationStack", "CDKToolkit"
# A kept thing would not work, or could not be kept, without these that it refers to.
_LEANS = {
    "iam.user": ("iam.group", "iam.policy"),
    "iam.group": ("iam.policy",),
    "iam.role": ("iam.policy",),
    "s3.bucket": ("kms.key",),
    "kms.alias": ("kms.key",),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """Items of `type` whose key matches `key` (`*` for anything) stay; `why` is for people."""

    type: str
    key: str
    why: str

    def keeps(self, item: Item) -> bool:
        """Tell whether `item` stays by this rule."""
        return item.type == self.type and fnmatchcase(item.key, _literal(self.key))


@dataclass(frozen=True, slots=True)
class Native:
    """A filter of aws-nuke's own words, for what our items do not tell: `prop` says `value`."""

    type: str
    prop: str
    value: str
    why: str
    kind: str = "exact"

    @property
    def filter(self) -> Filter:
        """Return it as aws-nuke reads it."""
        named = {"property": self.prop} if self.prop else {}
        return {**named, "type": self.kind, "value": self.value}

    def keeps(self, name: str, props: Mapping[str, str]) -> bool:
        """Tell whether a line with this name and these properties is kept by it."""
        text = props.get(self.prop) if self.prop else name
        if text is None:
            return False
        return text == self.value if self.kind == "exact" else bool(re.search(self.value, text))


_SSO = "made by IAM Identity Center, which people sign in with"
_DEFAULT = "the default VPC, which every account starts with"
_LINKED = "a service-linked role: its service makes it again"
ALWAYS: tuple[Native, ...] = (
    Native("IAMRole", "", "^AWSReservedSSO_", _SSO, "regex"),
    Native("IAMRolePolicy", "", "^AWSReservedSSO_", _SSO, "regex"),
    Native("IAMRolePolicyAttachment", "", "^AWSReservedSSO_", _SSO, "regex"),
    Native("IAMRole", "Path", "^/aws-(service-role|reserved)/", _LINKED, "regex"),
    Native("IAMRolePolicyAttachment", "", "^AWSServiceRoleFor", _LINKED, "regex"),
    Native("IAMRolePolicy", "", "^AWSServiceRoleFor", _LINKED, "regex"),
    Native("EC2VPC", "IsDefault", "true", _DEFAULT),
    Native("EC2Subnet", "DefaultVPC", "true", _DEFAULT),
    Native("EC2RouteTable", "DefaultVPC", "true", _DEFAULT),
    Native("EC2InternetGateway", "DefaultVPC", "true", _DEFAULT),
    Native("EC2InternetGatewayAttachment", "DefaultVPC", "true", _DEFAULT),
    Native("CloudWatchEventsBuses", "", "default", "every region has it"),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who wipes: the ARN that AWS knows the caller by, the account and its aliases."""

    arn: str
    account: str
    aliases: tuple[str, ...] = ()


def rules(profile: Profile, caller: Caller, vault: str, items: Sequence[Item]) -> tuple[Rule, ...]:
    """Return all that is kept of `items`: by the profile, for the caller, for the vault at `vault`.

    What these lean on is kept with them: the policies of a kept role, the key of a kept bucket.
    """
    first = [*_of_vault(vault), *of_caller(caller), *_of_profile(profile)]
    first += [more for rule in first for more in _with(rule)]
    return tuple(dict.fromkeys((*first, *_leaning(first, items))))


def vault_bucket(vault: str) -> str:
    """Return the bucket of a vault in a bucket; empty for one in a folder."""
    return urlsplit(vault).netloc if vault.startswith("s3://") else ""


def _of_vault(vault: str) -> Iterator[Rule]:
    bucket = vault_bucket(vault)
    if bucket:
        yield Rule("s3.bucket", bucket, "the vault is in it")


def of_caller(caller: Caller) -> Iterator[Rule]:
    """Yield the rules for whoever wipes: a user or a role."""
    what, _, rest = caller.arn.rpartition(":")[2].partition("/")
    why = "the caller, who could not go on without it"
    if what == "user":
        yield Rule("iam.user", rest.rpartition("/")[2], why)
    elif what == "assumed-role":
        yield Rule("iam.role", rest.partition("/")[0], why)
        yield Rule("iam.instance-profile", rest.partition("/")[0], why)


def _of_profile(profile: Profile) -> Iterator[Rule]:
    if profile.nuke.cdk == "keep":
        yield from (Rule(kind, pattern, _CDK) for kind, pattern in CDK.items())
    for kept in profile.nuke.keep:
        for name in dict.fromkeys(fill(kept.name, profile, one) for one in profile.tenants):
            yield Rule(kept.type, name, kept.why)


def _with(rule: Rule) -> Iterator[Rule]:
    for kind in WITH.get(rule.type, ()):
        yield Rule(kind, f"{rule.key}/*" if kind == "iam.access-key" else rule.key, rule.why)


def _leaning(kept: Iterable[Rule], items: Sequence[Item]) -> list[Rule]:
    """Return what the items that `kept` keeps lean on, and what that leans on."""
    names = {name: one for one in items for name in (one.key, *one.identifiers)}
    todo = [one for one in items if why_kept(one, kept)]
    found: dict[str, Rule] = {}
    while todo:
        one = todo.pop()
        for other in _named_in(one, names):
            if other.identity not in found:
                why = f"{one.type} {one.key} is kept and needs it"
                found[other.identity] = Rule(other.type, other.key, why)
                todo.append(other)
    return list(found.values())


def _named_in(item: Item, names: Mapping[str, Item]) -> Iterator[Item]:
    for text in _leaves(item.document):
        other = names.get(text)
        if other is not None and other.type in _LEANS.get(item.type, ()):
            yield other


def _leaves(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping | list | tuple):
        for inner in node.values() if isinstance(node, Mapping) else node:
            yield from _leaves(inner)


def why_kept(item: Item, kept: Iterable[Rule]) -> str:
    """Return why `item` stays; empty when it goes."""
    return next((rule.why for rule in kept if rule.keeps(item)), "")


def filters(kept: Iterable[Rule], account: str) -> dict[str, list[Filter]]:
    """Return the filters of aws-nuke for `kept`, by its types; those that always hold first."""
    found: dict[str, list[Filter]] = {}
    for native_rule in ALWAYS:
        found.setdefault(native_rule.type, []).append(native_rule.filter)
    for rule in kept:
        for name, one in _filters(rule, account):
            if one not in found.setdefault(name, []):
                found[name].append(one)
    return dict(sorted(found.items()))


def _filters(rule: Rule, account: str) -> Iterator[tuple[str, Filter]]:
    if rule.type not in by_name() or not native(rule.type):
        return
    how = spelling(rule.type)
    prop = {"property": how.prop} if how.prop else {}
    value = f"^{_expression(how.of(rule.key, account))}$"
    yield native(rule.type), {**prop, "type": "regex", "value": value}
    parent = rule.key.rpartition("/")[2]
    for one in pieces(rule.type):
        yield one.nuke, {"type": "regex", "value": one.pattern(parent).replace(r"\*", ".*")}


def _expression(pattern: str) -> str:
    return quoted(pattern).replace(r"\*", ".*")


def _literal(pattern: str) -> str:
    """Return `pattern` for fnmatch, in which nothing but `*` means anything."""
    return pattern.replace("[", "[[]").replace("?", "[?]")
