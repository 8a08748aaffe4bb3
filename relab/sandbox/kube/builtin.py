"""The built-in kinds as a table; adding a kind is adding a row."""

from dataclasses import replace

from relab.sandbox.kube.kinds import ALL_VERBS, Kind

_RBAC, _NET = "rbac.authorization.k8s.io", "networking.k8s.io"
_ADMISSION, _AUTHZ, _AUTHN = (
    "admissionregistration.k8s.io",
    "authorization.k8s.io",
    "authentication.k8s.io",
)
_POD_SUBS = "status log proxy portforward exec binding eviction ephemeralcontainers"


def _kind(  # noqa: PLR0913 - the columns of the table below
    group: str,
    version: str,
    kind: str,
    plural: str,
    *,
    scope: str = "ns",
    short: str = "",
    subs: str = "",
    categories: str = "",
    verbs: str = "",
    model: str = "",
) -> Kind:
    row = Kind(group, version, kind, plural, namespaced=scope == "ns", singular=kind.lower())
    return replace(
        row,
        short=tuple(short.split()),
        categories=tuple(categories.split()),
        subresources=tuple(subs.split()),
        verbs=tuple(verbs.split()) or ALL_VERBS,
        model=model or f"{version.capitalize()}{kind}",
    )


CORE = (
    _kind("", "v1", "Binding", "bindings", verbs="create"),
    _kind(
        "", "v1", "ComponentStatus", "componentstatuses", scope="all", short="cs", verbs="get list"
    ),
    _kind("", "v1", "ConfigMap", "configmaps", short="cm"),
    _kind("", "v1", "Endpoints", "endpoints", short="ep"),
    _kind("", "v1", "Event", "events", short="ev", model="CoreV1Event"),
    _kind("", "v1", "LimitRange", "limitranges", short="limits"),
    _kind("", "v1", "Namespace", "namespaces", scope="all", short="ns", subs="status finalize"),
    _kind("", "v1", "Node", "nodes", scope="all", short="no", subs="status"),
    _kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", short="pvc", subs="status"),
    _kind(
        "", "v1", "PersistentVolume", "persistentvolumes", scope="all", short="pv", subs="status"
    ),
    _kind("", "v1", "Pod", "pods", short="po", subs=_POD_SUBS, categories="all"),
    _kind("", "v1", "PodTemplate", "podtemplates"),
    _kind(
        "",
        "v1",
        "ReplicationController",
        "replicationcontrollers",
        short="rc",
        subs="status scale",
        categories="all",
    ),
    _kind("", "v1", "ResourceQuota", "resourcequotas", short="quota", subs="status"),
    _kind("", "v1", "Secret", "secrets"),
    _kind("", "v1", "ServiceAccount", "serviceaccounts", short="sa", subs="token"),
    _kind("", "v1", "Service", "services", short="svc", subs="status proxy", categories="all"),
)

APPS = (
    _kind("apps", "v1", "ControllerRevision", "controllerrevisions"),
    _kind("apps", "v1", "DaemonSet", "daemonsets", short="ds", subs="status", categories="all"),
    _kind(
        "apps",
        "v1",
        "Deployment",
        "deployments",
        short="deploy",
        subs="status scale",
        categories="all",
    ),
    _kind(
        "apps", "v1", "ReplicaSet", "replicasets", short="rs", subs="status scale", categories="all"
    ),
    _kind(
        "apps",
        "v1",
        "StatefulSet",
        "statefulsets",
        short="sts",
        subs="status scale",
        categories="all",
    ),
    _kind("batch", "v1", "CronJob", "cronjobs", short="cj", subs="status", categories="all"),
    _kind("batch", "v1", "Job", "jobs", subs="status", categories="all"),
    _kind(
        "autoscaling",
        "v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        short="hpa",
        subs="status",
        categories="all",
    ),
)

POLICY = (
    _kind(_RBAC, "v1", "ClusterRole", "clusterroles", scope="all"),
    _kind(_RBAC, "v1", "ClusterRoleBinding", "clusterrolebindings", scope="all"),
    _kind(_RBAC, "v1", "Role", "roles"),
    _kind(_RBAC, "v1", "RoleBinding", "rolebindings"),
    _kind(
        "policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", short="pdb", subs="status"
    ),
    _kind("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", scope="all", short="pc"),
    _kind("coordination.k8s.io", "v1", "Lease", "leases"),
    _kind("node.k8s.io", "v1", "RuntimeClass", "runtimeclasses", scope="all"),
)

NETWORK = (
    _kind(_NET, "v1", "IngressClass", "ingressclasses", scope="all"),
    _kind(_NET, "v1", "Ingress", "ingresses", short="ing", subs="status"),
    _kind(_NET, "v1", "NetworkPolicy", "networkpolicies", short="netpol"),
    _kind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"),
    _kind("events.k8s.io", "v1", "Event", "events", short="ev", model="EventsV1Event"),
)

STORAGE = (
    _kind("storage.k8s.io", "v1", "CSIDriver", "csidrivers", scope="all"),
    _kind("storage.k8s.io", "v1", "CSINode", "csinodes", scope="all"),
    _kind("storage.k8s.io", "v1", "CSIStorageCapacity", "csistoragecapacities"),
    _kind("storage.k8s.io", "v1", "StorageClass", "storageclasses", scope="all", short="sc"),
    _kind(
        "storage.k8s.io", "v1", "VolumeAttachment", "volumeattachments", scope="all", subs="status"
    ),
)

EXTENSION = (
    _kind(
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        scope="all",
        short="crd crds",
        subs="status",
        categories="api-extensions",
    ),
    _kind(
        "apiregistration.k8s.io",
        "v1",
        "APIService",
        "apiservices",
        scope="all",
        subs="status",
        verbs="get list watch",
        categories="api-extensions",
    ),
    _kind(
        _ADMISSION,
        "v1",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        scope="all",
        categories="api-extensions",
    ),
    _kind(
        _ADMISSION,
        "v1",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        scope="all",
        categories="api-extensions",
    ),
    _kind(
        "certificates.k8s.io",
        "v1",
        "CertificateSigningRequest",
        "certificatesigningrequests",
        scope="all",
        short="csr",
        subs="status approval",
    ),
)

REVIEWS = (
    _kind(_AUTHZ, "v1", "LocalSubjectAccessReview", "localsubjectaccessreviews", verbs="create"),
    _kind(
        _AUTHZ,
        "v1",
        "SelfSubjectAccessReview",
        "selfsubjectaccessreviews",
        scope="all",
        verbs="create",
    ),
    _kind(
        _AUTHZ,
        "v1",
        "SelfSubjectRulesReview",
        "selfsubjectrulesreviews",
        scope="all",
        verbs="create",
    ),
    _kind(_AUTHZ, "v1", "SubjectAccessReview", "subjectaccessreviews", scope="all", verbs="create"),
    _kind(_AUTHN, "v1", "SelfSubjectReview", "selfsubjectreviews", scope="all", verbs="create"),
    _kind(_AUTHN, "v1", "TokenReview", "tokenreviews", scope="all", verbs="create"),
)

BUILTIN: tuple[Kind, ...] = CORE + APPS + POLICY + NETWORK + STORAGE + EXTENSION + REVIEWS
REVIEW_KINDS = frozenset(kind.kind for kind in REVIEWS)
