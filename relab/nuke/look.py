"""Look at everything that the gate must know; nothing is changed.

look = yield from look_at(Order(vault, snapshot, profile, environ))
refusals(look.facts)
"""

import uuid
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from profiles import guard
from profiles.model import Profile
from profiles.naming import aws_target
from relab.clouds.aws import Aws, Keys, keys_now
from relab.errors import CannotTell, Refused, RelabError
from relab.events import Event, NukeSaid
from relab.nuke import binary as binaries
from relab.nuke import config as configs
from relab.nuke.binary import Binary
from relab.nuke.forecast import Sight, forecast
from relab.nuke.gate import Facts, before
from relab.nuke.inventory import AWS, KUBERNETES, Inventory, take, with_older
from relab.nuke.lines import Line, Read, Round, Row, Thing, Wrong, read_json, read_text
from relab.nuke.process import Heard, Limits, Reading, environment, private, run
from relab.nuke.rules import Caller, Rule, rules, vault_bucket
from relab.redact import text as redacted
from relab.resources.item import Item
from relab.resources.reading import Place
from restore.live import Live
from restore.model import Choice, Plan
from restore.plan import decided, saved
from snapshot.collect.driver import is_gap
from snapshot.collect.save import caller_account
from snapshot.collect.scope import SHARED
from snapshot.showing import names
from snapshot.vault.model import Snapshot
from snapshot.vault.vault import Vault

_MORE_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be wiped, from which snapshot it could come back, and how."""

    vault: Vault
    snapshot: Snapshot
    profile: Profile
    environ: Mapping[str, str] = field(repr=False)
    soft: bool = False
    accepted: tuple[str, ...] = ()

    @property
    def limits(self) -> Limits:
        """Return how long aws-nuke may take."""
        nuke = self.profile.nuke
        return Limits(nuke.minutes * 60.0, rounds=nuke.retries + _MORE_ROUNDS)

    @property
    def place(self) -> Place:
        """Return the account as the caller."""
        account = self.profile.aws.account
        return Place(Aws(patient=True), aws_target(self.profile), account)


@dataclass(frozen=True, slots=True)
class Look:
    """What was found: the facts for the gate, and what a wipe needs to know again.

    `going` are the things (region, type, name) of aws-nuke's dry run: nothing else may go.
    """

    order: Order
    binary: Binary
    kinds: tuple[str, ...]
    kept: tuple[Rule, ...]
    going: frozenset[Thing]
    facts: Facts


def look_at(order: Order) -> Generator[Event, None, Look]:
    """Read account, cluster and snapshot, let aws-nuke make its dry run; yield events.

    Refused for another account or region, CannotTell when nobody answers, RelabError when there is
    no aws-nuke.
    """
    configs.check(order.profile)
    who = caller(order.profile, order.environ)
    found = _binary(order)
    kinds = configs.kinds(order.profile, soft=order.soft)
    inventory = yield from _inventory(order, kinds)
    kept = rules(order.profile, who, order.vault.where, inventory.items)
    heard = yield from nuke(order, found, kinds, kept)
    sight = Sight(
        profile=order.profile,
        inventory=inventory,
        saved=_identities(order),
        kinds=kinds,
        kept=kept,
        going=heard.to_go(),
        filtered=heard.kept(),
        problems=heard.problems(),
        soft=order.soft,
    )
    going = frozenset(row.thing for row in sight.going)
    return Look(order, found, kinds, kept, going, _facts(order, who, sight))


def _binary(order: Order) -> Binary:
    found = binaries.find(order.profile.nuke.binary, order.environ)
    if order.profile.aws.endpoint and not found.structured:
        # It finds no bucket at an endpoint that is an address, and does not say so.
        what = f"aws-nuke {found.told} cannot wipe an account at an endpoint"
        raise RelabError(what, where=str(found.path), fix="relab nuke install")
    return found


def caller(profile: Profile, environ: Mapping[str, str]) -> Caller:
    """Return who calls; Refused when it is another account's, or another region is meant."""
    account = caller_account(profile, environ)
    aws, target = Aws(), aws_target(profile)
    who = aws.call(target, "sts", "GetCallerIdentity", {})
    called = aws.call(target, "iam", "ListAccountAliases", {})
    for reply in (who, called):
        if not reply.ok:
            raise CannotTell(f"AWS does not say who calls: {reply.detail}", where=reply.status)
    return Caller(str(who.body["Arn"]), account, tuple(called.body["AccountAliases"]))


def _inventory(order: Order, kinds: Collection[str]) -> Generator[Event, None, Inventory]:
    what = (order.vault, order.snapshot, order.profile, order.environ)
    found = yield from take(*what, AWS)
    if not order.snapshot.scope.get("versions"):
        found = with_older(found, order.place)
    cluster = order.profile.kubernetes.cluster
    if "eks.cluster" in kinds and any(
        item.type == "eks.cluster" and item.key == cluster for item in found.items
    ):
        found += yield from take(*what, KUBERNETES)
    return found


