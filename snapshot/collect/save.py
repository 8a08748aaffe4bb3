"""A whole save, as events: ask who we are, read the world, make the snapshot visible.

    for event in save(vault, order):  ->  SaveStarted, UnitSaved | GapMet ..., SaveFinished

Ended early (an exception, Ctrl+C, a kill), it leaves an unfinished save that `resume` goes on with.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import UTC, datetime

from profiles import guard
from profiles.model import Profile
from profiles.naming import aws_target
from relab.clouds.aws import Aws
from relab.clouds.outcome import Outcome, outcome_of
from relab.errors import CannotTell, Refused
from relab.events import Event, SaveFinished, SaveStarted
from relab.resources.registry import TYPES
from snapshot.collect import kubernetes
from snapshot.collect.aides import Aides, fitting
from snapshot.collect.aws import ListType
from snapshot.collect.crew import THREADS, Crew, cluster, threads
from snapshot.collect.driver import Driver, is_gap
from snapshot.collect.inside import holds
from snapshot.collect.scope import HOME, Scope
from snapshot.collect.work import Forecast, Task
from snapshot.collect.world import Brief, World
from snapshot.data import dumps, volumes
from snapshot.vault.seal import Sealer
from snapshot.vault.vault import Vault

# A dry run seals and keeps nothing.
_NOWHERE = os.devnull
_NOBODY = Sealer((), b"")


@dataclass(frozen=True, slots=True)
class Order:
    """What to save, under which name, and how: `scheduler` is a Dask cluster's address."""

    profile: Profile
    name: str
    scope: Scope
    cohort: str = ""
    resume: bool = False
    scheduler: str = ""
    workers: int = THREADS


def caller_account(profile: Profile, environ: Mapping[str, str]) -> str:
    """Return the account of the caller, which is the profile's.

    Refused when it is another one, CannotTell when nobody answers.
    """
    guard.check_started(profile)
    guard.check_region(profile, environ)
    reply = Aws().call(aws_target(profile), "sts", "GetCallerIdentity", {})
    if not reply.ok:
        raise _unknown(reply.status, reply.detail)
    account = str(reply.body["Account"])
    guard.check_account(profile, account)
    return account


def _unknown(status: str, detail: str) -> CannotTell | Refused:
    outcome = outcome_of("aws", status)
    fix = "relab doctor looks at credentials and network"
    if outcome in (Outcome.EXPIRED, Outcome.NO_CREDENTIALS, Outcome.DENIED):
        return Refused(f"AWS does not know the caller: {detail}", where="credentials", fix=fix)
    return CannotTell(f"AWS does not answer: {detail}", where="sts", fix=fix)


def save(
    vault: Vault, order: Order, environ: Mapping[str, str], *, earlier: str = ""
) -> Iterator[Event]:
    """Yield the events of the save `order` into `vault`.

    `earlier` is the vault whose newest snapshot tells what need not be read again, if another.
    """
    began = time.monotonic()
    account = caller_account(order.profile, environ)
    brief = Brief(order.profile, order.scope, account, earlier or vault.where, vault.sealer)
    scope = {**order.scope.written(), HOME: _home(order.profile, account)}
    with vault.saving(order.name, scope, cohort=order.cohort, resume=order.resume) as saving:
        yield _started(order, vault, account)
        with (
            closing(Aides(fitting())) as aides,
            _crew(order, brief, World(brief, saving.store, aides)) as crew,
        ):
            driver = Driver(saving, crew, order.scope.tenants)
            yield from driver.run(first_tasks(order.scope))
        saving.finish()
    yield _finished(vault, order.name, driver.size, time.monotonic() - began)


def forecast(order: Order, account: str) -> Iterator[Forecast]:
    """Yield what a save would read, by listing alone; nothing is written.

    What could not be listed is yielded with no items under its service and type.
    """
    world = World(Brief(order.profile, order.scope, account, _NOWHERE, _NOBODY))
    waiting = [*first_tasks(order.scope)]
    with threads(world, order.workers) as crew:
        while waiting:
            rounds = [crew.submit(task) for task in waiting if task.repeated]
            for task in waiting:
                if not task.repeated:
                    yield from task.forecast(world)
            waiting = [more for future in rounds for more in future.result().then]


def first_tasks(scope: Scope) -> Iterator[Task]:
    """Yield the tasks that a save begins with."""
    for kind in TYPES:
        if scope.wants(kind.provider, kind.type) or holds(kind.type, scope):
            yield ListType(kind.type)
    yield from kubernetes.tasks(scope)
    yield from dumps.tasks(scope)
    yield from volumes.tasks(scope)


def _crew(order: Order, brief: Brief, world: World) -> AbstractContextManager[Crew]:
    if order.scheduler:
        return cluster(brief, order.scheduler)
    return threads(world, order.workers)


def _home(profile: Profile, account: str) -> dict[str, str]:
    region, cluster = profile.aws.region, profile.kubernetes.cluster
    return {"account": account, "region": region, "cluster": cluster}


def _started(order: Order, vault: Vault, account: str) -> SaveStarted:
    return SaveStarted(
        name=order.name,
        where=vault.where,
        profile=order.profile.name,
        account=account,
        tenants=order.scope.tenants,
        resumed=order.resume,
        at=_now(),
    )


def _finished(vault: Vault, name: str, size: int, seconds: float) -> SaveFinished:
    reader = vault.reader()
    snapshot = reader.snapshot(name)
    return SaveFinished(
        name=name,
        state=snapshot.state.value,
        items=snapshot.items,
        size=size,
        gaps=sum(map(is_gap, reader.coverage(snapshot))),
        content=snapshot.content,
        seconds=seconds,
        at=_now(),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
