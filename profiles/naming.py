"""The names of one tenant's things, by a profile's naming rules."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from profiles.model import Profile, Repository
from relab.clouds import AwsTarget, KubeTarget
from relab.errors import UsageError


@dataclass(frozen=True, slots=True)
class Names:
    """What tenant `number` is called everywhere; tuples hold alternatives, likeliest first.

    `repositories` are patterns in which a final `*` stands for any ending.
    """

    number: str
    role: str
    user: str
    owner: str
    namespaces: tuple[str, ...]
    profiles: tuple[str, ...]
    buckets: tuple[str, ...]
    repositories: tuple[str, ...]
    cpu: str
    memory: str

    def owns_repository(self, name: str) -> bool:
        """Tell whether ECR repository `name` is this tenant's by its name."""
        return any(fnmatchcase(name, pattern) for pattern in self.repositories)


def tenant_number(profile: Profile, raw: str) -> str:
    """Return the roster's two-digit number for `raw` (`7`, `07` or `user07`).

    UsageError names the roster when there is no such tenant.
    """
    user = raw.removeprefix("user")
    number = user.zfill(2) if user.isascii() and user.isdigit() else raw
    if number not in profile.tenants:
        listed = ", ".join(item for group in profile.roster for item in group.tenants)
        raise UsageError(
            f"no tenant '{raw}' in profile {profile.name}", fix=f"choose one of {listed}"
        )
    return number


def fill(pattern: str, profile: Profile, tenant: str) -> str:
    """Return `pattern` with `{nn}` and `{user}` of `tenant` filled in."""
    user = profile.naming.user.replace("{nn}", tenant)
    return pattern.replace("{nn}", tenant).replace("{user}", user)


@lru_cache(maxsize=256)
def names(profile: Profile, tenant: str) -> Names:
    """Return the names of `tenant`, a two-digit number of the roster; KeyError for any other."""

    def each(patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(fill(pattern, profile, tenant) for pattern in patterns)

    rules, group = profile.naming, profile.group(tenant)
    return Names(
        number=tenant,
        role=group.role,
        user=fill(rules.user, profile, tenant),
        owner=fill(rules.owner, profile, tenant),
        namespaces=each(rules.namespace),
        profiles=each(rules.profile),
        buckets=each(rules.bucket),
        repositories=each(rules.repository),
        cpu=group.cpu,
        memory=group.memory,
    )


def other_tenant(profile: Profile, tenant: str) -> str:
    """Return the neighbour whose namespace must stay closed to `tenant`: the next in the roster."""
    tenants = profile.tenants
    return tenants[(tenants.index(tenant) + 1) % len(tenants)]


def values(profile: Profile, tenant: str) -> dict[str, str]:
    """Return what a lab's placeholders (`relab.lab.PLACEHOLDERS`) mean for `tenant`."""
    found = names(profile, tenant)
    repository = profile.repository
    return {
        "user_num": tenant,
        "tenant": tenant,
        "user": found.user,
        "namespace": found.namespaces[0],
        "profile": found.profiles[0],
        "owner": found.owner,
        "bucket": found.buckets[0],
        "repository": found.repositories[0].rstrip("*"),
        "cpu": found.cpu,
        "memory": found.memory,
        "other_namespace": names(profile, other_tenant(profile, tenant)).namespaces[0],
        "account": profile.aws.account,
        "region": profile.aws.region,
        "cluster": profile.kubernetes.cluster,
        **(_clone(repository) if repository else {}),
    }


def _clone(repository: Repository) -> dict[str, str]:
    name = repository.url.rstrip("/").rpartition("/")[2].removesuffix(".git")
    return {"git_url": repository.url, "git_name": name, "git_folder": repository.folder}


def aws_target(profile: Profile, tenant: str | None = None) -> AwsTarget:
    """Return the account as the profile's caller, or as `tenant` if it has its own keys."""
    aws = profile.aws
    own = aws.tenant_profile if tenant else None
    name = fill(own, profile, tenant) if own and tenant else aws.profile
    return AwsTarget(aws.region, aws.endpoint, aws.credentials_file, name)


def kube_target(profile: Profile, tenant: str | None = None) -> KubeTarget:
    """Return the cluster as the profile's caller, or as `tenant` if it has its own."""
    kube = profile.kubernetes
    own = kube.tenant_context if tenant else None
    context = fill(own, profile, tenant) if own and tenant else kube.context
    return KubeTarget(kube.kubeconfig, context)
