"""All parts of one cluster, wired together."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from relab.sandbox.kube import bootstrap
from relab.sandbox.kube.api import Api
from relab.sandbox.kube.auth import Authentication, Authenticator
from relab.sandbox.kube.controllers.namespaces import NamespaceController
from relab.sandbox.kube.controllers.profiles import ProfileController
from relab.sandbox.kube.controllers.quotas import QuotaController
from relab.sandbox.kube.controllers.roles import RoleController
from relab.sandbox.kube.controllers.workloads import WorkloadController
from relab.sandbox.kube.crd import Definitions
from relab.sandbox.kube.deletion import Deleter
from relab.sandbox.kube.escalation import Escalation
from relab.sandbox.kube.model import Denial, Incoming, User
from relab.sandbox.kube.openapi import OpenApi
from relab.sandbox.kube.rbac import Authorizer
from relab.sandbox.kube.reading import Reader
from relab.sandbox.kube.subresources import Subresources, tokens
from relab.sandbox.kube.watching import Watcher
from relab.sandbox.kube.writes import Write
from relab.sandbox.kube.writing import Writer

Interceptor = Callable[[Incoming], Awaitable[Denial | None]]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a cluster is made from."""

    tokens: Mapping[str, User]
    authenticators: Sequence[Authenticator]
    interceptor: Interceptor | None
    namespace_of: Callable[[str], str]
    ca_pem: str = field(default="", repr=False)


class Core:
    """The parts of a cluster: store and verbs, rights, controllers and handlers."""

    def __init__(self, settings: Settings) -> None:
        self.interceptor = settings.interceptor
        self.api = Api()
        self.definitions = Definitions(self.api)
        self.authorizer = Authorizer(self.api.store)
        self.authentication = Authentication(settings.tokens, settings.authenticators)
        self.deleter = Deleter(self.api)
        self.api.admission.append(Escalation(self.api.store, self.authorizer).admit)
        RoleController(self.api, self.authorizer)
        NamespaceController(self.api, settings.ca_pem)
        QuotaController(self.api)
        WorkloadController(self.api)
        self.profiles = ProfileController(self.api, settings.namespace_of)
        self.openapi = OpenApi(self.api)
        self.reader = Reader(self.api, self.definitions)
        self.writer = Writer(self.api, self.deleter, self.reader)
        self.watcher = Watcher(self.api, self.reader)
        self.subresources = Subresources(self.api, self.reader, self.writer, self.deleter)
        self.subresources.handlers["token"] = tokens(self.api, self.authentication)
        self.bootstrap()

    def bootstrap(self) -> None:
        """Create what every cluster has from the start, where it is missing."""
        spaces = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            for name in bootstrap.NAMESPACES
        ]
        write = Write(manager="kube-apiserver", trusted=True)
        for doc in [*spaces, *bootstrap.roles()]:
            kind = self.api.kind(doc["apiVersion"], doc["kind"])
            if self.api.store.get(kind.resource, "", doc["metadata"]["name"]) is None:
                self.api.create(kind, "", doc, write)
