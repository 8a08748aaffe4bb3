"""An AWS account on moto, saved and restored by the engine alone: no cluster, no data."""

import os
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from profiles.loader import load
from profiles.model import Profile
from relab.clouds.aws import Aws
from relab.events import Event, StepFailed
from relab.resources.item import Item
from relab.resources.registry import TYPES
from restore import start
from restore.apply import Applier
from restore.hands import Hands
from restore.live import Live
from restore.model import Action, Choice, Existing, Plan
from restore.plan import Saved, make
from restore.verify import Report, verify
from snapshot.collect.save import Order, save
from snapshot.collect.scope import SHARED, Scope
from snapshot.vault import keys
from snapshot.vault.model import Snapshot
from snapshot.vault.opening import Means, make_vault
from snapshot.vault.vault import Vault
from tests.resources.account import ACCOUNT, REGION, Account, running
from tests.resources.seeding import seed
from tests.snapshot.meddler import Asked, Meddler, meddling

T = TypeVar("T")
# What moto can not do; elsewhere these are shown on answers that botocore has checked.
_NOT_IN_MOTO = frozenset(
    {
        "ecr.pull-through-cache-rule",
        "eks.access-entry",
        "eks.addon",
        "eks.pod-identity-association",
        "kms.key-material",
    }
)
ONLY = tuple(kind.type for kind in TYPES if kind.type not in _NOT_IN_MOTO)
# Passwords and keys of users are not made again.
NEVER = frozenset({"iam.access-key", "iam.login-profile"})
_READS = ("Describe", "List", "Get", "Lookup", "Batch", "Filter", "Generate")
Made = tuple[Plan, Saved, Live]


def profile_at(endpoint: str, credentials: str) -> Profile:
    found = load("ha-mlops")
    aws = replace(
        found.aws,
        endpoint=endpoint,
        region=REGION,
        account=ACCOUNT,
        credentials_file=credentials,
    )
    return replace(found, aws=aws)


@dataclass(frozen=True, slots=True)
class Done:
    """What a restore did: its plan, its events, and what the verification found.

    `names` are old identifier -> new identifier, `keys` identity -> key now.
    """

    plan: Plan
    events: tuple[Event, ...]
    report: Report
    names: dict[str, str]
    keys: dict[str, str]

    @property
    def failures(self) -> list[StepFailed]:
        return [event for event in self.events if isinstance(event, StepFailed)]

    @property
    def clean(self) -> bool:
        whole = not self.report.differences and not self.report.partial
        return whole and not self.failures and not self.plan.blocked

    def actions(self) -> set[Action]:
        return {row.action for row in self.plan.items}


@dataclass(frozen=True, slots=True)
class AwsWorld:
    """The account, the same through a proxy that meddles, and a vault."""

    account: Account
    meddler: Meddler
    vault: Vault
    profile: Profile
    only: tuple[str, ...] = ONLY

    @property
    def choice(self) -> Choice:
        return Choice((*self.profile.tenants, SHARED), data=False)

    def save(self, name: str = "one") -> Snapshot:
        scope = Scope(self.choice.tenants, only=self.only, data=False)
        for _ in save(self.vault, Order(self.profile, name, scope), os.environ):
            pass
        return self.vault.reader().snapshot(name)

    def plan(self, snapshot: Snapshot, existing: Existing = Existing.ADOPT_IF_EQUAL) -> Made:
        choice = replace(self.choice, existing=existing)
        return through(make(self.vault, snapshot, self.profile, choice, os.environ))

    def hands(self, snapshot: Snapshot, made: Made) -> Hands:
        start.keep(made[0])
        return start.hands(self.vault, snapshot, self.profile, made)

    def apply(self, snapshot: Snapshot, made: Made) -> Done:
        hands = self.hands(snapshot, made)
        try:
            events = tuple(Applier(made[0], hands).run())
            report: Report = through(verify(hands, self.profile, made[0].choice, os.environ))
            rows = {row.identity: hands.journal.made(row.identity) for row in made[0].items}
            keys = {name: one.key for name, one in rows.items() if one}
            return Done(made[0], events, report, hands.journal.names, keys)
        finally:
            hands.journal.close()

    def restore(self, snapshot: Snapshot, existing: Existing = Existing.ADOPT_IF_EQUAL) -> Done:
        return self.apply(snapshot, self.plan(snapshot, existing))

    def resume(self, snapshot: Snapshot) -> Done:
        """Go on with the restore of `snapshot` that was not ended."""
        kept = start.unfinished(snapshot, ACCOUNT)
        assert kept
        return self.apply(snapshot, (kept, *self.plan(snapshot)[1:]))

    def items(self) -> list[Item]:
        """Return every item of the world's types that stands now."""
        # The addresses of queues hold that of the server.
        seen = replace(self.account, endpoint=self.meddler.url)
        kinds = [kind for kind in TYPES if kind.type in self.only]
        found = [record for kind in kinds for record in seen.read(kind)]
        return [record for record in found if isinstance(record, Item)]

    def strays(self, done: Done) -> Counter[str]:
        """Return by type how many things stand there that are no item of the restore `done`."""
        known = {(name.split(":", 2)[1], key) for name, key in done.keys.items()}
        return Counter(item.type for item in self.items() if (item.type, item.key) not in known)

    def changes(self) -> list[Asked]:
        """Return the calls that the proxy has seen since, and that may change something."""
        return [asked for asked in self.meddler.seen if not is_read(asked)]

    def wipe(self) -> None:
        """Empty the account, but for what no snapshot holds and the seed refers to."""
        self.account.reset()
        self.account.do("kinesis", "CreateStream", StreamName="logs", ShardCount=1)


def through(events: Generator[Event, None, T]) -> T:
    """Follow `events` to their end and return what they return."""
    while True:
        try:
            next(events)
        except StopIteration as end:
            found: T = end.value
            return found


def is_read(asked: Asked) -> bool:
    """Tell whether a request can change nothing, by its method or the name of its action."""
    if asked.method in ("GET", "HEAD"):
        return True
    return action_of(asked).startswith(_READS)


def action_of(asked: Asked) -> str:
    """Return the operation that a request names, empty when its path says it (REST)."""
    target = asked.text.split(" ", 3)[2].rpartition(".")[2]
    body = asked.text.split(" ", 3)[3]
    if body.startswith("Action="):
        return body[len("Action=") :].partition("&")[0]
    return target or body.partition("&Action=")[2].partition("&")[0]


@contextmanager
def account_world(
    folder: Path,
    fill: Callable[[Account], object] = seed,
    only: tuple[str, ...] = ONLY,
    *,
    taught: bool = False,
) -> Iterator[AwsWorld]:
    """Start an account that `fill` has filled, a proxy in front of it, and an empty vault."""
    with running(folder, taught=taught) as found, meddling(found.endpoint) as meddler:
        # A call that makes something must not be made again because the machine is busy.
        account = replace(found, aws=Aws(patient=True))
        fill(account)
        key = keys.create(folder / "vault.key")
        vault = make_vault(str(folder / "vault"), Means(lambda: key, _no_client), [key.recipient])
        profile = profile_at(meddler.url, account.credentials)
        yield AwsWorld(account, meddler, vault, profile, only)


@contextmanager
def own_state(folder: Path) -> Iterator[Path]:
    """Let what is restored be noted in `folder`, also before a test's own home is made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield folder


def _no_client() -> Any:
    raise AssertionError("the vault is a folder")
