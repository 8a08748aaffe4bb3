"""The lab's tenants on a real control plane, saved and restored by the engine."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from profiles.model import Profile
from relab.clouds import KubeTarget
from relab.clouds.kube import Kube
from relab.clouds.outcome import Reply
from relab.events import StepDone
from relab.resources.item import Item
from relab.sandbox.people import ADMIN, Person, everyone, named
from restore import start
from restore.apply import Applier
from restore.kube_order import tier
from restore.model import Choice
from restore.plan import make
from restore.verify import verify
from snapshot.collect.kubernetes import discovered
from snapshot.collect.save import Order, save
from snapshot.collect.scope import SHARED, Scope
from snapshot.collect.world import Brief, World
from snapshot.vault import keys
from snapshot.vault.model import Snapshot
from snapshot.vault.opening import Means, make_vault
from snapshot.vault.vault import Vault
from tests.real.kube_server import Login, Server, running
from tests.restore.aws_world import Done, Made, through

ONLY = ("kubernetes/*",)
# The cluster makes them itself, and would not let them go.
_CLUSTERS_OWN = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
_NAMESPACE = "v1/Namespace"
_GONE_SECONDS = 120.0
_LOOK_SECONDS = 0.2
_PATIENCE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Restored(Done):
    """What a restore did, what it told of its steps, and which calls changed the cluster."""

    writes: tuple[dict[str, Any], ...]

    @property
    def notes(self) -> list[str]:
        return [event.note for event in self.events if isinstance(event, StepDone) and event.note]


@dataclass(frozen=True, slots=True)
class Tenants:
    """A cluster with its people, the profile that points at it, and a vault."""

    server: Server
    people: tuple[Person, ...]
    profile: Profile
    vault: Vault
    kube: Kube

    def save(self, name: str, profile: Profile | None = None) -> Snapshot:
        """Save all of the cluster of `profile` (None: this one)."""
        scope = Scope((*self.profile.tenants, SHARED), ONLY, data=False)
        for _ in save(self.vault, Order(profile or self.profile, name, scope), os.environ):
            pass
        return self.vault.reader().snapshot(name)

    def items(self, snapshot: Snapshot) -> list[Item]:
        return [entry.item for entry in self.vault.reader().entries(snapshot)]

    def plan(self, snapshot: Snapshot, profile: Profile | None = None) -> Made:
        """Plan a restore into the cluster of `profile` (None: this one)."""
        wanted = Choice((*self.profile.tenants, SHARED), (), data=False)
        return through(make(self.vault, snapshot, profile or self.profile, wanted, os.environ))

    def restore(self, snapshot: Snapshot) -> Restored:
        """Plan, apply and verify."""
        made = self.plan(snapshot)
        start.keep(made[0])
        hands = start.hands(self.vault, snapshot, self.profile, made)
        hands.kube.patience = _PATIENCE_SECONDS
        before = len(self._writes())
        try:
            events = tuple(Applier(made[0], hands).run())
            written = self._writes()[before:]
            report = through(verify(hands, self.profile, made[0].choice, os.environ))
            names = hands.journal.names
        finally:
            hands.journal.close()
        return Restored(made[0], events, report, names, {}, tuple(written))

    def wipe(self, snapshot: Snapshot) -> None:
        """Delete all that `snapshot` holds, and wait until it is gone with what it owned."""
        kinds = {kind.type: kind for kind in discovered(self._world, [])}
        paths = [
            f"{kinds[item.type].path(item.key.rpartition('/')[0])}/{item.key.rpartition('/')[2]}"
            for item in sorted(self.items(snapshot), key=tier, reverse=True)
            # A namespace whose Profile goes together with its definition would be left behind.
            if item.key not in _CLUSTERS_OWN and (not item.owner or item.type == _NAMESPACE)
        ]
        for path in paths:
            reply = self.ask(path, method="DELETE")
            assert reply.ok or reply.status in {"404", "409"}, (path, reply)
        end = time.monotonic() + _GONE_SECONDS
        while paths:
            paths = [path for path in paths if self.ask(path).ok]
            assert time.monotonic() < end, paths
            time.sleep(_LOOK_SECONDS)

    def ask(self, path: str, person: str = ADMIN, method: str = "GET") -> Reply:
        """Return what the server answers the person called `person`."""
        where = KubeTarget(self.profile.kubernetes.kubeconfig, person)
        return self.kube.request(where, path, method=method)

    def _writes(self) -> list[dict[str, Any]]:
        return self.server.writes(named(self.people, ADMIN).kube_user)

    @property
    def _world(self) -> World:
        brief = Brief(
            self.profile,
            Scope((*self.profile.tenants, SHARED)),
            self.profile.aws.account,
            self.vault.where,
            self.vault.sealer,
        )
        return World(brief)


@contextmanager
def tenants(profile: Profile, folder: Path) -> Iterator[Tenants]:
    """Start an empty control plane that knows all people of `profile`, with a vault."""
    people = everyone(profile)
    with running(folder, [Login(one.token, one.kube_user, one.groups) for one in people]) as server:
        key = keys.create(folder / "vault.key")
        vault = make_vault(str(folder / "vault"), Means(lambda: key, _no_client), [key.recipient])
        kubernetes = replace(
            profile.kubernetes,
            server=server.url,
            kubeconfig=_kubeconfig(server, people, folder),
            context=ADMIN,
        )
        yield Tenants(server, people, replace(profile, kubernetes=kubernetes), vault, Kube())


def _kubeconfig(server: Server, people: Sequence[Person], folder: Path) -> str:
    there = {"server": server.url, "certificate-authority": str(server.ca)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "real", "cluster": there}],
        "users": [{"name": one.name, "user": {"token": one.token}} for one in people],
        "contexts": [
            {"name": one.name, "context": {"cluster": "real", "user": one.name}} for one in people
        ],
        "current-context": ADMIN,
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return str(path)


def _no_client() -> Any:
    raise AssertionError("the vault is a folder")
