"""What a server fills in that depends on the rest of an object: tables by schema and by kind."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

from relab.sandbox.kube.model import Doc, dig, name_of

_RBAC = "rbac.authorization.k8s.io"


def derived(schema: str, doc: Doc) -> Doc:
    """Return what is missing in `doc`, a value of `schema`, and follows from what is there."""
    rule = _DERIVED.get(schema)
    found = rule(doc) if rule else {}
    return {key: value for key, value in found.items() if key not in doc}


def particulars(group: str, kind: str, doc: Doc) -> None:
    """Fill in place what is peculiar to objects of one kind."""
    rule = _PARTICULARS.get((group, kind))
    if rule is not None:
        rule(doc)


def _container(doc: Doc) -> Doc:
    """Images that may be another tomorrow are pulled always."""
    image = str(doc.get("image") or "")
    tag = image.rpartition("/")[2].partition(":")[2]
    moves = bool(image) and "@" not in image and tag in ("", "latest")
    return {"imagePullPolicy": "Always" if moves else "IfNotPresent"}


def _service_spec(doc: Doc) -> Doc:
    kind = doc.get("type")
    found: Doc = {}
    if kind in ("NodePort", "LoadBalancer"):
        found["externalTrafficPolicy"] = "Cluster"
    if kind == "LoadBalancer":
        found["allocateLoadBalancerNodePorts"] = True
    return found


def _policy_spec(doc: Doc) -> Doc:
    return {"policyTypes": ["Ingress", *(["Egress"] if doc.get("egress") else [])]}


def _subject(doc: Doc) -> Doc:
    return {"apiGroup": _RBAC} if doc.get("kind") in ("User", "Group") else {}


def _secret(doc: Doc) -> None:
    plain = doc.pop("stringData", None) or {}
    if plain:
        coded = {key: base64.b64encode(text.encode()).decode() for key, text in plain.items()}
        doc["data"] = (doc.get("data") or {}) | coded


def _namespace(doc: Doc) -> None:
    doc.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    labels = doc["metadata"].setdefault("labels", {}) or {}
    doc["metadata"]["labels"] = labels | {"kubernetes.io/metadata.name": name_of(doc)}


def _pod(doc: Doc) -> None:
    spec = doc["spec"]
    spec.setdefault("serviceAccountName", "default")
    spec.setdefault("serviceAccount", spec["serviceAccountName"])
    spec.setdefault("enableServiceLinks", True)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        resources = container.get("resources") or {}
        if limits := resources.get("limits"):
            container["resources"] = resources | {
                "requests": limits | (resources.get("requests") or {})
            }


def _job(doc: Doc) -> None:
    spec = doc["spec"]
    if spec.get("parallelism") is None and spec.get("completions") is None:
        spec["completions"] = 1
    for key, value in _JOB.items():
        spec.setdefault(key, value)


def _stateful_set(doc: Doc) -> None:
    for claim in dig(doc, "spec", "volumeClaimTemplates") or ():
        claim.setdefault("apiVersion", "v1")
        claim.setdefault("kind", "PersistentVolumeClaim")
        claim.setdefault("status", {"phase": "Pending"})


def _definition(doc: Doc) -> None:
    names = doc["spec"]["names"]
    names.setdefault("singular", str(names["kind"]).lower())
    names.setdefault("listKind", f"{names['kind']}List")


def _service(doc: Doc) -> None:
    for port in dig(doc, "spec", "ports") or ():
        port.setdefault("targetPort", port["port"])


_JOB: Mapping[str, Any] = {
    "parallelism": 1,
    "backoffLimit": 6,
    "suspend": False,
    "completionMode": "NonIndexed",
    "manualSelector": False,
    "podReplacementPolicy": "TerminatingOrFailed",
}
_DERIVED: Mapping[str, Callable[[Doc], Doc]] = {
    "V1Container": _container,
    "V1ServiceSpec": _service_spec,
    "V1NetworkPolicySpec": _policy_spec,
    "RbacV1Subject": _subject,
}
_PARTICULARS: Mapping[tuple[str, str], Callable[[Doc], None]] = {
    ("", "Secret"): _secret,
    ("", "Namespace"): _namespace,
    ("", "Pod"): _pod,
    ("", "Service"): _service,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}
