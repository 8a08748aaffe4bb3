"""The columns `kubectl get` shows for built-in kinds, as a table; priority 1 needs `-o wide`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from relab.sandbox.kube import cells
from relab.sandbox.kube.ages import age
from relab.sandbox.kube.model import Doc, ResourceId, dig


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, its value for an object, its type and priority."""

    name: str
    value: Callable[[Doc], Any]
    type: str = "string"
    priority: int = 0
    format: str = ""
    description: str = ""


def _at(
    name: str, path: str, *, kind: str = "string", wide: bool = False, none: Any = ""
) -> Column:
    parts = tuple(path.split("."))

    def value(doc: Doc) -> Any:
        found = dig(doc, *parts)
        return none if found is None else found

    return Column(name, value, kind, int(wide))


def _of(
    name: str, value: Callable[[Doc], Any], *, wide: bool = False, kind: str = "string"
) -> Column:
    return Column(name, value, kind, int(wide))


def _count(name: str, path: str) -> Column:
    return _of(name, lambda doc: len(dig(doc, *path.split(".")) or ()), kind="integer")


NAME = Column("Name", lambda doc: doc["metadata"]["name"], format="name")
AGE = Column("Age", lambda doc: age(doc["metadata"].get("creationTimestamp")))
CREATED = Column("Created At", lambda doc: doc["metadata"].get("creationTimestamp"), "date")
_TEMPLATE = (
    _of("Containers", lambda doc: cells.containers(doc, "name"), wide=True),
    _of("Images", lambda doc: cells.containers(doc, "image"), wide=True),
    _of("Selector", lambda doc: cells.selector(dig(doc, "spec", "selector")), wide=True),
)
_BINDING = (
    _of("Role", cells.role_ref),
    AGE,
    _of("Users", lambda doc: cells.subjects(doc, "User"), wide=True),
    _of("Groups", lambda doc: cells.subjects(doc, "Group"), wide=True),
    _of("ServiceAccounts", lambda doc: cells.subjects(doc, "ServiceAccount"), wide=True),
)
_REPLICAS = (
    _at("Desired", "spec.replicas", kind="integer", none=0),
    _at("Current", "status.replicas", kind="integer", none=0),
    _at("Ready", "status.readyReplicas", kind="integer", none=0),
)