def nuke(
    order: Order,
    found: Binary,
    kinds: Sequence[str],
    kept: Sequence[Rule],
    only: Collection[Thing] | None = None,
    *,
    ordered: bool = True,
) -> Generator[Event, None, Heard]:
    """Run aws-nuke, yield what it says, and return all that was heard.

    It is a dry run unless `only` names the things that may go. It scans anew before it removes, and
    waits 3 s in between: when it has found anything else by then, it is ended before it begins.
    `ordered` has what depends on others wait for them.
    """
    profile = order.profile
    written = configs.text(configs.config(profile, found, kinds, kept))
    aws = profile.aws
    environ = environment(order.environ, keys(profile), aws.region, aws.endpoint)
    with private(written) as path:
        argv = configs.arguments(found, str(path), profile, dry=only is None, ordered=ordered)
        check = partial(_only, only) if only is not None else None
        lines = run(argv, environ, Reading(_reader(found), check), order.limits)
        with closing(lines):
            while True:
                try:
                    yield said(next(lines))
                except StopIteration as end:
                    heard: Heard = end.value
                    return heard


def _reader(found: Binary) -> Read:
    return read_json if found.structured else read_text


def _only(only: Collection[Thing], heard: Heard) -> str:
    """Return why what a scan has found may not go; empty when all of it may."""
    new = [row for row in heard.to_go() if row.thing not in only]
    if not new:
        return ""
    first = f"{new[0].type} {new[0].name}"
    return f"{len(new)} things came after the look, such as {first}: it was ended before it began"


def keys(profile: Profile) -> Keys:
    """Return the caller's credentials as they are now; Refused when there are none."""
    held = Aws().access(aws_target(profile), "sts").keys
    if held is None:
        raise Refused("there are no AWS credentials", where="credentials", fix="relab doctor")
    return keys_now(held)


def said(line: Line) -> NukeSaid:
    """Return a line of aws-nuke as an event, without secrets."""
    if isinstance(line, Row):
        name, why = redacted(line.name), redacted(line.why)
        return NukeSaid("thing", line.owner, line.type, name, line.state.value, why)
    if isinstance(line, Round):
        told = f"{line.waiting} waiting, {line.failed} failed, {line.finished} finished"
        text = told if line.total is None else f"{line.total} found, {line.skipped} kept"
        return NukeSaid("round", "", "", "", "", text)
    kind = line.type if isinstance(line, Wrong) else ""
    return NukeSaid(type(line).__name__.lower(), "", kind, "", "", redacted(line.text))


def _identities(order: Order) -> frozenset[str]:
    found = names(order.vault.reader(), order.snapshot)
    return frozenset(":".join((one.provider, one.type, one.region, one.key)) for one in found)


def _facts(order: Order, who: Caller, sight: Sight) -> Facts:
    told = forecast(sight)
    bucket = vault_bucket(order.vault.where)
    stay = [item for item in sight.inventory.items if not sight.goes(item)]
    safe = any(rule.type == "s3.bucket" and rule.key == bucket for rule in sight.kept)
    return Facts(
        profile=order.profile,
        caller=who,
        snapshot=order.snapshot,
        forecast=told,
        now=datetime.now(UTC),
        gaps=_gaps(order),
        missing=tuple(_missing(order)),
        plan=after(order, stay),
        vault_bucket=bucket,
        vault_kept=safe,
        accepted=order.accepted,
    )


def _gaps(order: Order) -> tuple[str, ...]:
    lines = order.vault.reader().coverage(order.snapshot)
    return tuple(f"{one.state.value}: {one.type}: {one.detail}" for one in lines if is_gap(one))


def _missing(order: Order) -> Iterator[str]:
    """Yield what the snapshot was not to hold of what the profile has."""
    scope = order.snapshot.scope
    held = scope.get("tenants") or ()
    yield from (f"tenant {one}" for one in order.profile.tenants if one not in held)
    if SHARED not in held:
        yield "what is no tenant's"
    if scope.get("only"):
        yield f"any but the types {', '.join(scope['only'])}"
    if not scope.get("data"):
        yield "data"


def after(order: Order, stay: Sequence[Item]) -> Plan:
    """Return the plan of a restore of everything as it would be after the wipe, when `stay` stays.

    Nothing is done by it.
    """
    profile, choice = order.profile, Choice((*order.profile.tenants, SHARED))
    found = saved(order.vault, order.snapshot, profile, choice)
    return Plan(
        id=uuid.uuid4().hex[:12],
        snapshot=order.snapshot.name,
        content=order.snapshot.content,
        profile=profile.name,
        account=profile.aws.account,
        choice=choice,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        items=tuple(decided(found, Live(stay), choice, order.place)),
    )


def check_first(profile: Profile, environ: Mapping[str, str]) -> None:
    """Raise Refused for what speaks against any wipe before anything is called.

    ProfileError when the profile keeps a type that there is not.
    """
    configs.check(profile)
    guard.check_started(profile)
    guard.check_region(profile, environ)
    for one in before(profile):
        raise Refused(one.what, where="gate", fix=one.fix)
