"""What is met in a cluster and never captured, each with its reason.

Names are `Kind.group`, or `Kind` for the core group; `*` stands for anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from relab.resources.expressions import search
from relab.resources.kubernetes.kinds import Served

NOT_LISTABLE = "it can not be listed: asking it is a call, not a thing"
_MEASURED = "measured anew all the time"
_NODES = "it stands for a machine: nodes come back with their node group"
_STORAGE = "the storage driver reports it"
_CONTROL_PLANE = "the control plane's own"
_NETWORK = "the network plug-in makes it"

KINDS: Mapping[str, str] = {
    "Event": "a message about the past, kept for an hour",
    "Event.events.k8s.io": "a message about the past, kept for an hour",
    "Lease.coordination.k8s.io": "a heartbeat: whoever holds it makes it again",
    "LeaseCandidate.coordination.k8s.io": "a heartbeat: whoever holds it makes it again",
    "ComponentStatus": _CONTROL_PLANE,
    "Node": _NODES,
    "CSINode.storage.k8s.io": _NODES,
    "CSIDriver.storage.k8s.io": "it comes with the add-on that installs the driver",
    "CSIStorageCapacity.storage.k8s.io": _STORAGE,
    "VolumeAttachment.storage.k8s.io": _STORAGE,
    "CertificateSigningRequest.certificates.k8s.io": "a request that was answered long ago",
    "FlowSchema.flowcontrol.apiserver.k8s.io": _CONTROL_PLANE,
    "PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io": _CONTROL_PLANE,
    "StorageVersion.internal.apiserver.k8s.io": _CONTROL_PLANE,
    "StorageVersionMigration.storagemigration.k8s.io": _CONTROL_PLANE,
    "IPAddress.networking.k8s.io": _CONTROL_PLANE,
    "ServiceCIDR.networking.k8s.io": _CONTROL_PLANE,
    "ResourceSlice.resource.k8s.io": "a driver reports it",
    "*.metrics.k8s.io": _MEASURED,
    "*.custom.metrics.k8s.io": _MEASURED,
    "*.external.metrics.k8s.io": _MEASURED,
    "CNINode.vpcresources.k8s.aws": _NETWORK,
    "PolicyEndpoint.networking.k8s.aws": _NETWORK,
    "CiliumEndpoint.cilium.io": _NETWORK,
    "CiliumIdentity.cilium.io": _NETWORK,
    "CiliumNode.cilium.io": _NETWORK,
    "NodeClaim.karpenter.sh": _NODES,
}


@dataclass(frozen=True, slots=True)
class Left:
    """Objects of kind `name` for which `when` (JMESPath) holds are not captured."""

    name: str
    when: str
    reason: str


OBJECTS: tuple[Left, ...] = (
    Left(
        "Endpoints",
        # An address that a person wrote points at no object.
        "!((subsets[].addresses[] || `[]`)[?!targetRef]"
        " || (subsets[].notReadyAddresses[] || `[]`)[?!targetRef])",
        "its service makes it",
    ),
    Left(
        "Pod",
        "metadata.labels.\"app.kubernetes.io/managed-by\"=='relab'",
        "a save's own, while it reads a volume",
    ),
    Left(
        "EndpointSlice.discovery.k8s.io",
        'metadata.labels."endpointslice.kubernetes.io/managed-by"'
        " && ends_with(metadata.labels.\"endpointslice.kubernetes.io/managed-by\", '.k8s.io')"
        " || metadata.ownerReferences[?kind=='Service' || kind=='Endpoints']"
        " || !(endpoints[?!targetRef])",
        "its service makes it",
    ),
)


@lru_cache(maxsize=1024)
def reason(kind: Served) -> str:
    """Return why nothing of `kind` is captured; empty when it is."""
    for name, why in KINDS.items():
        if fnmatchcase(kind.name, name):
            return why
    return "" if kind.listable else NOT_LISTABLE


def reason_of(kind: Served, raw: Mapping[str, Any]) -> str:
    """Return why this one object of `kind` is not captured; empty when it is."""
    for rule in OBJECTS:
        if rule.name == kind.name and search(rule.when, raw):
            return rule.reason
    return ""
