"""What each fault does, in words: the table that `break`, `mend` and the help read."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class About:
    """One trouble: `what` is true once it is in force, `of` is `tenant` or `platform`."""

    what: str
    of: str = "tenant"


ABOUT: Mapping[str, About] = {
    "no-namespace": About("The namespace is gone with all it held; the Profile stays."),
    "no-profile": About("The Profile is gone; the namespace stays."),
    "wrong-owner": About("The Profile names somebody else as its owner."),
    "no-service-account": About("The Profile's two service accounts are gone."),
    "no-quota": About("The namespace has no resource quota."),
    "no-rolebinding": About(
        "The namespace has no role binding, so that the tenant has no rights in it."
    ),
    "no-poddefault": About("The namespace has no PodDefault."),
    "mlflow-down": About("The tenant's MLflow server crashes again and again."),
    "postgres-down": About("The platform's PostgreSQL crashes again and again.", of="platform"),
    "open-isolation": About("The tenant may read every namespace."),
    "notebook-controller-down": About(
        "The platform's notebook controller crashes again and again.", of="platform"
    ),
    "no-bucket": About("The bucket is gone with all it held."),
    "no-ecr": About("All repositories of the tenant are gone with their images."),
    "no-artifacts": About("The bucket's two artifact folders are empty."),
    "access-denied": About("S3 and ECR refuse the tenant's key."),
    "expired-credentials": About("AWS says that the tenant's key has expired."),
    "kube-unauthorized": About("Kubernetes does not know the tenant's token any more (401)."),
    "throttled": About("AWS and Kubernetes ask the tenant to slow down."),
    "slow": About("Every answer to the tenant comes ten seconds late."),
}
