"""How each fault is made real: a function a fault, of a tenant or of the platform."""

from collections.abc import Callable, Mapping

from relab.sandbox.faults import cloud, cluster
from relab.sandbox.faults.board import Break, Undo
from relab.sandbox.faults.scene import Scene

OfTenant = Callable[[Scene, str], Undo]
OfPlatform = Callable[[Scene], Undo]

OF_TENANT: Mapping[str, OfTenant] = {
    "no-namespace": cluster.no_namespace,
    "no-profile": cluster.no_profile,
    "wrong-owner": cluster.wrong_owner,
    "no-service-account": cluster.no_service_account,
    "no-quota": cluster.no_quota,
    "no-rolebinding": cluster.no_rolebinding,
    "no-poddefault": cluster.no_poddefault,
    "mlflow-down": cluster.mlflow_down,
    "open-isolation": cluster.open_isolation,
    "no-bucket": cloud.no_bucket,
    "no-ecr": cloud.no_ecr,
    "no-artifacts": cloud.no_artifacts,
    "access-denied": cloud.access_denied,
    "expired-credentials": cloud.expired_credentials,
    "kube-unauthorized": cloud.kube_unauthorized,
    "throttled": cloud.throttled,
    "slow": cloud.slow,
}
OF_PLATFORM: Mapping[str, OfPlatform] = {
    "postgres-down": cluster.postgres_down,
    "notebook-controller-down": cluster.notebook_controller_down,
}


def bound(scene: Scene) -> dict[str, Break]:
    """Return the function that breaks `scene`, by fault; it takes the tenant, None for all."""
    ours = {name: _of_tenant(scene, fault) for name, fault in OF_TENANT.items()}
    return ours | {name: _of_platform(scene, fault) for name, fault in OF_PLATFORM.items()}


def _of_tenant(scene: Scene, fault: OfTenant) -> Break:
    def break_(tenant: str | None) -> Undo:
        if tenant is None:
            raise ValueError("this fault needs a tenant")
        return fault(scene, tenant)

    return break_


def _of_platform(scene: Scene, fault: OfPlatform) -> Break:
    return lambda _: fault(scene)
