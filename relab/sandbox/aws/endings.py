"""What AWS takes away along with something, and moto leaves standing; and two calls that it lacks.

Without it nothing but a reset could empty the account: a route table would keep the associations of
subnets that have gone.
"""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse

_MARK = "takes_along"
After = Callable[[Any, Any], None]


def install() -> None:
    """Let deletions take along what hangs on them; doing it again changes nothing."""
    # It reads models as it is loaded, which must not be before they are shared.
    from moto.ec2.models import EC2Backend

    for name, after in _AFTER.items():
        original = getattr(EC2Backend, name)
        if not hasattr(original, _MARK):
            setattr(EC2Backend, name, _with(original, after))
    for name, answer in _ANSWERS.items():
        setattr(IamResponse, name, answer)


def _with(original: Callable[..., Any], after: After) -> Callable[..., Any]:
    def call(backend: Any, *args: Any, **kwargs: Any) -> Any:
        answer = original(backend, *args, **kwargs)
        after(backend, args[0] if args else next(iter(kwargs.values())))
        return answer

    setattr(call, _MARK, True)
    return call


def _subnet_gone(backend: Any, subnet: str) -> None:
    """Forget the subnet's associations with route tables and network ACLs."""
    homes = (*backend.route_tables.values(), *backend.network_acls.values())
    for home in homes:
        for name, other in list(home._associations.items()):
            if subnet in (name, other, getattr(other, "subnet_id", None)):
                del home._associations[name]


def _endpoints_gone(backend: Any, endpoints: list[str]) -> None:
    for name in endpoints:
        backend.vpc_end_points.pop(name, None)


def _vpc_gone(backend: Any, vpc: str) -> None:
    """Forget the VPC's own network ACL, which nobody can delete."""
    for acl in list(backend.network_acls.values()):
        if acl.vpc_id == vpc:
            del backend.network_acls[acl.id]


_AFTER: dict[str, After] = {
    "delete_subnet": _subnet_gone,
    "delete_vpc_endpoints": _endpoints_gone,
    "delete_vpc": _vpc_gone,
}


def _list_instance_profiles(response: IamResponse) -> ActionResult:
    """Say whether there is more, too: programs in Go look at it."""
    found = response.backend.get_instance_profiles()
    return ActionResult({"InstanceProfiles": found, "IsTruncated": False})


def _no_service_specific_credentials(_: IamResponse) -> ActionResult:
    return ActionResult({"ServiceSpecificCredentials": []})


_ANSWERS: dict[str, Callable[[IamResponse], ActionResult]] = {
    "list_instance_profiles": _list_instance_profiles,
    "list_service_specific_credentials": _no_service_specific_credentials,
}
