"""How lists and maps of built-in kinds merge, as a table by schema and field.

`keys` identify an item for server-side apply, `merge` for strategic merge; they differ for ports.
A list without a row is replaced as a whole.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Merging:
    """One row: keyed list, set of scalars, or a map or list treated as one value."""

    keys: tuple[str, ...] = ()
    merge: str = ""
    unique: bool = False
    atomic: bool = False


def _keyed(*keys: str, merge: str = "") -> Merging:
    return Merging(keys=keys, merge=merge or keys[0])


_SET = Merging(unique=True)
_ATOMIC = Merging(atomic=True)
_STRATEGIC_ONLY = Merging
_CONDITIONS = _keyed("type")
_CONTAINER_ROWS: dict[str, Merging] = {
    "env": _keyed("name"),
    "ports": _keyed("containerPort", "protocol", merge="containerPort"),
    "volumeMounts": _keyed("mountPath"),
    "volumeDevices": _keyed("devicePath"),
}

MERGING: dict[str, dict[str, Merging]] = {
    "V1ObjectMeta": {"finalizers": _SET, "ownerReferences": _keyed("uid")},
    "V1PodSpec": {
        "containers": _keyed("name"),
        "initContainers": _keyed("name"),
        "ephemeralContainers": _keyed("name"),
        "volumes": _keyed("name"),
        "imagePullSecrets": _keyed("name"),
        "hostAliases": _keyed("ip"),
        "resourceClaims": _keyed("name"),
        "schedulingGates": _keyed("name"),
        "topologySpreadConstraints": _keyed("topologyKey", "whenUnsatisfiable"),
        "nodeSelector": _ATOMIC,
    },
    "V1Container": _CONTAINER_ROWS,
    "V1EphemeralContainer": _CONTAINER_ROWS,
    "V1ResourceRequirements": {"claims": _keyed("name")},
    "V1PodStatus": {
        "conditions": _CONDITIONS,
        "podIPs": _keyed("ip"),
        "hostIPs": _keyed("ip"),
    },
    "V1ServiceSpec": {
        "ports": _keyed("port", "protocol", merge="port"),
        "selector": _ATOMIC,
    },
    "V1ServiceStatus": {"conditions": _CONDITIONS},
    "V1ServiceAccount": {
        "secrets": _keyed("name"),
        "imagePullSecrets": Merging(merge="name", atomic=True),
    },
    "V1NamespaceStatus": {"conditions": _CONDITIONS},
    "V1NodeSpec": {"taints": Merging(merge="key", atomic=True), "podCIDRs": _SET},
    "V1NodeStatus": {"conditions": _CONDITIONS, "addresses": _CONDITIONS},
    "V1PersistentVolumeClaimStatus": {"conditions": _CONDITIONS},
    "V1ReplicationControllerSpec": {"selector": _ATOMIC},
    "V1ReplicationControllerStatus": {"conditions": _CONDITIONS},
    "V1ResourceQuotaSpec": {"scopes": _ATOMIC},
    "V1DeploymentStatus": {"conditions": _CONDITIONS},
    "V1ReplicaSetStatus": {"conditions": _CONDITIONS},
    "V1StatefulSetStatus": {"conditions": _CONDITIONS},
    "V1DaemonSetStatus": {"conditions": _CONDITIONS},
    "V1JobStatus": {"conditions": Merging(merge="type", atomic=True)},
    "V1CustomResourceDefinitionStatus": {"conditions": _CONDITIONS},
    "V2HorizontalPodAutoscalerStatus": {"conditions": _CONDITIONS},
    "V1PodDisruptionBudgetStatus": {"conditions": _CONDITIONS},
    "V1APIServiceStatus": {"conditions": _CONDITIONS},
    "V1MutatingWebhookConfiguration": {"webhooks": _keyed("name")},
    "V1ValidatingWebhookConfiguration": {"webhooks": _keyed("name")},
    "V1IngressStatus": {},
    "V1EndpointSlice": {},
    "V1CSINodeSpec": {"drivers": _keyed("name")},
    "V1ConfigMap": {},
}

# Schemas that are one value wherever they appear.
ATOMIC_SCHEMAS = frozenset(
    {
        "V1LabelSelector",
        "V1ObjectReference",
        "V1LocalObjectReference",
        "V1TypedLocalObjectReference",
        "V1SecretKeySelector",
        "V1ConfigMapKeySelector",
        "V1ObjectFieldSelector",
        "V1ResourceFieldSelector",
        "V1NodeSelector",
        "V1OwnerReference",
        "V1RoleRef",
        "RbacV1Subject",
        "V1ScopeSelector",
        "V1AggregationRule",
    }
)

# Maps of quantities: numbers are accepted and stored as text.
QUANTITY_MAPS = frozenset(
    {"limits", "requests", "hard", "used", "capacity", "allocatable", "overhead"}
    | {"default", "defaultRequest", "max", "min", "maxLimitRequestRatio"}
)
