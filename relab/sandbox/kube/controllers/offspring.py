"""The documents that controllers make: a Deployment's ReplicaSet, and pods from a template."""

import hashlib
import json
from typing import Any

from relab.sandbox.kube.model import Doc, clone, dig, name_of, namespace_of

HASH = "pod-template-hash"
REVISION = "controller-revision-hash"
ORDINAL = "apps.kubernetes.io/pod-index"
POD_NAME = "statefulset.kubernetes.io/pod-name"
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_HASH_LENGTH = 10


def template_hash(owner: Doc) -> str:
    """Return ten letters that are the same for equal pod templates."""
    text = json.dumps(owner["spec"]["template"], sort_keys=True).encode()
    digest = hashlib.sha256(text).digest()[:_HASH_LENGTH]
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest)


def replica_set(deployment: Doc) -> Doc:
    """Return the ReplicaSet that stands for a Deployment's template as it is now."""
    spec, mark = deployment["spec"], {HASH: template_hash(deployment)}
    template = clone(spec["template"])
    template["metadata"]["labels"] = (template["metadata"].get("labels") or {}) | mark
    selector = clone(spec["selector"])
    selector["matchLabels"] = (selector.get("matchLabels") or {}) | mark
    metadata = _owned(deployment) | {
        "name": f"{name_of(deployment)}-{mark[HASH]}",
        "labels": dict(template["metadata"]["labels"]),
    }
    wanted = {"replicas": spec["replicas"], "selector": selector, "template": template}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": wanted}


def loose_pod(owner: Doc, labels: dict[str, str]) -> Doc:
    """Return a pod of `owner`'s template with a name that is made up when it is created."""
    return _pod(owner, labels, {"generateName": f"{name_of(owner)}-"})


def numbered_pod(owner: Doc, number: int) -> Doc:
    """Return pod `number` of a StatefulSet, which mounts the claims of the same number."""
    name = f"{name_of(owner)}-{number}"
    labels = {REVISION: f"{name_of(owner)}-{template_hash(owner)}", POD_NAME: name}
    made = _pod(owner, labels | {ORDINAL: str(number)}, {"name": name})
    for template in dig(owner, "spec", "volumeClaimTemplates") or ():
        volume = template["metadata"]["name"]
        source = {"claimName": f"{volume}-{name}"}
        made["spec"].setdefault("volumes", [])
        made["spec"]["volumes"].append({"name": volume, "persistentVolumeClaim": source})
    return made


def claims(owner: Doc, number: int) -> list[Doc]:
    """Return the volume claims of pod `number` of a StatefulSet."""
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "namespace": namespace_of(owner),
                "name": f"{template['metadata']['name']}-{name_of(owner)}-{number}",
                "labels": dict(dig(owner, "spec", "selector", "matchLabels") or {}),
            },
            "spec": clone(template["spec"]),
        }
        for template in dig(owner, "spec", "volumeClaimTemplates") or ()
    ]


def _pod(owner: Doc, labels: dict[str, str], name: dict[str, str]) -> Doc:
    template: dict[str, Any] = clone(owner["spec"]["template"])
    given = template.get("metadata") or {}
    metadata = _owned(owner) | name | {"labels": (given.get("labels") or {}) | labels}
    if given.get("annotations"):
        metadata["annotations"] = given["annotations"]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def _owned(owner: Doc) -> Doc:
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    return {"namespace": namespace_of(owner), "ownerReferences": [reference]}
