"""Claims of a storage class get a volume, which goes with them: as a CSI driver does it."""

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.controllers.tools import ensure
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, ResourceId, dig, name_of, namespace_of

_CLAIMS: ResourceId = ("", "persistentvolumeclaims")
_CLASSES: ResourceId = ("storage.k8s.io", "storageclasses")
_VOLUMES: ResourceId = ("", "persistentvolumes")
_BOUND = ("pv.kubernetes.io/bind-completed", "pv.kubernetes.io/bound-by-controller")


class Provisioner:
    """Makes the volume of each new claim, and removes it with the claim."""

    def __init__(self, api: Api) -> None:
        self._api = api
        api.reactions.append(self._react)

    def _react(self, kind: Kind, before: Doc | None, after: Doc | None) -> None:
        if kind.resource != _CLAIMS:
            return
        if before is None and after is not None:
            self._provide(kind, after)
        elif before is not None and after is None:
            self._remove(before)

    def _provide(self, kind: Kind, claim: Doc) -> None:
        name = dig(claim, "spec", "storageClassName")
        found = self._api.store.get(_CLASSES, "", str(name)) if name else None
        if found is None or dig(claim, "spec", "volumeName"):
            return
        volume = _volume(claim, found.doc)
        ensure(self._api, volume, str(found.doc["provisioner"]))
        self._api.put(kind, claim, _bound(claim, volume, str(found.doc["provisioner"])))

    def _remove(self, claim: Doc) -> None:
        name = str(dig(claim, "spec", "volumeName") or "")
        volume = self._api.store.get(_VOLUMES, "", name)
        if volume and dig(volume.doc, "spec", "persistentVolumeReclaimPolicy") == "Delete":
            self._api.forget(self._api.kind("v1", "PersistentVolume"), volume.doc)


def _volume(claim: Doc, storage: Doc) -> Doc:
    uid = str(claim["metadata"]["uid"])
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": f"pvc-{uid}",
            "annotations": {"pv.kubernetes.io/provisioned-by": storage["provisioner"]},
        },
        "spec": {
            "capacity": dict(dig(claim, "spec", "resources", "requests") or {}),
            "accessModes": list(dig(claim, "spec", "accessModes") or ()),
            "persistentVolumeReclaimPolicy": storage.get("reclaimPolicy") or "Delete",
            "storageClassName": name_of(storage),
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": namespace_of(claim),
                "name": name_of(claim),
                "uid": uid,
            },
            "csi": {
                "driver": storage["provisioner"],
                "fsType": "ext4",
                "volumeHandle": f"vol-0{uid.replace('-', '')[:16]}",
            },
        },
        "status": {"phase": "Bound"},
    }


def _bound(claim: Doc, volume: Doc, driver: str) -> Doc:
    notes = {
        **(claim["metadata"].get("annotations") or {}),
        **dict.fromkeys(_BOUND, "yes"),
        "volume.kubernetes.io/storage-provisioner": driver,
    }
    status = {
        "phase": "Bound",
        "accessModes": volume["spec"]["accessModes"],
        "capacity": volume["spec"]["capacity"],
    }
    return {
        **claim,
        "metadata": {**claim["metadata"], "annotations": notes},
        "spec": {**claim["spec"], "volumeName": name_of(volume)},
        "status": status,
    }
