"""A pod of relab's own that mounts a claim which no running pod mounts; removed after its use."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from relab.clouds.exec import Container
from relab.clouds.outcome import Reply
from snapshot.collect.kubernetes_asking import why
from snapshot.collect.world import World
from snapshot.data.pods import Broken, failed, is_running, path_of
from snapshot.vault.model import Covered

LABEL, OWN = "app.kubernetes.io/managed-by", "relab"
PATH = "/volume"
_CONTAINER = "volume"
# It ends by itself when nobody is left to remove it.
_LIFE_SECONDS = 6 * 3600
_PATIENCE_SECONDS = 180.0
_STEP_SECONDS = 0.5
_SIZE = {"cpu": "50m", "memory": "64Mi"}


@contextmanager
def mounting(
    world: World, namespace: str, claim: str, *, read_only: bool = True
) -> Iterator[Container]:
    """Give a running container that mounts `claim` at `PATH`; Broken when none comes to run."""
    name = f"relab-{hashlib.sha256(claim.encode()).hexdigest()[:12]}"
    pod = _pod(world, name, claim, read_only=read_only)
    _create(world, namespace, pod)
    try:
        _wait(world, namespace, name)
        yield Container(namespace, name, _CONTAINER)
    finally:
        _remove(world, namespace, name)


def _create(world: World, namespace: str, pod: dict[str, Any]) -> None:
    name = pod["metadata"]["name"]
    reply = _ask(world, path_of(namespace), body=pod)
    if reply.status == "409":
        # One that a killed save has left.
        _remove(world, namespace, name)
        _until_gone(world, namespace, name)
        reply = _ask(world, path_of(namespace), body=pod)
    if not reply.ok:
        raise Broken(failed(reply), f"a pod to read it from is refused: {why(reply)}")


def _ask(world: World, path: str, **how: Any) -> Reply:
    return world.kube.request(world.kube_target, path, **how)


def _remove(world: World, namespace: str, name: str) -> None:
    _ask(world, f"{path_of(namespace, name)}?gracePeriodSeconds=0", method="DELETE")


def _until_gone(world: World, namespace: str, name: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while _ask(world, path_of(namespace, name)).ok and time.monotonic() < deadline:
        time.sleep(_STEP_SECONDS)


def _wait(world: World, namespace: str, name: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    said = ""
    while time.monotonic() < deadline:
        reply = _ask(world, path_of(namespace, name))
        if reply.ok and is_running(reply.body, _CONTAINER):
            return
        said = _state(reply)
        time.sleep(_STEP_SECONDS)
    raise Broken(Covered.FAILED, f"the pod to read it from does not start: {said}")


def _state(reply: Reply) -> str:
    """Return in a few words why a pod does not run yet."""
    if not reply.ok:
        return why(reply)
    status = reply.body.get("status") or {}
    waiting = [
        (item.get("state") or {}).get("waiting") or {}
        for item in status.get("containerStatuses") or ()
    ]
    reasons = [item.get("reason", "") for item in (*waiting, *(status.get("conditions") or ()))]
    return " ".join([str(status.get("phase")), *filter(None, map(str, reasons))])


def _pod(world: World, name: str, claim: str, *, read_only: bool) -> dict[str, Any]:
    volume = {"claimName": claim, "readOnly": read_only}
    container = {
        "name": _CONTAINER,
        "image": world.profile.volumes.image,
        "command": ["sleep", str(_LIFE_SECONDS)],
        # A tenant's quota counts them, and so refuses pods that do not say them.
        "resources": {"requests": _SIZE, "limits": _SIZE},
        "volumeMounts": [{"name": "volume", "mountPath": PATH, "readOnly": read_only}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {LABEL: OWN, "sidecar.istio.io/inject": "false"}},
        "spec": {
            "containers": [container],
            "volumes": [{"name": "volume", "persistentVolumeClaim": volume}],
            "restartPolicy": "Never",
            "activeDeadlineSeconds": _LIFE_SECONDS,
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
        },
    }
