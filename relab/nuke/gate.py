"""The gate: facts in, refusals out. Nothing is asked of anyone here, and nothing is changed.

`before` needs no call to the account; `refusals` looks at everything. Only `permit` makes a
`Permit`, and only when both say nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from profiles.model import Profile
from relab.errors import Refused
from relab.nuke.model import Doomed, Forecast, Refusal
from relab.nuke.rules import Caller
from restore.model import Plan
from snapshot.vault.model import Snapshot, State

_FORBIDDEN = "prod"
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the gate decides on.

    `vault_bucket` is empty for a vault in a folder, `vault_kept` says that a rule keeps it. `gaps`
    are the snapshot's own, `missing` is what it was not to hold. `plan` is the restore as it would
    be after the wipe. `accepted` are types whose loss a person has accepted, by name.
    """

    profile: Profile
    caller: Caller
    snapshot: Snapshot
    forecast: Forecast
    now: datetime
    gaps: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    plan: Plan | None = None
    vault_bucket: str = ""
    vault_kept: bool = False
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to wipe `account` as `forecast` says; made by `permit` alone, and good for `until`."""

    account: str
    snapshot: str
    forecast: Forecast = field(repr=False)
    until: datetime


# A permit is for what was looked at: an hour later it is not what is there any more.
_GOOD_FOR = timedelta(hours=1)


def before(profile: Profile) -> tuple[Refusal, ...]:
    """Return what speaks against a wipe before anything is called; empty for nothing."""
    return tuple(_by_its_name(profile))


def _by_its_name(profile: Profile) -> Iterator[Refusal]:
    alias, account = profile.aws.alias, profile.aws.account
    if not alias:
        fix = "set aws.alias to what the account is called"
        yield Refusal("no-alias", f"profile {profile.name} names no account alias", fix)
    elif _FORBIDDEN in alias.lower():
        yield Refusal("prod", f"the alias {alias} holds '{_FORBIDDEN}': such accounts stay")
    if account in profile.nuke.blocklist:
        yield Refusal("blocklist", f"account {account} is on the profile's blocklist")


def refusals(facts: Facts) -> tuple[Refusal, ...]:
    """Return every reason not to wipe, each with what to do about it; empty when all is proved."""
    return tuple(found for rule in RULES.values() for found in rule(facts))


def permit(facts: Facts) -> Permit:
    """Return leave to wipe; Refused with the first reason when there is one."""
    found = (*before(facts.profile), *refusals(facts))
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise Refused(f"{found[0].what}{more}", where="gate", fix=found[0].fix)
    until = facts.now + _GOOD_FOR
    return Permit(facts.profile.aws.account, facts.snapshot.name, facts.forecast, until)


def _account(facts: Facts) -> Iterator[Refusal]:
    account = facts.profile.aws.account
    if facts.caller.account != account:
        what = f"the caller is of account {facts.caller.account}, and not of {account}"
        yield Refusal("account", what, "use the course's credentials")


def _alias(facts: Facts) -> Iterator[Refusal]:
    alias, live = facts.profile.aws.alias, facts.caller.aliases
    if alias not in live:
        told = f"called {', '.join(live)}" if live else "without an alias"
        yield Refusal("alias", f"the account is {told}, and not {alias}", "correct aws.alias")
    for name in live:
        if _FORBIDDEN in name.lower():
            yield Refusal("prod", f"the account is called {name}: such accounts stay")


def _vault(facts: Facts) -> Iterator[Refusal]:
    if facts.vault_bucket and not facts.vault_kept:
        what = f"the vault's bucket {facts.vault_bucket} would go with the account"
        yield Refusal("vault", what, "use a vault elsewhere, or let nuke.keep name its bucket")


def _complete(facts: Facts) -> Iterator[Refusal]:
    name = facts.snapshot.name
    if facts.snapshot.state is not State.COMPLETE:
        fix = f"relab snapshot show {name} --coverage, then save again"
        yield Refusal("incomplete", f"snapshot {name} is {facts.snapshot.state.value}", fix)
    for gap in facts.gaps[:_SHOWN]:
        yield Refusal("gap", f"the snapshot lacks something: {gap}", "save again")


def _verified(facts: Facts) -> Iterator[Refusal]:
    name = facts.snapshot.name
    if not (facts.snapshot.verified_deep and facts.snapshot.verified_at):
        fix = f"relab snapshot verify {name} --deep"
        yield Refusal("unverified", f"not every byte of snapshot {name} was read again", fix)


def _young(facts: Facts) -> Iterator[Refusal]:
    most = timedelta(hours=facts.profile.nuke.max_age_hours)
    age = facts.now - datetime.fromisoformat(facts.snapshot.finished_at)
    if not timedelta(0) <= age <= most:
        hours, limit = (one / timedelta(hours=1) for one in (age, most))
        what = f"the snapshot is {hours:.1f} h old, and the profile allows {limit:.0f}"
        yield Refusal("old", what, "save again")


def _whole(facts: Facts) -> Iterator[Refusal]:
    if facts.missing:
        what = f"the snapshot was not to hold {', '.join(facts.missing)}"
        yield Refusal("scope", what, "save again, without --tenants, --only and --no-data")


def _covered(facts: Facts) -> Iterator[Refusal]:
    for one in facts.forecast.losses:
        if one.type not in facts.accepted:
            yield Refusal("loss", _loss(one), f"save it, or --accept-loss {one.type}")


def _loss(one: Doomed) -> str:
    of = f" of tenant {one.tenant}" if one.tenant else ""
    return f"{one.type} {one.key}{of} would be lost: {one.why or one.fate.value}"


def _dry_run(facts: Facts) -> Iterator[Refusal]:
    for problem in facts.forecast.problems[:_SHOWN]:
        yield Refusal("dry-run", f"aws-nuke's dry run cannot be trusted: {problem}")


def _breached(facts: Facts) -> Iterator[Refusal]:
    for breach in facts.forecast.breaches[:_SHOWN]:
        yield Refusal("breach", f"aws-nuke would remove what is to be kept: {breach}")


def _read(facts: Facts) -> Iterator[Refusal]:
    for gap in facts.forecast.unread[:_SHOWN]:
        yield Refusal("unread", f"not all of the account could be read: {gap}", "see relab doctor")


def _restorable(facts: Facts) -> Iterator[Refusal]:
    if facts.plan is None:
        yield Refusal("no-plan", "there is no plan of the restore")
        return
    for row in facts.plan.blocked:
        if row.type not in facts.accepted:
            fix = f"relab restore {facts.snapshot.name} --plan"
            yield Refusal("blocked", f"{row.identity} could not be restored: {row.reason}", fix)


Rule = Callable[[Facts], Iterator[Refusal]]
RULES: Mapping[str, Rule] = {
    "account": _account,
    "alias": _alias,
    "vault": _vault,
    "complete": _complete,
    "verified": _verified,
    "young": _young,
    "whole": _whole,
    "covered": _covered,
    "dry-run": _dry_run,
    "breached": _breached,
    "read": _read,
    "restorable": _restorable,
}
