"""The account guard: a live command goes on only in the profile's own account and region."""

from collections.abc import Mapping

from profiles.model import Profile
from relab.errors import CannotTell, Refused
from relab.text import safe

REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")


def check(profile: Profile, caller_account: str, environ: Mapping[str, str]) -> None:
    """Raise Refused unless `caller_account` and the environment's region are the profile's."""
    check_region(profile, environ)
    check_account(profile, caller_account)


def check_started(profile: Profile) -> None:
    """Raise CannotTell when the environment has yet to be started, so that nothing is asked of it.

    A profile that names a `start` command is reachable only once that command wrote its endpoint;
    without it, the SDK's own default would be the real AWS.
    """
    if profile.start and not profile.aws.endpoint:
        raise CannotTell(f"{profile.name} is not running", where="profile", fix=profile.start)


def check_region(profile: Profile, environ: Mapping[str, str]) -> None:
    """Raise Refused when the environment names another region; nothing is asked of anyone."""
    wanted = profile.aws.region
    for variable in REGION_VARIABLES:
        region = environ.get(variable)
        if region and region != wanted:
            raise Refused(
                f"{variable} is {safe(region)}, but profile {profile.name} means {wanted}",
                where="region guard",
                fix=f"export {variable}={wanted}, or choose another profile",
            )


def check_account(profile: Profile, caller_account: str) -> None:
    """Raise Refused when the caller's account is not the profile's."""
    if caller_account != profile.aws.account:
        raise Refused(
            f"these credentials belong to account {safe(caller_account)}, "
            f"but profile {profile.name} means {profile.aws.account}",
            where="account guard",
            fix="use the course's credentials, or set aws.account in a profile of your own "
            "(relab profile init)",
        )
