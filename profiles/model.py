"""What a profile says: one environment's account, cluster, roster and naming rules.

The models are the schema: `relab profile schema` exports them as JSON Schema. Unknown keys are
errors, so a typing mistake never passes as a default.
"""

import re
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

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

AccountId = Annotated[str, StringConstraints(pattern=ACCOUNT)]
Slug = Annotated[str, StringConstraints(pattern=SLUG)]
Url = Annotated[str, StringConstraints(pattern=URL)]


class Part(BaseModel):
    """Base of every part of a profile: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Aws(Part):
    """The account and how to reach it.

    `endpoint` replaces every service's own address; `credentials_file` and the two credential
    profile names replace the SDK's default chain. `tenant_profile` may hold `{nn}` and `{user}`.
    """

    account: AccountId
    alias: str | None = None
    region: Annotated[str, StringConstraints(pattern=REGION)]
    endpoint: Url | None = None
    registry: Url | None = None
    credentials_file: str | None = None
    profile: str | None = None
    tenant_profile: str | None = None


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


class Group(Part):
    """Tenants that share a role and a quota; `tenants` lists two-digit numbers or `01..15`."""

    role: Literal["student", "instructor"]
    tenants: tuple[str, ...] = Field(min_length=1)
    cpu: Annotated[str, StringConstraints(pattern=CPU)]
    memory: Annotated[str, StringConstraints(pattern=MEMORY)]

    @model_validator(mode="after")
    def _numbers(self) -> Self:
        for item in self.tenants:
            if not re.fullmatch(r"\d\d(\.\.\d\d)?", item):
                raise ValueError(f"'{item}' is not a two-digit number or a range such as 01..15")
        if not self.numbers:
            raise ValueError("a range must go up, such as 01..15")
        return self

    @property
    def numbers(self) -> tuple[str, ...]:
        """The two-digit numbers of the group, in order."""
        return tuple(number for item in self.tenants for number in _range(item))


def _range(item: str) -> list[str]:
    first, _, last = item.partition("..")
    return [f"{number:02}" for number in range(int(first), int(last or first) + 1)]


class Naming(Part):
    """How a tenant's things are called; a list holds alternatives, the first that exists wins.

    `{nn}` is the two-digit number and `{user}` the tenant's user name. A repository name may end in
    `*`.
    """

    user: str = "user{nn}"
    namespace: tuple[str, ...] = Field(min_length=1)
    profile: tuple[str, ...] = Field(min_length=1)
    owner: str
    bucket: tuple[str, ...] = Field(min_length=1)
    repository: tuple[str, ...] = Field(min_length=1)

    @field_validator("*")
    @classmethod
    def _placeholders(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for pattern in (value,) if isinstance(value, str) else value:
            _known_placeholders(pattern)
        return value


def _known_placeholders(pattern: str) -> None:
    found = set(re.findall(r"\{([^{}]*)\}", pattern))
    if found - PLACEHOLDERS:
        raise ValueError(f"'{pattern}' may only use {{nn}} and {{user}}")
    if not found:
        raise ValueError(f"'{pattern}' must hold {{nn}} or {{user}}, else tenants collide")


class Repository(Part):
    """The Git repository that students clone, and the lab's folder in it."""

    url: Url
    folder: str


class Title(Part):
    """A name in both languages."""

    ko: str
    en: str


class Profile(Part):
    """One environment; see the module's docstring."""

    format: Literal["relab/profile/v1"]
    name: Slug
    title: Title
    aws: Aws
    kubernetes: Kubernetes
    roster: tuple[Group, ...] = Field(min_length=1)
    naming: Naming
    repository: Repository | None = None
    login: str | None = Field(
        default=None,
        description="the command that lets a tenant's own terminal in; may hold {nn} and {user}",
    )
    start: str | None = Field(
        default=None, description="the command that makes this environment reachable, if one does"
    )

    @model_validator(mode="after")
    def _unique(self) -> Self:
        numbers = [number for group in self.roster for number in group.numbers]
        twice = sorted({number for number in numbers if numbers.count(number) > 1})
        if twice:
            raise ValueError(f"roster: tenant {', '.join(twice)} stands in more than one group")
        return self

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
