"""What every task is handed: where and as whom to ask, and where bytes go."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from profiles.model import Profile
from profiles.naming import aws_target, kube_target, names
from relab.clouds import AwsTarget, KubeTarget
from relab.clouds.aws import Aws
from relab.clouds.objects import Objects
from relab.errors import NoVault
from snapshot.collect.aides import Aides, Part, T_co
from snapshot.collect.scope import SHARED, Scope
from snapshot.vault.model import Entry
from snapshot.vault.seal import Sealer
from snapshot.vault.store import Store
from snapshot.vault.stores import open_store

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from relab.clouds.kube import Kube
    from relab.clouds.registry import Registry
    from snapshot.vault.model import Snapshot
    from snapshot.vault.reader import Reader


@dataclass(frozen=True, slots=True)
class Brief:
    """All that a worker on another machine must know; picklable, and opens no secret.

    `vault` is the folder or `s3://bucket/prefix`, `account` has 12 digits.
    """

    profile: Profile
    scope: Scope
    account: str
    vault: str
    sealer: Sealer


class World:
    """The clients of one process, made when first asked for; safe to share by threads.

    What they are made of is imported then, too: an aide needs little of it, and soon.
    """

    def __init__(
        self, brief: Brief, store: Store | None = None, aides: Aides | None = None
    ) -> None:
        self.brief = brief
        self.profile = brief.profile
        self.scope = brief.scope
        self.account = brief.account
        self.sealer = brief.sealer
        self.target: AwsTarget = aws_target(brief.profile)
        self.kube_target: KubeTarget = kube_target(brief.profile)
        self._given = store
        self._aides = aides

    @property
    def cluster(self) -> str:
        """Return the cluster's name, which is the `region` of Kubernetes items."""
        return self.profile.kubernetes.cluster

    @cached_property
    def aws(self) -> Aws:
        """Return the maker of AWS calls; it waits and tries again when it is throttled."""
        return Aws(patient=True)

    @cached_property
    def registry(self) -> "Registry":
        """Return the client of the account's image registry."""
        from relab.clouds.registry import Registry
        from relab.clouds.registry_http import ecr_login

        return Registry(ecr_login(self.aws, self.target, self.profile.aws.registry))

    @cached_property
    def objects(self) -> Objects:
        """Return the reader of S3 objects."""
        return Objects(self.aws, self.target)

    @cached_property
    def kube(self) -> "Kube":
        """Return the maker of Kubernetes requests."""
        from relab.clouds.kube import Kube

        return Kube()

    @cached_property
    def store(self) -> Store:
        """Return where data goes: `store.put(chunks)` gives the blob."""
        return self._given or open_store(self.brief.vault, self.client)

    def do(self, part: Part[T_co]) -> T_co:
        """Return what came of `part`, done here or by an aide."""
        return self._aides.do(part, self) if self._aides else part.run(self)

    def expect(self, count: int) -> bool:
        """Take in that `count` more objects will be read; tell whether that is worth aides."""
        return self._aides is not None and self._aides.expect(count)

    def expect_parts(self) -> None:
        """Start the aides, so that they are there when a first save has its many parts.

        A later save may find all unchanged; there they start once they are worth it.
        """
        if self._aides and not self._newest():
            self._aides.start(self)

    def tenant_of(self, *texts: str) -> str:
        """Return the tenant whose user's name stands as a word in one of `texts`, or `SHARED`.

        The first text that names exactly one tenant decides.
        """
        for text in texts:
            found = set(self._words.findall(text))
            if len(found) == 1:
                return self._users[found.pop()]
        return SHARED

    def earlier(self, kind: str, first: str, last: str) -> Iterator[Entry]:
        """Yield entries of `kind` whose key is in `first`..`last`, of the newest snapshot.

        Nothing when there is none yet.
        """
        if newest := self._newest():
            yield from self._reader.between(newest, kind, first, last)

    def _newest(self) -> "Snapshot | None":
        with suppress(NoVault):
            return next(reversed(self._reader.snapshots()), None)
        return None

    @cached_property
    def _reader(self) -> "Reader":
        from snapshot.vault.opening import open_reader

        return open_reader(self.brief.vault, self.client)

    @cached_property
    def _users(self) -> dict[str, str]:
        return {names(self.profile, n).user: n for n in self.profile.tenants}

    @cached_property
    def _words(self) -> re.Pattern[str]:
        listed = "|".join(re.escape(user) for user in self._users)
        return re.compile(rf"(?<![A-Za-z0-9])(?:{listed})(?![A-Za-z0-9])")

    def client(self) -> "S3Client":
        """Return a client for a vault that lies in a bucket."""
        client: S3Client = self.aws.client(self.target, "s3")  # type: ignore[assignment]  # by name
        return client


@cache
def world_of(brief: Brief) -> World:
    """Return this process's world for `brief`; for workers, which are handed many tasks."""
    return World(brief)
