"""Every namespace gets the service account `default` and the config map `kube-root-ca.crt`."""

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.controllers.tools import ensure
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, name_of, namespace_of

_ROOT_CA = "kube-root-ca.crt"
_ABOUT = {"kubernetes.io/description": "The CA bundle that verifies this API server."}


class NamespaceController:
    """Makes both objects with the namespace, and again when one of them is deleted."""

    def __init__(self, api: Api, ca_pem: str) -> None:
        self._api = api
        self._ca_pem = ca_pem
        api.reactions.append(self._react)

    def _react(self, kind: Kind, before: Doc | None, after: Doc | None) -> None:
        if kind.resource == ("", "namespaces") and before is None and after is not None:
            self._fill(name_of(after))
        elif after is None and before is not None and _kept(kind, before):
            self._fill(namespace_of(before))

    def _fill(self, namespace: str) -> None:
        where = {"namespace": namespace}
        account = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": where | {"name": "default"},
        }
        bundle = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": where | {"name": _ROOT_CA, "annotations": _ABOUT},
            "data": {"ca.crt": self._ca_pem},
        }
        for doc in (account, bundle):
            ensure(self._api, doc, "kube-controller-manager")


def _kept(kind: Kind, doc: Doc) -> bool:
    named = (kind.resource, name_of(doc))
    return named in ((("", "serviceaccounts"), "default"), (("", "configmaps"), _ROOT_CA))
