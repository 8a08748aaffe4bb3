"""All faults: the table that `break`, `mend`, the help texts and the tests read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from relab.sandbox.faults import cloud, cluster
from relab.sandbox.faults.board import Break, Undo
from relab.sandbox.faults.scene import Scene

OfTenant = Callable[[Scene, str], Undo]
OfPlatform = Callable[[Scene], Undo]


@dataclass(frozen=True, slots=True)
class Fault:
    """One trouble in words, and what makes it real: for a tenant, or for the platform."""

    what: str
    tenant: OfTenant | None = None
    platform: OfPlatform | None = None

    def bound(self, scene: Scene) -> Break:
        """Return the function that breaks `scene` for a tenant, or for everyone."""

        def break_(tenant: str | None) -> Undo:
            if self.platform is not None:
                return self.platform(scene)
            if self.tenant is None or tenant is None:
                raise ValueError("this fault needs a tenant")
            return self.tenant(scene, tenant)

        return break_


FAULTS: Mapping[str, Fault] = {
    "no-namespace": Fault(
        "The namespace is gone with all it held; the Profile stays.", tenant=cluster.no_namespace
    ),
    "no-profile": Fault("The Profile is gone; the namespace stays.", tenant=cluster.no_profile),
    "wrong-owner": Fault(
        "The Profile names somebody else as its owner.", tenant=cluster.wrong_owner
    ),
    "no-service-account": Fault(
        "The Profile's two service accounts are gone.", tenant=cluster.no_service_account
    ),
    "no-quota": Fault("The namespace has no resource quota.", tenant=cluster.no_quota),
    "no-rolebinding": Fault(
        "The namespace has no role binding, so that the tenant has no rights in it.",
        tenant=cluster.no_rolebinding,
    ),
    "no-poddefault": Fault("The namespace has no PodDefault.", tenant=cluster.no_poddefault),
    "mlflow-down": Fault(
        "The tenant's MLflow server crashes again and again.", tenant=cluster.mlflow_down
    ),
    "postgres-down": Fault(
        "The platform's PostgreSQL crashes again and again.", platform=cluster.postgres_down
    ),
    "open-isolation": Fault("The tenant may read every namespace.", tenant=cluster.open_isolation),
    "notebook-controller-down": Fault(
        "The platform's notebook controller crashes again and again.",
        platform=cluster.notebook_controller_down,
    ),
    "no-bucket": Fault("The bucket is gone with all it held.", tenant=cloud.no_bucket),
    "no-ecr": Fault(
        "All repositories of the tenant are gone with their images.", tenant=cloud.no_ecr
    ),
    "no-artifacts": Fault(
        "The bucket's two artifact folders are empty.", tenant=cloud.no_artifacts
    ),
    "access-denied": Fault("S3 and ECR refuse the tenant's key.", tenant=cloud.access_denied),
    "expired-credentials": Fault(
        "AWS says that the tenant's key has expired.", tenant=cloud.expired_credentials
    ),
    "kube-unauthorized": Fault(
        "Kubernetes does not know the tenant's token any more (401).",
        tenant=cloud.kube_unauthorized,
    ),
    "throttled": Fault("AWS and Kubernetes ask the tenant to slow down.", tenant=cloud.throttled),
    "slow": Fault("Every answer to the tenant comes ten seconds late.", tenant=cloud.slow),
}
