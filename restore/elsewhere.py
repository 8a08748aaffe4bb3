"""Whether a snapshot comes from elsewhere, and what everything is called here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from profiles.loader import load
from profiles.model import Profile
from profiles.naming import aws_target, names
from relab.clouds.aws import Aws
from relab.errors import CannotTell, Refused, UsageError
from relab.resources.item import Item
from restore.model import Choice
from restore.relocate import BUCKET, Home, Relocation, home_of
from restore.rename import pairs_of


def relocation(
    profile: Profile, choice: Choice, items: Sequence[Item], told: Mapping[str, str]
) -> Relocation | None:
    """Return how `items` are said where `profile` means; None when nothing changes.

    `told` is what the snapshot says of its home; where it is silent, the items tell. Refused when
    that is elsewhere and the choice does not say so; UsageError when it cannot be.
    """
    here = Home(profile.aws.account, profile.aws.region, profile.kubernetes.cluster)
    found = home_of(items)
    old = Home(
        told.get("account") or found.account or here.account,
        told.get("region") or found.region or here.region,
        told.get("cluster") or found.cluster or here.cluster,
    )
    words = _words(profile, choice.origin)
    if old != here:
        _check(old, here, choice.into)
        words |= _owners(profile, old, items)
    elif not words:
        return None
    return Relocation(old, here, words, _zones(profile, old, items))


def _check(old: Home, new: Home, into: str) -> None:
    """Refuse what the person has not asked for: into which account and region must be said."""
    if into not in (str(new), f"{new.account}/{new.region}"):
        raise Refused(
            f"the snapshot is of {old}, and the profile means {new}",
            where="account guard",
            fix=f"say so: --into {new.account}/{new.region}, or choose another profile",
        )
    if _partition(old.region) != _partition(new.region):
        raise UsageError(
            f"{old.region} and {new.region} are of two partitions of AWS, which share nothing",
            fix="choose a region of the same partition",
        )


def _partition(region: str) -> str:
    return region.partition("-")[0] if region.startswith(("cn-", "us-gov-", "us-iso")) else ""


def _words(profile: Profile, origin: str) -> dict[str, str]:
    """Return old name -> new name, where the rules of the profile `origin` say it otherwise."""
    if not origin:
        return {}
    before, found = load(origin), dict[str, str]()
    for tenant in before.tenants:
        if tenant in profile.tenants:
            found |= pairs_of(names(before, tenant), names(profile, tenant))
    return {old: new for old, new in found.items() if old != new}


def _owners(profile: Profile, old: Home, items: Iterable[Item]) -> dict[str, str]:
    """Return the account's canonical user id -> that of the new one, which ACLs of buckets name."""
    known = (owner_of(item) for item in items if item.type == BUCKET)
    before = next(filter(None, known), "")
    if not before or old.account == profile.aws.account:
        return {}
    body = _asked(profile, "s3", "ListBuckets")
    now = str((body.get("Owner") or {}).get("ID", ""))
    return {before: now} if now else {}


def owner_of(bucket: Item) -> str:
    """Return the canonical user id of the owner of `bucket`; empty when it was not read."""
    acl = bucket.document.get("AccessControlPolicy") or bucket.observed.get("Acl") or {}
    return str((acl.get("Owner") or {}).get("ID", ""))


def _zones(profile: Profile, old: Home, items: Iterable[Item]) -> dict[str, str]:
    """Return old zone -> new zone: the same letter where there is one, else one that is free."""
    region = profile.aws.region
    if old.region == region:
        return {}
    body = _asked(profile, "ec2", "DescribeAvailabilityZones")
    there = sorted(str(zone["ZoneName"]) for zone in body.get("AvailabilityZones", ()))
    used = {str(item.document.get("AvailabilityZone", "")) for item in items}
    wanted = sorted(zone for zone in used if zone.startswith(old.region))
    found = {zone: region + zone.removeprefix(old.region) for zone in wanted}
    good = {zone: new for zone, new in found.items() if new in there}
    free = iter([zone for zone in there if zone not in good.values()])
    return good | {zone: next(free, there[0]) for zone in wanted if zone not in good and there}


def _asked(profile: Profile, service: str, operation: str) -> dict[str, Any]:
    reply = Aws(patient=True).call(aws_target(profile), service, operation, {})
    if not reply.ok:
        raise CannotTell(
            f"{operation}: {reply.status}: {reply.detail}",
            where=f"{profile.aws.account}/{profile.aws.region}",
            fix="relab doctor looks at credentials and network",
        )
    return dict(reply.body)


def moved(found: Relocation | None) -> str:
    """Return from where to where, as a plan says it; empty when it is the same place."""
    if found is None or found.old == found.new:
        return ""
    return f"from {found.old} to {found.new}"
