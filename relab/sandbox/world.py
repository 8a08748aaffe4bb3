"""A whole sandbox in one event loop: AWS, Kubernetes, the MLflow servers, seeds and faults."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from profiles.model import Profile
from profiles.naming import names
from relab.events import Progress
from relab.sandbox import eks
from relab.sandbox.aws.account import Account
from relab.sandbox.aws.bridge import Bridge
from relab.sandbox.aws.direct import Direct
from relab.sandbox.aws.gate import Gate
from relab.sandbox.faults.board import Active, Board
from relab.sandbox.faults.scene import Scene
from relab.sandbox.faults.table import bound
from relab.sandbox.files import Address
from relab.sandbox.kube import Cluster, Denial, Incoming, User
from relab.sandbox.mlflow import TrackingServers
from relab.sandbox.people import ADMIN, Person, everyone, named
from relab.sandbox.pods import Pods
from relab.sandbox.registry.door import Door
from relab.sandbox.registry.server import RegistryServer
from relab.sandbox.registry.tokens import Tokens
from relab.sandbox.restrictions import SHUTDOWN_SECONDS, SLOW_SECONDS, Restrictions
from relab.sandbox.seed import account as account_seed
from relab.sandbox.seed import aws as aws_seed
from relab.sandbox.seed import kube as kube_seed

_LOOPBACK = "127.0.0.1"
_UNAUTHORIZED = Denial(401, "Unauthorized", "Unauthorized")
_THROTTLED = Denial(429, "TooManyRequests", "Too many requests, please try again later.")


@dataclass(frozen=True, slots=True)
class Counts:
    """What the sandbox holds; `stand_ins` are the things of EKS and ECR that moto does not know."""

    tenants: int
    buckets: int
    objects: int
    repositories: int
    images: int
    stand_ins: int
    namespaces: int
    pods: int


class World:
    """The sandbox of `profile`; all methods belong to the thread of the event loop.

    Volumes stand below `folder`; below a temporary one when it is None.
    """

    def __init__(self, profile: Profile, folder: Path | None = None) -> None:
        self.profile = profile
        self._pods = Pods(profile, folder)
        self.people = everyone(profile)
        self.restrictions = Restrictions()
        aws = profile.aws
        self.account = Account(aws.account, aws.region, self.people, aws.alias)
        self._users = {person.name: _user(person) for person in self.people}
        self._names = {person.kube_user: person.name for person in self.people}
        self.cluster = self._cluster()
        self._servers = TrackingServers(
            {tenant: aws_seed.experiments(self._words(tenant)) for tenant in profile.tenants}
        )
        self._bridge = Bridge()
        self._tokens = Tokens()
        self._registry = RegistryServer(self.account, self.restrictions, self._tokens)
        self._aws = web.AppRunner(
            self._aws_app(),
            access_log=None,
            auto_decompress=False,
            shutdown_timeout=SHUTDOWN_SECONDS,
        )
        self._scene = Scene(profile, self.account, self.cluster, self.restrictions)
        self._board = Board(bound(self._scene))

    async def start(self) -> Address:
        """Listen on free loopback ports; nothing is seeded yet."""
        await self._aws.setup()
        await web.TCPSite(self._aws, _LOOPBACK, 0).start()
        await self._servers.start()
        await self.cluster.start(_LOOPBACK, 0)
        self._connect()
        port = self._aws.addresses[0][1]
        registry = await self._registry.start(_LOOPBACK)
        return Address(f"http://{_LOOPBACK}:{port}", self.cluster.url, self._ca, registry)

    async def stop(self) -> None:
        """Close every port; calls that are running are cut off."""
        await self.cluster.stop()
        self._pods.stop()
        await self._servers.stop()
        await self._registry.stop()
        await self._aws.cleanup()
        self._bridge.close()

    async def seed(self) -> AsyncIterator[Progress]:
        """Fill the empty sandbox, letting requests in between two tenants."""
        tenants = self.profile.tenants
        caller = self._caller()
        aws_seed.plant_platform(self.account)
        self.account.make("shared", account_seed.plant_shared(caller, self.profile))
        name = self.profile.kubernetes.cluster
        self.account.serve_cluster(name, self.cluster.url, self._ca, self._empty_cluster)
        for done, tenant in enumerate(tenants, start=1):
            aws_seed.plant_tenant(self.account, self.profile, tenant)
            own = account_seed.plant_tenant(caller, self.profile, tenant)
            self.account.make(tenant, own)
            yield Progress("aws", done, len(tenants))
            await asyncio.sleep(0)
        kube_seed.plant_kinds(self.cluster)
        kube_seed.plant_platform(self.cluster, self.profile)
        for done, tenant in enumerate(tenants, start=1):
            kube_seed.plant_tenant(self.cluster, self.profile, tenant)
            yield Progress("kubernetes", done, len(tenants))
            await asyncio.sleep(0)

    async def reset(self, *, empty: bool) -> None:
        """Wipe everything and all faults, then seed again unless `empty`; keys and tokens stay."""
        self._board.forget()
        self._scene.forget()
        self.account.wipe()
        self._registry.forget()
        if empty:
            self._empty_cluster()
            return
        self.cluster.reset(keep_crds=False)
        self._pods.reset(empty=False)
        self._connect()
        async for _ in self.seed():
            pass

    def _empty_cluster(self) -> None:
        """Leave the cluster as a new one of EKS: nodes, and the CRDs of what is installed first."""
        self.cluster.reset(keep_crds=True)
        self._pods.reset(empty=True)
        self._connect()
        kube_seed.plant_nodes(self.cluster, self.profile)

    def break_(self, fault: str, tenant: str | None) -> bool:
        """Put a fault in force; False when it already is."""
        return self._board.break_(Active(fault, tenant))

    def mend(self, fault: str, tenant: str | None) -> bool:
        """Undo a fault exactly; False when it is not in force."""
        return self._board.mend(Active(fault, tenant))

    @property
    def faults(self) -> tuple[Active, ...]:
        """The faults in force, oldest first."""
        return self._board.active

    def counts(self) -> Counts:
        """Count what is there now."""
        buckets = list(self.account.s3.buckets.values())
        repositories = list(self.account.ecr.repositories.values())
        return Counts(
            tenants=len(self.profile.tenants),
            buckets=len(buckets),
            objects=sum(len(bucket.keys) for bucket in buckets),
            repositories=len(repositories),
            images=sum(len(repository.images) for repository in repositories),
            stand_ins=self.account.stand_ins,
            namespaces=len(self.cluster.list("v1", "Namespace")),
            pods=len(self.cluster.list("v1", "Pod")),
        )

    @property
    def _ca(self) -> bytes:
        return self.cluster.ca_pem.encode()

    def _caller(self) -> Direct:
        admin = named(self.people, ADMIN)
        region = self.profile.aws.region
        return Direct(self._bridge.direct, region, admin.access_key, admin.secret_key)

    def _words(self, tenant: str) -> dict[str, str]:
        return aws_seed.tenant_words(self.profile, tenant)

    def _cluster(self) -> Cluster:
        called = [names(self.profile, tenant) for tenant in self.profile.tenants]
        spaces = {item.profiles[0]: item.namespaces[0] for item in called}
        person_of = eks.reader(self.account, self.profile.kubernetes.cluster, self.restrictions)

        def user_of(token: str) -> User | None:
            person = person_of(token)
            return self._users[person.name] if person else None

        return Cluster(
            tokens={person.token: self._users[person.name] for person in self.people},
            authenticators=[user_of],
            interceptor=self._intercept,
            namespace_of=lambda name: spaces.get(name, name),
            machine=self._pods.machine,
        )

    async def _intercept(self, incoming: Incoming) -> Denial | None:
        person = self._names.get(incoming.user.name)
        if person in self.restrictions.slow:
            await asyncio.sleep(SLOW_SECONDS)
        if person in self.restrictions.unauthorized:
            return _UNAUTHORIZED
        return _THROTTLED if person in self.restrictions.throttled else None

    def _connect(self) -> None:
        for tenant, port in self._servers.ports.items():
            space = names(self.profile, tenant).namespaces[0]
            self.cluster.service_backend(space, "mlflow-server", 5000, (_LOOPBACK, port))

    def _aws_app(self) -> web.Application:
        door = Door(self._bridge.answer, self.account, self._tokens)
        gate = Gate(self.account.find_key, self.restrictions, door.answer, self.account.after)
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{path:.*}", gate.handle)
        return app


def _user(person: Person) -> User:
    return User(person.kube_user, f"sandbox:{person.name}", person.groups)
