"""What a profile says: one environment's account, cluster, roster and naming rules.

The classes are the schema: `relab profile schema` exports them as JSON Schema. Unknown keys are
errors, so a typing mistake never passes as a default.
"""

import re
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from profiles.rules import AtLeast, Obeys, Pattern

FORMAT = "relab/profile/v1"
PLACEHOLDERS = frozenset({"nn", "user"})

ACCOUNT = r"^\d{12}$"
SLUG = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
URL = r"^https?://[^\s]+$"
REGION = r"^[a-z]{2}(-[a-z]+)+-\d$"
CPU = r"^\d+m?$"
MEMORY = r"^\d+(Ki|Mi|Gi|Ti)?$"

EXPECTED = {
    ACCOUNT: "12 digits",
    SLUG: "a name of a-z, 0-9 and - (at most 63)",
    URL: "an address that begins with http:// or https://",
    REGION: "an AWS region such as ap-northeast-2",
    CPU: "a CPU quantity such as 8 or 500m",
    MEMORY: "a memory quantity such as 16Gi",
}

AccountId = Annotated[str, Pattern(ACCOUNT)]
Slug = Annotated[str, Pattern(SLUG)]
Url = Annotated[str, Pattern(URL)]


class Part:
    """Base of every part of a profile: immutable, unknown keys refused."""

    __slots__ = ()
    __pydantic_config__: ClassVar = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Aws(Part):
    """The account and how to reach it.

    `endpoint` replaces every service's own address; `credentials_file` and the two credential
    profile names replace the SDK's default chain. `tenant_profile` may hold `{nn}` and `{user}`.
    """

    account: AccountId
    alias: str | None = None
    region: Annotated[str, Pattern(REGION)]
    endpoint: Url | None = None
    registry: Url | None = None
    credentials_file: str | None = None
    profile: str | None = None
    tenant_profile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubernetes(Part):
    """The EKS cluster and how to reach it.

    `kubeconfig` and `context` replace kubectl's own defaults; `server` is the only API server
    address that may be spoken to, when given. `tenant_context` names the context that holds a
    tenant's own token and may hold `{nn}` and `{user}`.
    """

    cluster: Slug
    server: Url | None = None
    kubeconfig: str | None = None
    context: str | None = None
    tenant_context: str | None = None
    platform_namespaces: tuple[Slug, ...] = ("kubeflow", "mlflow-system")


def _range(item: str) -> list[str]:
    first, _, last = item.partition("..")
    return [f"{number:02}" for number in range(int(first), int(last or first) + 1)]


def _goes_up(item: str) -> None:
    if not re.fullmatch(r"\d\d(\.\.\d\d)?", item):
        raise ValueError(f"'{item}' is not a two-digit number or a range such as 01..15")
    if not _range(item):
        raise ValueError("a range must go up, such as 01..15")


Numbers = Annotated[str, Obeys(_goes_up)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Part):
    """Tenants that share a role and a quota; `tenants` lists two-digit numbers or `01..15`."""

    role: Literal["student", "instructor"]
    tenants: Annotated[tuple[Numbers, ...], AtLeast(1)]
    cpu: Annotated[str, Pattern(CPU)]
    memory: Annotated[str, Pattern(MEMORY)]

    @property
    def numbers(self) -> tuple[str, ...]:
        """The two-digit numbers of the group, in order."""
        return tuple(number for item in self.tenants for number in _range(item))


def _known_placeholders(pattern: str) -> None:
    found = set(re.findall(r"\{([^{}]*)\}", pattern))
    if found - PLACEHOLDERS:
        raise ValueError(f"'{pattern}' may only use {{nn}} and {{user}}")
    if not found:
        raise ValueError(f"'{pattern}' must hold {{nn}} or {{user}}, else tenants collide")


