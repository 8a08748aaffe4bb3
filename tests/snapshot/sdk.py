"""Changes to a sandbox's cluster by the official client."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from relab.sandbox.session import Session


@dataclass(frozen=True, slots=True)
class Api:
    """The official dynamic client, for any kind."""

    client: Any

    def create(self, body: dict[str, Any], namespace: str | None = None) -> None:
        resource = self._resource(body["apiVersion"], body["kind"])
        resource.create(body=body, namespace=namespace)

    def patch(
        self, version: str, kind: str, name: str, body: dict[str, Any], namespace: str | None = None
    ) -> None:
        media = "application/merge-patch+json"
        resource = self._resource(version, kind)
        resource.patch(name=name, body=body, namespace=namespace, content_type=media)

    def delete(self, version: str, kind: str, name: str, namespace: str | None = None) -> None:
        self._resource(version, kind).delete(name=name, namespace=namespace)

    def names(self, version: str, kind: str, namespace: str) -> list[str]:
        found = self._resource(version, kind).get(namespace=namespace)
        return [one.metadata.name for one in found.items]

    def _resource(self, version: str, kind: str) -> Any:
        return self.client.resources.get(api_version=version, kind=kind)


@contextmanager
def api(sandbox: Session) -> Iterator[Api]:
    """Change the cluster as its admin."""
    from kubernetes import config, dynamic

    connect: Any = config.new_client_from_config
    speaker: Any = dynamic.DynamicClient
    kube = sandbox.profile.kubernetes
    with connect(kube.kubeconfig, context=kube.context) as client:
        yield Api(speaker(client))
