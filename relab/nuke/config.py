"""aws-nuke's configuration, made from the profile: what it may look at, and what it must leave."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

import yaml

from profiles.model import Profile
from relab.errors import ProfileError, Refused
from relab.nuke.binary import Binary
from relab.nuke.names import SOFT, included
from relab.nuke.rules import STACK, STACK_NAME, Rule, filters
from relab.resources.registry import TYPES
from relab.text import safe

_DELAY = "3"
_SERVICES_OF_ITS_OWN = ("sts", "iam")


def check(profile: Profile) -> None:
    """Raise ProfileError when the profile keeps or leaves a type that there is not.

    A typing mistake would else keep nothing.
    """
    settings = profile.nuke
    asked = [(f"keep[{n}].type", kept.type) for n, kept in enumerate(settings.keep)]
    asked += [(f"leave[{n}]", pattern) for n, pattern in enumerate(settings.leave)]
    for where, name in asked:
        if not any(fnmatchcase(kind.type, name) for kind in TYPES):
            raise ProfileError(
                f"nuke.{where}: no resource type is called '{safe(name)}'",
                where=profile.name,
                fix="see relab snapshot types",
            )


def kinds(profile: Profile, *, soft: bool) -> tuple[str, ...]:
    """Return which of our types a wipe removes: all but those that the profile leaves."""
    stay = (*profile.nuke.leave, *(SOFT if soft else ()))
    return tuple(kind.type for kind in TYPES if not any(fnmatchcase(kind.type, p) for p in stay))


def includes(profile: Profile, wanted: Iterable[str]) -> tuple[str, ...]:
    """Return the types that aws-nuke is told to look at."""
    more = [STACK] if profile.nuke.cdk == "wipe" else []
    return tuple(sorted({*included(wanted), *profile.nuke.also, *more}))


def config(
    profile: Profile, binary: Binary, wanted: Sequence[str], kept: Sequence[Rule]
) -> dict[str, Any]:
    """Return what aws-nuke reads; Refused when the profile's own account is one never to wipe."""
    account = profile.aws.account
    if account in profile.nuke.blocklist:
        raise Refused("the account is one that is never wiped", where="nuke.blocklist")
    named = includes(profile, wanted)
    found: dict[str, Any] = {
        "blocklist" if binary.structured else "account-blocklist": list(profile.nuke.blocklist),
        "regions": [profile.aws.region, *([] if profile.aws.endpoint else ["global"])],
        "resource-types": {"includes" if binary.structured else "targets": list(named)},
        "accounts": {account: {"filters": _filters(profile, kept)}},
    }
    return found | (_endpoints(profile, named) if profile.aws.endpoint else {})


def text(found: dict[str, Any]) -> str:
    """Return a configuration as aws-nuke's file."""
    return str(yaml.safe_dump(found, sort_keys=False, allow_unicode=True))


def _filters(profile: Profile, kept: Sequence[Rule]) -> dict[str, Any]:
    found: dict[str, Any] = dict(filters(kept, profile.aws.account))
    if profile.nuke.cdk == "wipe":
        # All stacks stay but the one of the bootstrap.
        found[STACK] = [{"type": "exact", "value": STACK_NAME, "invert": "true"}]
    return found


def _endpoints(profile: Profile, named: Sequence[str]) -> dict[str, Any]:
    """Return the endpoint for each type, lest any call goes to the real AWS.

    aws-nuke looks for the first name that its type's name begins with, in small letters, and asks
    for the empty one at its start.
    """
    names = [*_SERVICES_OF_ITS_OWN, *(name.lower() for name in named), ""]
    services = [{"service": name, "url": profile.aws.endpoint} for name in names]
    return {"endpoints": [{"region": profile.aws.region, "services": services}]}


def arguments(
    binary: Binary, path: str, profile: Profile, *, dry: bool, ordered: bool = True
) -> tuple[str, ...]:
    """Return the command line: nothing secret, never without an end to its waiting.

    The region is said, since both generations look for an endpoint of it at their start. `ordered`
    has what depends on others wait for them, in version 3, which knows of it.
    """
    wet = () if dry else ("--no-dry-run",)
    waits = ("--max-wait-retries", str(profile.nuke.retries))
    common = ("--config", path, "--default-region", profile.aws.region, *waits, *wet)
    if binary.structured:
        more = ("--no-prompt", "--prompt-delay", _DELAY, "--log-format", "json")
        order = ("--feature-flag", "wait-on-dependencies") if ordered else ()
        return (str(binary.path), "run", *common, *more, *order)
    return (str(binary.path), *common, "--force", "--force-sleep", _DELAY)