Name = Annotated[str, Obeys(_known_placeholders)]
Names = Annotated[tuple[Name, ...], AtLeast(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming(Part):
    """How a tenant's things are called; a list holds alternatives, the first that exists wins.

    `{nn}` is the two-digit number and `{user}` the tenant's user name. A repository name may end in
    `*`.
    """

    user: Name = "user{nn}"
    namespace: Names
    profile: Names
    owner: Name
    bucket: Names
    repository: Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository(Part):
    """The Git repository that students clone, and the lab's folder in it."""

    url: Url
    folder: str


def _has_only_placeholders(text: str) -> None:
    unknown = set(re.findall(r"\{([^{}]*)\}", text)) - PLACEHOLDERS
    if unknown:
        raise ValueError(f"'{text}' may only use {{nn}} and {{user}}")


Word = Annotated[str, Obeys(_has_only_placeholders)]
Words = Annotated[tuple[Word, ...], AtLeast(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump(Part):
    """A database in a pod: the command `dump` writes all of it to stdout, `load` reads it back.

    Both run in `container` of a running pod that the label `selector` chooses. With `{nn}` or
    `{user}` in the name there is one dump for each tenant.
    """

    name: Word
    namespace: Slug
    selector: str
    container: Slug
    dump: Words
    load: Words

    def tenants(self, roster: tuple[str, ...]) -> tuple[str, ...]:
        """Return for whom of `roster` it is taken; the empty one stands for nobody's own."""
        return roster if "{" in self.name else ("",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Volumes(Part):
    """Which volume claims are saved: patterns of names, in which `*` stands for anything.

    `tenants` are claims in tenants' namespaces, `platform` are `namespace/claim` of the platform's.
    `image` (with `sh`, `sleep` and `tar`) reads a claim that no running pod mounts.
    """

    tenants: tuple[str, ...] = ("*",)
    platform: tuple[str, ...] = ()
    image: str = "public.ecr.aws/docker/library/busybox:1.36"


@dataclass(frozen=True, slots=True, kw_only=True)
class Title(Part):
    """A name in both languages."""

    ko: str
    en: str


def _is_positive(number: int) -> None:
    if number < 1:
        raise ValueError("must be 1 or more")


def _is_name_of_aws_nuke(name: str) -> None:
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]+", name):
        raise ValueError(f"'{name}' is no resource type of aws-nuke, such as EC2Instance")


Count = Annotated[int, Obeys(_is_positive)]
NukeType = Annotated[str, Obeys(_is_name_of_aws_nuke)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Part):
    """What no wipe removes, and why: things of `type` (as snapshots call it) with this name.

    In `name`, `*` stands for anything, and `{nn}` or `{user}` for each tenant.
    """

    type: str
    name: Word
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Nuke(Part):
    """How the account is wiped, and what is kept; see docs/wiping.md.

    `binary` is aws-nuke's file. `max_age_hours` is how old the snapshot may be, `minutes` how long
    aws-nuke may run, `retries` how often it waits for what does not go. `blocklist` names accounts
    that are never wiped. `leave` are types (patterns) that are left alone, `also` are further types
    of aws-nuke, which no snapshot holds. A `soft` wipe empties buckets and repositories, keeps
    them, and leaves KMS keys.
    """

    binary: str | None = None
    preset: Literal["full", "soft"] = "full"
    max_age_hours: Count = 24
    minutes: Count = 60
    retries: Count = 60
    blocklist: Annotated[tuple[AccountId, ...], AtLeast(1)] = ("999999999999",)
    cdk: Literal["keep", "wipe"] = "keep"
    keep: tuple[Kept, ...] = ()
    leave: tuple[str, ...] = ()
    also: tuple[NukeType, ...] = ()


def _described(words: str) -> Any:
    return field(default=None, metadata={"description": words})


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(Part):
    """One environment; see the module's docstring."""

    format: Literal["relab/profile/v1"]
    name: Slug
    title: Title
    aws: Aws
    kubernetes: Kubernetes
    roster: Annotated[tuple[Group, ...], AtLeast(1)]
    naming: Naming
    repository: Repository | None = None
    dumps: tuple[Dump, ...] = ()
    volumes: Volumes = Volumes()
    nuke: Nuke = Nuke()
    login: str | None = _described(
        "the command that lets a tenant's own terminal in; may hold {nn} and {user}"
    )
    start: str | None = _described("the command that makes this environment reachable, if one does")

    def __post_init__(self) -> None:
        numbers = [number for group in self.roster for number in group.numbers]
        twice = sorted({number for number in numbers if numbers.count(number) > 1})
        if twice:
            raise ValueError(f"roster: tenant {', '.join(twice)} stands in more than one group")

    @property
    def tenants(self) -> tuple[str, ...]:
        """Every tenant's two-digit number, in roster order."""
        return tuple(number for group in self.roster for number in group.numbers)

    def group(self, tenant: str) -> Group:
        """Return the group of `tenant` (a two-digit number); KeyError when it is in none."""
        for group in self.roster:
            if tenant in group.numbers:
                return group
        raise KeyError(tenant)
