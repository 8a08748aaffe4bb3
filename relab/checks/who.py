"""As whom a question is asked (the rule is `docs/checks.md`, "Who asks").

Keys and a KUBECONFIG that the environment sets explicitly come before the profile's files; the
endpoint and the API server stay the profile's, so that real keys never go elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from profiles.model import Profile
from profiles.naming import aws_target, fill
from relab.clouds import AwsTarget, KubeTarget
from relab.clouds.kube import Kube
from relab.clouds.kubeconfig import NoKubeconfig
from relab.errors import Refused
from relab.text import safe

KEY_VARIABLE = "AWS_ACCESS_KEY_ID"
CONFIG_VARIABLE = "KUBECONFIG"


@dataclass(frozen=True, slots=True)
class KubeCallers:
    """The callers of a tenant's questions, in the order in which they are tried.

    `own` tells whether the first one holds the tenant's own token; `names` are for evidence.
    """

    targets: tuple[KubeTarget, ...]
    names: tuple[str, ...]
    own: bool


def aws_caller(profile: Profile, tenant: str, environ: Mapping[str, str]) -> tuple[AwsTarget, str]:
    """Return who asks AWS for `tenant`, and that caller's name."""
    target = aws_target(profile, tenant)
    if environ.get(KEY_VARIABLE):
        return AwsTarget(target.region, target.endpoint), "environment"
    return target, target.profile_name or environ.get("AWS_PROFILE") or "default"


def kube_callers(
    profile: Profile, tenant: str, environ: Mapping[str, str], kube: Kube
) -> KubeCallers:
    """Return who asks Kubernetes for `tenant`.

    Refused when the kubeconfig would speak to another server than the profile's. A kubeconfig that
    is not there gives one caller, whose questions then say so.
    """
    path = None if environ.get(CONFIG_VARIABLE) else profile.kubernetes.kubeconfig
    try:
        contexts = kube.config(path).contexts
    except NoKubeconfig:
        return KubeCallers((KubeTarget(path),), ("default",), own=False)
    wanted = profile.kubernetes.tenant_context
    own = fill(wanted, profile, tenant) if wanted else None
    chain = [name for name in (own, profile.kubernetes.context) if name and name in contexts]
    chain = list(dict.fromkeys(chain)) or [kube.config(path).current or ""]
    for name in chain:
        _only_server(profile, kube, path, name)
    targets = tuple(KubeTarget(path, name or None) for name in chain)
    return KubeCallers(targets, tuple(name or "default" for name in chain), own=own in contexts)


def _only_server(profile: Profile, kube: Kube, path: str | None, context: str) -> None:
    wanted = profile.kubernetes.server
    try:
        found = kube.config(path).server(context)
    except NoKubeconfig:
        return
    if wanted and found.rstrip("/") != wanted.rstrip("/"):
        raise Refused(
            f"context {safe(context)} speaks to {safe(found)}, but profile {profile.name} "
            f"means {wanted}",
            where="cluster guard",
            fix="choose the profile's kubeconfig, or another profile",
        )


def impersonating(caller: KubeTarget, owner: str) -> KubeTarget:
    """Return `caller` asking as `owner`."""
    return replace(caller, impersonate=owner)
