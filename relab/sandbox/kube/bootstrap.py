"""What every cluster holds from the start: namespaces, default roles and bindings, as data."""

from relab.sandbox.kube.model import Doc

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")

_RBAC = "rbac.authorization.k8s.io"
_LABELS = {"kubernetes.io/bootstrapping": "rbac-defaults"}
_READ = ["get", "list", "watch"]
_WRITE = ["create", "delete", "deletecollection", "patch", "update"]
_OPEN = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
_DISCOVERY = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", *_OPEN]

_CORE_WRITE = [
    "pods",
    "pods/attach",
    "pods/exec",
    "pods/portforward",
    "pods/proxy",
    "pods/eviction",
    "configmaps",
    "endpoints",
    "events",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "replicationcontrollers/scale",
    "secrets",
    "serviceaccounts",
    "serviceaccounts/token",
    "services",
    "services/proxy",
]
_CORE_READ = [
    "configmaps",
    "endpoints",
    "events",
    "limitranges",
    "namespaces",
    "namespaces/status",
    "persistentvolumeclaims",
    "persistentvolumeclaims/status",
    "pods",
    "pods/log",
    "pods/status",
    "replicationcontrollers",
    "replicationcontrollers/scale",
    "replicationcontrollers/status",
    "resourcequotas",
    "resourcequotas/status",
    "serviceaccounts",
    "services",
    "services/status",
]
_APPS = [
    "controllerrevisions",
    "daemonsets",
    "deployments",
    "deployments/scale",
    "replicasets",
    "replicasets/scale",
    "statefulsets",
    "statefulsets/scale",
]


def _rule(groups: list[str], resources: list[str], verbs: list[str]) -> Doc:
    return {"apiGroups": groups, "resources": resources, "verbs": verbs}


def _others(verbs: list[str]) -> list[Doc]:
    return [
        _rule(["apps"], _APPS, verbs),
        _rule(["batch"], ["cronjobs", "jobs"], verbs),
        _rule(["autoscaling"], ["horizontalpodautoscalers"], verbs),
        _rule(["policy"], ["poddisruptionbudgets"], verbs),
        _rule(["networking.k8s.io"], ["ingresses", "networkpolicies"], verbs),
    ]


_VIEW = [
    _rule([""], _CORE_READ, _READ),
    _rule(["discovery.k8s.io"], ["endpointslices"], _READ),
    *_others(_READ),
]
_EDIT = [
    _rule([""], _CORE_WRITE, _WRITE),
    _rule([""], ["secrets", "pods/exec", "pods/portforward", "services/proxy"], _READ),
    _rule([""], ["serviceaccounts"], ["impersonate"]),
    *_others(_WRITE),
    _rule(["coordination.k8s.io"], ["leases"], [*_READ, *_WRITE]),
]
_ADMIN = [
    _rule([_RBAC], ["roles", "rolebindings"], [*_READ, *_WRITE]),
    _rule(["authorization.k8s.io"], ["localsubjectaccessreviews"], ["create"]),
]


def _role(name: str, rules: list[Doc], labels: dict[str, str] | None = None) -> Doc:
    metadata = {"name": name, "labels": _LABELS | (labels or {})}
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": metadata,
        "rules": rules,
    }


def _aggregate(name: str) -> Doc:
    label = f"{_RBAC}/aggregate-to-{name}"
    above = {"view": "edit", "edit": "admin"}.get(name)
    labels = {f"{_RBAC}/aggregate-to-{above}": "true"} if above else {}
    selector = {"clusterRoleSelectors": [{"matchLabels": {label: "true"}}]}
    return _role(name, [], labels) | {"aggregationRule": selector}


def _binding(role: str, *groups: str) -> Doc:
    subjects = [{"kind": "Group", "apiGroup": _RBAC, "name": group} for group in groups]
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": role, "labels": _LABELS},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
        "subjects": subjects,
    }


def _urls(urls: list[str]) -> Doc:
    return {"nonResourceURLs": urls, "verbs": ["get"]}


_EVERYTHING = [_rule(["*"], ["*"], ["*"]), {"nonResourceURLs": ["*"], "verbs": ["*"]}]
_OWN_REVIEWS = ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]
_OWN = [
    _rule(["authorization.k8s.io"], _OWN_REVIEWS, ["create"]),
    _rule(["authentication.k8s.io"], ["selfsubjectreviews"], ["create"]),
]
_PARTS = {"view": _VIEW, "edit": _EDIT, "admin": _ADMIN}


def roles() -> list[Doc]:
    """Return the default ClusterRoles and their bindings, ready to create."""
    pieces = [
        _role(f"system:aggregate-to-{name}", rules, {f"{_RBAC}/aggregate-to-{name}": "true"})
        for name, rules in _PARTS.items()
    ]
    return [
        _role("cluster-admin", _EVERYTHING),
        _role("system:discovery", [_urls(_DISCOVERY)]),
        _role("system:basic-user", _OWN),
        _role("system:public-info-viewer", [_urls(_OPEN)]),
        *pieces,
        *(_aggregate(name) for name in _PARTS),
        _binding("cluster-admin", "system:masters"),
        _binding("system:discovery", "system:authenticated"),
        _binding("system:basic-user", "system:authenticated"),
        _binding("system:public-info-viewer", "system:authenticated", "system:unauthenticated"),
    ]
