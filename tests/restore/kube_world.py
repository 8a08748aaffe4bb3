"""A cluster in this process, saved and restored by the engine; AWS only tells who we are."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml

from profiles.model import Profile
from profiles.naming import names
from relab.events import StepDone
from relab.resources.item import Item
from relab.sandbox.kube import Cluster, Denial, Incoming, User
from relab.sandbox.kube.exec.machine import Machine
from relab.sandbox.seed import kube as seed
from relab.sandbox.session import Session
from restore import start
from restore.apply import Applier
from restore.model import Choice, Plan
from restore.plan import make
from restore.verify import verify
from snapshot.collect.save import Order, save
from snapshot.collect.scope import SHARED, Scope
from snapshot.vault import keys
from snapshot.vault.model import Snapshot
from snapshot.vault.opening import Means, make_vault
from snapshot.vault.vault import Vault
from tests.kube.emulator import Running, running
from tests.restore.aws_world import Done, Made, through

TENANTS = ("07", "08")
ONLY = ("kubernetes/*",)
_READS = frozenset({"get", "list", "watch"})
_TOKEN = "admin-token"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Restored(Done):
    """What a restore did, and what it told a person of its steps."""

    @property
    def notes(self) -> list[str]:
        return [e.note for e in self.events if isinstance(e, StepDone) and e.note]


@dataclass(frozen=True, slots=True)
class KubeWorld:
    """A cluster, what it was asked to change, and a vault."""

    running: Running
    profile: Profile
    vault: Vault
    writes: list[Incoming]

    @property
    def cluster(self) -> Cluster:
        return self.running.cluster

    def call(self, function: Callable[..., T], *values: Any, **named: Any) -> T:
        """Do something to the cluster on its own thread."""
        return self.running.call(function, *values, **named)

    def fill(self, plant: Callable[[], None] | None = None) -> None:
        """Empty the cluster and fill it again, by the seed of two tenants or by `plant`."""
        self.empty(keep_crds=False)
        self.call(plant or self.plant)

    def plant(self) -> None:
        """Fill the empty cluster by the seed; on the cluster's own thread."""
        seed.plant_kinds(self.cluster)
        self._delete_nodes()
        seed.plant_platform(self.cluster, self.profile)
        for tenant in TENANTS:
            seed.plant_tenant(self.cluster, self.profile, tenant)

    def _delete_nodes(self) -> None:
        for node in self.cluster.list("v1", "Node"):
            self.cluster.delete("v1", "Node", node["metadata"]["name"])

    def empty(self, *, keep_crds: bool = True) -> None:
        """Leave nothing but the machines, and the definitions where they are kept."""
        self.call(self.cluster.reset, keep_crds)
        self.call(seed.plant_nodes, self.cluster, self.profile)

    def save(self, name: str) -> Snapshot:
        scope = Scope((*self.profile.tenants, SHARED), ONLY, data=False)
        for _ in save(self.vault, Order(self.profile, name, scope), os.environ):
            pass
        return self.vault.reader().snapshot(name)

    def items(self, snapshot: Snapshot) -> list[Item]:
        return [entry.item for entry in self.vault.reader().entries(snapshot)]

    def plan(self, snapshot: Snapshot, only: Sequence[str] = (), **choice: Any) -> Made:
        wanted = Choice((*self.profile.tenants, SHARED), tuple(only), data=False, **choice)
        return through(make(self.vault, snapshot, self.profile, wanted, os.environ))

    def restore(
        self,
        snapshot: Snapshot,
        only: Sequence[str] = (),
        *,
        patience: float = 60.0,
        **choice: Any,
    ) -> Restored:
        """Plan, apply and verify; `writes` are those of the apply alone."""
        made = self.plan(snapshot, only, **choice)
        start.keep(made[0])
        hands = start.hands(self.vault, snapshot, self.profile, made)
        hands.kube.patience = patience
        self.writes.clear()
        try:
            events = tuple(Applier(made[0], hands).run())
            written = [*self.writes]
            report = through(verify(hands, self.profile, made[0].choice, os.environ))
            self.writes[:] = written
            return Restored(made[0], events, report, hands.journal.names, {})
        finally:
            hands.journal.close()

    def space(self, tenant: str) -> str:
        return names(self.profile, tenant).namespaces[0]


def kubernetes_rows(plan: Plan) -> list[Any]:
    return [row for row in plan.items if row.provider == "kubernetes"]


@contextmanager
def kube_world(sandbox: Session, folder: Path) -> Iterator[KubeWorld]:
    """Start an empty cluster with its vault; who asks is told by `sandbox`."""
    writes: list[Incoming] = []

    async def note(incoming: Incoming) -> Denial | None:
        if incoming.resource and incoming.verb not in _READS:
            writes.append(incoming)
        return None

    spaces = {
        called.profiles[0]: called.namespaces[0]
        for called in (names(sandbox.profile, tenant) for tenant in sandbox.profile.tenants)
    }
    cluster = Cluster(
        tokens={_TOKEN: User("admin", "1", ("system:masters",))},
        interceptor=note,
        namespace_of=lambda name: spaces.get(name, name),
        machine=Machine(folder / "volumes", runs_pods=True),
    )
    with running(cluster) as started:
        key = keys.create(folder / "vault.key")
        vault = make_vault(str(folder / "vault"), Means(lambda: key, _no_client), [key.recipient])
        yield KubeWorld(started, _profile(sandbox.profile, cluster, folder), vault, writes)


def _profile(profile: Profile, cluster: Cluster, folder: Path) -> Profile:
    path = folder / "kubeconfig"
    named = {"name": "admin"}
    server = {"server": cluster.url, "certificate-authority": str(folder / "ca.pem")}
    (folder / "ca.pem").write_text(cluster.ca_pem, encoding="utf-8")
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [named | {"cluster": server}],
        "users": [named | {"user": {"token": _TOKEN}}],
        "contexts": [named | {"context": {"cluster": "admin", "user": "admin"}}],
        "current-context": "admin",
    }
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    kubernetes = replace(
        profile.kubernetes, server=cluster.url, kubeconfig=str(path), context="admin"
    )
    roster = (replace(profile.group(TENANTS[0]), tenants=TENANTS),)
    return replace(profile, kubernetes=kubernetes, roster=roster)


def _no_client() -> Any:
    raise AssertionError("the vault is a folder")
