"""Faults of Kubernetes objects."""

from relab.sandbox.faults.board import Undo
from relab.sandbox.faults.scene import Scene
from relab.sandbox.kube.model import Doc, now
from relab.sandbox.seed.kube import crash_log

_RBAC = "rbac.authorization.k8s.io"
_ACCOUNTS = ("default-editor", "default-viewer")
_CRASHED = {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}
# The pods of these namespaces are the platform's, not a tenant's.
DATABASE = ("mlflow-system", "postgres")
CONTROLLER = ("kubeflow", "notebook-controller-deployment")


def no_namespace(scene: Scene, tenant: str) -> Undo:
    """Delete the namespace; the Profile stays."""
    name = scene.names(tenant).namespaces[0]
    return scene.change_tenant(tenant, lambda: scene.cluster.delete("v1", "Namespace", name))


def no_profile(scene: Scene, tenant: str) -> Undo:
    """Delete the Profile; the namespace stays."""
    called = scene.names(tenant)

    def change() -> None:
        _disown(scene, called.namespaces[0])
        scene.cluster.delete("kubeflow.org/v1", "Profile", called.profiles[0])

    return scene.change_tenant(tenant, change)


def wrong_owner(scene: Scene, tenant: str) -> Undo:
    """Give the Profile another owner."""
    name = scene.names(tenant).profiles[0]

    other: Doc = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Profile",
        "metadata": {"name": name},
        "spec": {"owner": {"kind": "User", "name": "user@example.com"}},
    }
    return scene.change_tenant(tenant, lambda: _apply(scene, other))


def no_service_account(scene: Scene, tenant: str) -> Undo:
    """Delete the Profile's two service accounts."""
    found = _in_namespace(scene, tenant, "v1", "ServiceAccount")
    return scene.change_tenant(
        tenant, lambda: scene.remove(doc for doc in found if doc["metadata"]["name"] in _ACCOUNTS)
    )


def no_quota(scene: Scene, tenant: str) -> Undo:
    """Delete the namespace's resource quota."""
    return _all_gone(scene, tenant, "v1", "ResourceQuota")


def no_rolebinding(scene: Scene, tenant: str) -> Undo:
    """Delete the namespace's role bindings, and with them the tenant's rights."""
    return _all_gone(scene, tenant, f"{_RBAC}/v1", "RoleBinding")


def no_poddefault(scene: Scene, tenant: str) -> Undo:
    """Delete the namespace's PodDefaults."""
    return _all_gone(scene, tenant, "kubeflow.org/v1alpha1", "PodDefault")


def open_isolation(scene: Scene, tenant: str) -> Undo:
    """Let the tenant read every namespace."""
    called = scene.names(tenant)
    binding: Doc = {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"open-isolation-{called.user}"},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "kubeflow-view"},
        "subjects": [{"apiGroup": _RBAC, "kind": "User", "name": called.owner}],
    }
    return scene.change(lambda: _apply(scene, binding))


def mlflow_down(scene: Scene, tenant: str) -> Undo:
    """Make the tenant's MLflow server crash again and again."""
    space = scene.names(tenant).namespaces[0]
    return scene.change(lambda: _crash(scene, space, "mlflow-server", tenant))


def postgres_down(scene: Scene) -> Undo:
    """Make the platform's PostgreSQL crash again and again."""
    return scene.change(lambda: _crash(scene, *DATABASE))


def notebook_controller_down(scene: Scene) -> Undo:
    """Make the platform's notebook controller crash again and again."""
    return scene.change(lambda: _crash(scene, *CONTROLLER))


def _apply(scene: Scene, document: Doc) -> None:
    scene.cluster.apply(document)


def _in_namespace(scene: Scene, tenant: str, version: str, kind: str) -> list[Doc]:
    return scene.cluster.list(version, kind, scene.names(tenant).namespaces[0])


def _all_gone(scene: Scene, tenant: str, version: str, kind: str) -> Undo:
    found = _in_namespace(scene, tenant, version, kind)
    return scene.change_tenant(tenant, lambda: scene.remove(found))


def _disown(scene: Scene, namespace: str) -> None:
    # As `kubectl delete --cascade=orphan` does: the namespace is to outlive its Profile.
    api = scene.cluster.api
    resources = {*api.store.resources_in(namespace), ("", "namespaces")}
    for resource in resources:
        for entry in api.store.scan(resource):
            meta = entry.doc["metadata"]
            ours = namespace in (meta.get("namespace"), meta["name"])
            if ours and any(
                owner["kind"] == "Profile" for owner in meta.get("ownerReferences", ())
            ):
                left = {key: value for key, value in meta.items() if key != "ownerReferences"}
                api.put(
                    api.registry.of_resource(resource)[0], entry.doc, entry.doc | {"metadata": left}
                )


def _crash(scene: Scene, namespace: str, app: str, tenant: str | None = None) -> None:
    log = crash_log(scene.profile, app, tenant)
    for pod in scene.cluster.list("v1", "Pod", namespace):
        name = pod["metadata"]["name"]
        if name.startswith(f"{app}-"):
            scene.cluster.patch_status("v1", "Pod", name, _crashed(pod["status"]), namespace)
            scene.cluster.set_log(namespace, name, log)


def _crashed(status: Doc) -> Doc:
    unready = {"status": "False", "reason": "ContainersNotReady"}
    ended = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": now()}}
    return {
        "conditions": [
            {**item, **unready} if item["type"] in {"Ready", "ContainersReady"} else item
            for item in status["conditions"]
        ],
        "containerStatuses": [
            {**item, "ready": False, "started": False, "restartCount": 7}
            | {"state": {"waiting": _CRASHED}, "lastState": ended}
            for item in status["containerStatuses"]
        ],
    }
