"""Field numbers of the protobuf messages that kubectl sends, as a table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """A message field: its JSON name, its type, the type of its items, and whether zero is kept."""

    name: str
    type: str = "string"
    of: str = ""
    keep: bool = False


def _list(name: str, of: str = "string") -> Field:
    return Field(name, "list", of)


_META: dict[int, Field] = {
    1: Field("name"),
    2: Field("generateName"),
    3: Field("namespace"),
    4: Field("selfLink"),
    5: Field("uid"),
    6: Field("resourceVersion"),
    7: Field("generation", "int"),
    8: Field("creationTimestamp", "time"),
    9: Field("deletionTimestamp", "time"),
    10: Field("deletionGracePeriodSeconds", "int"),
    11: Field("labels", "map"),
    12: Field("annotations", "map"),
    13: _list("ownerReferences", "OwnerReference"),
    14: _list("finalizers"),
}
_OBJECT = {1: Field("metadata", "ObjectMeta", keep=True)}
_RESOURCE_ATTRIBUTES: dict[int, Field] = {
    1: Field("namespace"),
    2: Field("verb"),
    3: Field("group"),
    4: Field("version"),
    5: Field("resource"),
    6: Field("subresource"),
    7: Field("name"),
}

_TEMPLATES: dict[str, dict[int, Field]] = {
    "LabelSelector": {1: Field("matchLabels", "map"), 2: _list("matchExpressions", "Expression")},
    "Expression": {1: Field("key"), 2: Field("operator"), 3: _list("values")},
    "PodTemplateSpec": {**_OBJECT, 2: Field("spec", "PodSpec")},
    "PodSpec": {
        2: _list("containers", "Container"),
        3: Field("restartPolicy"),
        6: Field("dnsPolicy"),
        7: Field("nodeSelector", "map"),
        8: Field("serviceAccountName"),
        9: Field("serviceAccount"),
        10: Field("nodeName"),
        11: Field("hostNetwork", "bool"),
        12: Field("hostPID", "bool"),
        13: Field("hostIPC", "bool"),
        16: Field("hostname"),
        17: Field("subdomain"),
        19: Field("schedulerName"),
        24: Field("priorityClassName"),
    },
    "Container": {
        1: Field("name"),
        2: Field("image"),
        3: _list("command"),
        4: _list("args"),
        5: Field("workingDir"),
        6: _list("ports", "ContainerPort"),
        8: Field("resources", "ResourceRequirements"),
        13: Field("terminationMessagePath"),
        14: Field("imagePullPolicy"),
        16: Field("stdin", "bool"),
        17: Field("stdinOnce", "bool"),
        18: Field("tty", "bool"),
        20: Field("terminationMessagePolicy"),
    },
    "ContainerPort": {
        1: Field("name"),
        2: Field("hostPort", "int"),
        3: Field("containerPort", "int"),
        4: Field("protocol"),
        5: Field("hostIP"),
    },
    "ResourceRequirements": {1: Field("limits", "quantities"), 2: Field("requests", "quantities")},
    "Quantity": {1: Field("string")},
    "QuantityEntry": {1: Field("key"), 2: Field("value", "Quantity")},
    "IntOrString": {1: Field("type", "int"), 2: Field("intVal", "int"), 3: Field("strVal")},
}
_RBAC: dict[str, dict[int, Field]] = {
    "Role": {**_OBJECT, 2: _list("rules", "PolicyRule")},
    "ClusterRole": {
        **_OBJECT,
        2: _list("rules", "PolicyRule"),
        3: Field("aggregationRule", "AggregationRule"),
    },
    "AggregationRule": {1: _list("clusterRoleSelectors", "LabelSelector")},
    "PolicyRule": {
        1: _list("verbs"),
        2: _list("apiGroups"),
        3: _list("resources"),
        4: _list("resourceNames"),
        5: _list("nonResourceURLs"),
    },
    "RoleBinding": {**_OBJECT, 2: _list("subjects", "Subject"), 3: Field("roleRef", "RoleRef")},
    "ClusterRoleBinding": {
        **_OBJECT,
        2: _list("subjects", "Subject"),
        3: Field("roleRef", "RoleRef"),
    },
    "Subject": {1: Field("kind"), 2: Field("apiGroup"), 3: Field("name"), 4: Field("namespace")},
    "RoleRef": {1: Field("apiGroup"), 2: Field("kind"), 3: Field("name")},
}
# The empty status that new objects carry is left out: the server sets it.
_IGNORED = Field("status", "ignored")
_WORKLOADS: dict[str, dict[int, Field]] = {
    "Deployment": {**_OBJECT, 2: Field("spec", "DeploymentSpec"), 3: _IGNORED},
    "DeploymentSpec": {
        1: Field("replicas", "int", keep=True),
        2: Field("selector", "LabelSelector"),
        3: Field("template", "PodTemplateSpec"),
        4: Field("strategy", "DeploymentStrategy"),
        5: Field("minReadySeconds", "int"),
        7: Field("paused", "bool"),
    },
    "DeploymentStrategy": {1: Field("type")},
    "Job": {**_OBJECT, 2: Field("spec", "JobSpec"), 3: _IGNORED},
    "JobSpec": {6: Field("template", "PodTemplateSpec")},
    "Service": {**_OBJECT, 2: Field("spec", "ServiceSpec"), 3: _IGNORED},
    "ServiceSpec": {
        1: _list("ports", "ServicePort"),
        2: Field("selector", "map"),
        3: Field("clusterIP"),
        4: Field("type"),
        7: Field("sessionAffinity"),
        8: Field("loadBalancerIP"),
        10: Field("externalName"),
        11: Field("externalTrafficPolicy"),
        12: Field("healthCheckNodePort", "int"),
        13: Field("publishNotReadyAddresses", "bool"),
    },
    "ServicePort": {
        1: Field("name"),
        2: Field("protocol"),
        3: Field("port", "int"),
        4: Field("targetPort", "IntOrString"),
        5: Field("nodePort", "int"),
    },
    "ResourceQuota": {**_OBJECT, 2: Field("spec", "ResourceQuotaSpec"), 3: _IGNORED},
    "ResourceQuotaSpec": {1: Field("hard", "quantities"), 2: _list("scopes")},
    "TokenRequest": {**_OBJECT, 2: Field("spec", "TokenRequestSpec"), 3: _IGNORED},
    "TokenRequestSpec": {1: _list("audiences"), 4: Field("expirationSeconds", "int")},
}

MESSAGES: dict[str, dict[int, Field]] = {
    "Unknown": {
        1: Field("typeMeta", "TypeMeta"),
        2: Field("raw", "raw", keep=True),
        3: Field("contentEncoding"),
        4: Field("contentType"),
    },
    "TypeMeta": {1: Field("apiVersion"), 2: Field("kind")},
    "Entry": {1: Field("key"), 2: Field("value")},
    "BytesEntry": {1: Field("key"), 2: Field("value", "bytes")},
    "Time": {1: Field("seconds", "int"), 2: Field("nanos", "int")},
    "ObjectMeta": _META,
    "OwnerReference": {
        1: Field("kind"),
        3: Field("name"),
        4: Field("uid"),
        5: Field("apiVersion"),
        6: Field("controller", "bool"),
        7: Field("blockOwnerDeletion", "bool"),
    },
    "Namespace": {
        **_OBJECT,
        2: Field("spec", "NamespaceSpec"),
        3: Field("status", "NamespaceStatus"),
    },
    "NamespaceSpec": {1: _list("finalizers")},
    "NamespaceStatus": {1: Field("phase")},
    "ConfigMap": {
        **_OBJECT,
        2: Field("data", "map"),
        3: Field("binaryData", "bytemap"),
        4: Field("immutable", "bool"),
    },
    "Secret": {
        **_OBJECT,
        2: Field("data", "bytemap"),
        3: Field("type"),
        4: Field("stringData", "map"),
        5: Field("immutable", "bool"),
    },
    "ObjectReference": {
        1: Field("kind"),
        2: Field("namespace"),
        3: Field("name"),
        4: Field("uid"),
        5: Field("apiVersion"),
        6: Field("resourceVersion"),
        7: Field("fieldPath"),
    },
    "LocalObjectReference": {1: Field("name")},
    "ServiceAccount": {
        **_OBJECT,
        2: _list("secrets", "ObjectReference"),
        3: _list("imagePullSecrets", "LocalObjectReference"),
        4: Field("automountServiceAccountToken", "bool", keep=True),
    },
    "SelfSubjectReview": {**_OBJECT, 2: Field("status", "SelfSubjectReviewStatus")},
    "SelfSubjectReviewStatus": {1: Field("userInfo", "UserInfo")},
    "UserInfo": {1: Field("username"), 2: Field("uid"), 3: _list("groups")},
    "SelfSubjectAccessReview": {
        **_OBJECT,
        2: Field("spec", "SelfSubjectAccessReviewSpec", keep=True),
        3: Field("status", "SubjectAccessReviewStatus"),
    },
    "SelfSubjectAccessReviewSpec": {
        1: Field("resourceAttributes", "ResourceAttributes", keep=True),
        2: Field("nonResourceAttributes", "NonResourceAttributes", keep=True),
    },
    "ResourceAttributes": _RESOURCE_ATTRIBUTES,
    "NonResourceAttributes": {1: Field("path"), 2: Field("verb")},
    "SubjectAccessReviewStatus": {
        1: Field("allowed", "bool"),
        2: Field("reason"),
        3: Field("evaluationError"),
        4: Field("denied", "bool"),
    },
    "SelfSubjectRulesReview": {
        **_OBJECT,
        2: Field("spec", "SelfSubjectRulesReviewSpec", keep=True),
        3: Field("status", "SubjectRulesReviewStatus"),
    },
    "SelfSubjectRulesReviewSpec": {1: Field("namespace")},
    "SubjectRulesReviewStatus": {3: Field("incomplete", "bool"), 4: Field("evaluationError")},
    **_TEMPLATES,
    **_RBAC,
    **_WORKLOADS,
}
# The kinds that a body may hold; the rest are parts of them.
READABLE = frozenset(name for name, fields in MESSAGES.items() if fields.get(1) == _OBJECT[1])