COLUMNS: dict[ResourceId, tuple[Column, ...]] = {
    ("", "configmaps"): (NAME, _count("Data", "data"), AGE),
    ("", "endpoints"): (NAME, _of("Endpoints", cells.endpoint_list), AGE),
    ("", "events"): (
        _of("Last Seen", cells.last_seen),
        _at("Type", "type"),
        _at("Reason", "reason"),
        _of("Object", cells.involved),
        _at("Subobject", "involvedObject.fieldPath", wide=True),
        _at("Source", "source.component", wide=True),
        _at("Message", "message"),
        _at("Count", "count", kind="integer", wide=True, none=1),
        Column("Name", lambda doc: doc["metadata"]["name"], priority=1, format="name"),
    ),
    ("", "namespaces"): (NAME, _at("Status", "status.phase"), AGE),
    ("", "nodes"): (
        NAME,
        _of("Status", cells.node_status),
        _of("Roles", cells.node_roles),
        AGE,
        _at("Version", "status.nodeInfo.kubeletVersion"),
        _of("Internal-IP", lambda doc: cells.node_address(doc, "InternalIP"), wide=True),
        _of("External-IP", lambda doc: cells.node_address(doc, "ExternalIP"), wide=True),
        _at("OS-Image", "status.nodeInfo.osImage", wide=True, none="<unknown>"),
        _at("Kernel-Version", "status.nodeInfo.kernelVersion", wide=True, none="<unknown>"),
        _at("Container-Runtime", "status.nodeInfo.containerRuntimeVersion", wide=True),
    ),
    ("", "persistentvolumeclaims"): (
        NAME,
        _at("Status", "status.phase"),
        _at("Volume", "spec.volumeName"),
        _at("Capacity", "status.capacity.storage"),
        _of("Access Modes", cells.access_modes),
        _at("StorageClass", "spec.storageClassName"),
        _at("VolumeAttributesClass", "spec.volumeAttributesClassName", none="<unset>"),
        AGE,
        _at("VolumeMode", "spec.volumeMode", wide=True),
    ),
    ("", "persistentvolumes"): (
        NAME,
        _at("Capacity", "spec.capacity.storage"),
        _of("Access Modes", cells.access_modes),
        _at("Reclaim Policy", "spec.persistentVolumeReclaimPolicy"),
        _at("Status", "status.phase"),
        _of("Claim", cells.claim),
        _at("StorageClass", "spec.storageClassName"),
        _at("VolumeAttributesClass", "spec.volumeAttributesClassName", none="<unset>"),
        _at("Reason", "status.reason"),
        AGE,
        _at("VolumeMode", "spec.volumeMode", wide=True),
    ),
    ("", "pods"): (
        NAME,
        _of("Ready", cells.pod_ready),
        _of("Status", cells.pod_status),
        _of("Restarts", cells.pod_restarts),
        AGE,
        _at("IP", "status.podIP", wide=True, none=cells.NONE),
        _at("Node", "spec.nodeName", wide=True, none=cells.NONE),
        _at("Nominated Node", "status.nominatedNodeName", wide=True, none=cells.NONE),
        _of("Readiness Gates", cells.readiness_gates, wide=True),
    ),
    ("", "replicationcontrollers"): (NAME, *_REPLICAS, AGE),
    ("", "resourcequotas"): (
        NAME,
        _of("Request", lambda doc: cells.quota(doc, "limits.", limits=False)),
        _of("Limit", lambda doc: cells.quota(doc, "limits.", limits=True)),
        AGE,
    ),
    ("", "secrets"): (NAME, _at("Type", "type"), _count("Data", "data"), AGE),
    ("", "serviceaccounts"): (NAME, _count("Secrets", "secrets"), AGE),
    ("", "services"): (
        NAME,
        _at("Type", "spec.type"),
        _at("Cluster-IP", "spec.clusterIP", none=cells.NONE),
        _of("External-IP", cells.external_ip),
        _of("Port(s)", cells.service_ports),
        AGE,
        _of("Selector", lambda doc: cells.pairs(dig(doc, "spec", "selector")), wide=True),
    ),
    ("apps", "daemonsets"): (
        NAME,
        _at("Desired", "status.desiredNumberScheduled", kind="integer", none=0),
        _at("Current", "status.currentNumberScheduled", kind="integer", none=0),
        _at("Ready", "status.numberReady", kind="integer", none=0),
        _at("Up-to-date", "status.updatedNumberScheduled", kind="integer", none=0),
        _at("Available", "status.numberAvailable", kind="integer", none=0),
        _of(
            "Node Selector",
            lambda doc: cells.pairs(dig(doc, "spec", "template", "spec", "nodeSelector")),
        ),
        AGE,
        *_TEMPLATE,
    ),
    ("apps", "deployments"): (
        NAME,
        _of("Ready", lambda doc: cells.ratio(doc, "readyReplicas")),
        _at("Up-to-date", "status.updatedReplicas", kind="integer", none=0),
        _at("Available", "status.availableReplicas", kind="integer", none=0),
        AGE,
        *_TEMPLATE,
    ),
    ("apps", "replicasets"): (NAME, *_REPLICAS, AGE, *_TEMPLATE),
    ("apps", "statefulsets"): (
        NAME,
        _of("Ready", lambda doc: cells.ratio(doc, "readyReplicas")),
        AGE,
        *_TEMPLATE[:2],
    ),
    ("batch", "jobs"): (
        NAME,
        _of("Status", cells.job_status),
        _of("Completions", lambda doc: cells.ratio(doc, "succeeded", ("spec", "completions"))),
        _of("Duration", cells.job_duration),
        AGE,
        *_TEMPLATE,
    ),
    ("batch", "cronjobs"): (
        NAME,
        _at("Schedule", "spec.schedule"),
        _at("Timezone", "spec.timeZone", none=cells.NONE),
        _of("Suspend", lambda doc: "True" if dig(doc, "spec", "suspend") else "False"),
        _count("Active", "status.active"),
        _of(
            "Last Schedule",
            lambda doc: (
                age(stamp) if (stamp := dig(doc, "status", "lastScheduleTime")) else cells.NONE
            ),
        ),
        AGE,
        *_TEMPLATE[:2],
    ),
    ("autoscaling", "horizontalpodautoscalers"): (
        NAME,
        _of(
            "Reference",
            lambda doc: "/".join(
                str(dig(doc, "spec", "scaleTargetRef", key)) for key in ("kind", "name")
            ),
        ),
        _at("MinPods", "spec.minReplicas", none="<unset>"),
        _at("MaxPods", "spec.maxReplicas", kind="integer"),
        _at("Replicas", "status.currentReplicas", kind="integer", none=0),
        AGE,
    ),
    ("policy", "poddisruptionbudgets"): (
        NAME,
        _at("Min Available", "spec.minAvailable", none="N/A"),
        _at("Max Unavailable", "spec.maxUnavailable", none="N/A"),
        _at("Allowed Disruptions", "status.disruptionsAllowed", kind="integer", none=0),
        AGE,
    ),
    ("rbac.authorization.k8s.io", "clusterrolebindings"): (NAME, *_BINDING),
    ("rbac.authorization.k8s.io", "rolebindings"): (NAME, *_BINDING),
    ("rbac.authorization.k8s.io", "clusterroles"): (NAME, CREATED),
    ("rbac.authorization.k8s.io", "roles"): (NAME, CREATED),
    ("networking.k8s.io", "ingresses"): (
        NAME,
        _at("Class", "spec.ingressClassName", none=cells.NONE),
        _of(
            "Hosts",
            lambda doc: cells.joined(
                rule.get("host", "*") for rule in dig(doc, "spec", "rules") or ()
            ),
        ),
        _of(
            "Address",
            lambda doc: ",".join(
                str(item.get("ip") or item.get("hostname"))
                for item in dig(doc, "status", "loadBalancer", "ingress") or ()
            ),
        ),
        _of("Ports", lambda doc: "80, 443" if dig(doc, "spec", "tls") else "80"),
        AGE,
    ),
    ("networking.k8s.io", "networkpolicies"): (
        NAME,
        _of("Pod-Selector", lambda doc: cells.selector(dig(doc, "spec", "podSelector"))),
        AGE,
    ),
    ("storage.k8s.io", "storageclasses"): (
        NAME,
        _at("Provisioner", "provisioner"),
        _at("ReclaimPolicy", "reclaimPolicy"),
        _at("VolumeBindingMode", "volumeBindingMode"),
        _of("AllowVolumeExpansion", lambda doc: str(bool(doc.get("allowVolumeExpansion"))).lower()),
        AGE,
    ),
    ("coordination.k8s.io", "leases"): (NAME, _at("Holder", "spec.holderIdentity"), AGE),
    ("apiextensions.k8s.io", "customresourcedefinitions"): (NAME, CREATED),
    ("discovery.k8s.io", "endpointslices"): (
        NAME,
        _at("AddressType", "addressType"),
        _of("Ports", lambda doc: cells.joined(port.get("port") for port in doc.get("ports") or ())),
        _of(
            "Endpoints",
            lambda doc: cells.joined(
                address
                for item in doc.get("endpoints") or ()
                for address in item.get("addresses") or ()
            ),
        ),
        AGE,
    ),
    ("scheduling.k8s.io", "priorityclasses"): (
        NAME,
        _at("Value", "value", kind="integer"),
        _of("Global-Default", lambda doc: str(bool(doc.get("globalDefault"))).lower()),
        AGE,
    ),
}
PLAIN = (NAME, AGE)
