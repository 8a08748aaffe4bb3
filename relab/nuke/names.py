"""What aws-nuke calls things: its types beside ours, and how its lines spell our keys.

Checked against the real binary's list of types, and against its dry run over an account that holds
all of ours.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from relab.resources.item import Item
from relab.resources.registry import TYPES, by_name

CLOUD_CONTROL = "AWS::"


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a line of aws-nuke names an item of ours: `text` over {key}, {first}, {last}, {account}.

    `prop` is the property that says it, empty for the line's name. {first} and {last} are what
    stands before and after the key's last slash.
    """

    text: str = "{key}"
    prop: str = ""

    def of(self, key: str, account: str) -> str:
        """Return how the item with `key` is spelled."""
        first, _, last = key.rpartition("/")
        return self.text.format(key=key, first=first, last=last, account=account)


@dataclass(frozen=True, slots=True)
class Piece:
    """A type of aws-nuke whose lines are pieces of an item of type `of`.

    `text` holds {parent}, which is spelled as the line of the item itself would end, and {rest}.
    A piece with a `lost` reason is in no snapshot.
    """

    nuke: str
    of: str
    text: str = "{parent} -> {rest}"
    lost: str = ""

    def pattern(self, parent: str) -> str:
        """Return a regular expression (of Go, too) that only pieces of `parent` match."""
        head, _, tail = self.text.partition("{parent}")
        middle = tail.partition("{rest}")[0]
        return f"^{quoted(head + parent + middle)}"


_USERS_SECRET = "AWS never shows it again; hand out a new one"  # noqa: S105 - a reason
SPELLINGS: Mapping[str, Spelling] = {
    "s3.bucket": Spelling("s3://{key}"),
    "ecr.repository": Spelling("Repository: {key}"),
    "events.rule": Spelling("Rule: {last}"),
    "eks.nodegroup": Spelling("{first}:{last}"),
    "eks.fargate-profile": Spelling("{first}:{last}"),
    "iam.access-key": Spelling("{first} -> {last}"),
    "sns.topic": Spelling("TopicARN: {key}"),
    "sns.subscription": Spelling("Owner: {account} ARN: {key}"),
    "secretsmanager.secret": Spelling(prop="Name"),
    "ec2.elastic-ip": Spelling(prop="AllocationID"),
}
PIECES = (
    Piece("IAMRolePolicy", "iam.role"),
    Piece("IAMRolePolicyAttachment", "iam.role"),
    Piece("IAMUserPolicy", "iam.user"),
    Piece("IAMUserPolicyAttachment", "iam.user"),
    Piece("IAMUserGroupAttachment", "iam.user"),
    Piece("IAMGroupPolicy", "iam.group"),
    Piece("IAMGroupPolicyAttachment", "iam.group"),
    Piece("IAMInstanceProfileRole", "iam.instance-profile"),
    Piece("EC2InternetGatewayAttachment", "ec2.internet-gateway"),
    Piece("CloudWatchEventsTarget", "events.rule", "Rule: {parent} Target ID: {rest}"),
    Piece("IAMUserSSHPublicKey", "iam.user", lost="it is not captured; upload it again"),
    Piece("IAMSigningCertificate", "iam.user", lost="it is not captured; upload it again"),
    Piece("IAMServiceSpecificCredential", "iam.user", lost=_USERS_SECRET),
    Piece("IAMUserHTTPSGitCredential", "iam.user", lost=_USERS_SECRET),
    Piece("S3MultipartUpload", "s3.bucket", "s3://{parent}/{rest}", lost="an unfinished upload"),
)
# What of the profile is kept with an item: a user who stays keeps keys and password.
WITH: Mapping[str, tuple[str, ...]] = {"iam.user": ("iam.access-key", "iam.login-profile")}
# In a soft wipe these stay; what is inside the first two goes.
EMPTIED = ("s3.bucket", "ecr.repository")
SOFT = (*EMPTIED, "kms.key", "kms.alias")


def spelling(kind: str) -> Spelling:
    """Return how lines name items of type `kind`."""
    return SPELLINGS.get(kind, Spelling())


def native(kind: str) -> str:
    """Return what aws-nuke calls the type `kind`; empty when it does not know it by itself.

    What it would reach through the Cloud Control API is removed by relab instead: one way for all
    that it has no code of its own for.
    """
    name = by_name()[kind].nuke
    return "" if name.startswith(CLOUD_CONTROL) else name


@cache
def types_of(nuke: str) -> tuple[str, ...]:
    """Return our types for one of aws-nuke's: alarms are one type there and two here."""
    return tuple(kind.type for kind in TYPES if kind.nuke == nuke)


@cache
def piece(nuke: str) -> Piece | None:
    """Return what lines of the type `nuke` are pieces of; None when they stand for themselves."""
    return next((one for one in PIECES if one.nuke == nuke), None)


def pieces(kind: str) -> Iterator[Piece]:
    """Yield the types of aws-nuke that are pieces of items of type `kind`."""
    yield from (one for one in PIECES if one.of == kind)


def included(kinds: Iterable[str]) -> tuple[str, ...]:
    """Return the types that aws-nuke is told to look at so that items of `kinds` go, sorted."""
    found: set[str] = set()
    for kind in kinds:
        name = native(kind)
        found |= {name, *(one.nuke for one in pieces(kind))} if name else set()
    return tuple(sorted(found))


def quoted(text: str) -> str:
    """Return `text` for a regular expression, with nothing but what Go's and Python's agree on."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


def spelled(item: Item, account: str) -> str:
    """Return what the line of `item` says where its type is named."""
    return spelling(item.type).of(item.key, account)
