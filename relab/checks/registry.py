"""The table of all checks: the one place where a check is declared.

Importing it loads no cloud SDK, so that command lines and screens may list checks at once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from relab.checks import find, hardening, kubeflow, mlflow, prep, storage
from relab.checks.case import Case
from relab.errors import UsageError
from relab.events import Finding

SECTIONS = ("prep", "kubeflow", "mlflow", "storage", "hardening")


@dataclass(frozen=True, slots=True)
class Need:
    """Something that must exist for a check to mean anything; else it is skipped with `text`."""

    name: str
    exists: Callable[[Case], bool]
    text: str


@dataclass(frozen=True, slots=True)
class Check:
    """One check: `id` is `section.name`, `step` the lab's number for it.

    `reads` says for people what is asked.
    """

    id: str
    step: str
    run: Callable[[Case], Iterator[Finding]]
    reads: str
    need: Need | None = None

    @property
    def section(self) -> str:
        """The section, the part of the id before the dot."""
        return self.id.partition(".")[0]

    @property
    def title(self) -> str:
        """The key of the check's title in the catalogue."""
        return f"title.{self.id}"


NAMESPACE = Need("namespace", lambda case: find.namespace(case) is not None, "need.namespace")
BUCKET = Need("bucket", lambda case: find.bucket(case) is not None, "need.bucket")
REPOSITORY = Need("repository", lambda case: bool(find.repositories(case)), "need.repository")

CHECKS: tuple[Check, ...] = (
    Check("prep.tools", "0.1", prep.tools, "`aws`, `kubectl` and `git` on PATH"),
    Check("prep.number", "0.2", prep.number, "USER_NUM"),
    Check("prep.credentials", "0.3", prep.credentials, "sts GetCallerIdentity"),
    Check("prep.cluster", "0.4", prep.cluster, "the API server's version"),
    Check("prep.repository", "0.5", prep.repository, "the working folder"),
    Check("kubeflow.namespace", "1.1", kubeflow.namespace, "the namespace"),
    Check("kubeflow.profile", "1.2", kubeflow.kubeflow_profile, "the Profile"),
    Check("kubeflow.service-accounts", "1.3", kubeflow.service_accounts, "service accounts"),
    Check("kubeflow.quota", "1.4", kubeflow.quota, "resource quotas"),
    Check("kubeflow.role-bindings", "1.5", kubeflow.role_bindings, "role bindings"),
    Check("kubeflow.poddefaults", "1.6", kubeflow.pod_defaults, "PodDefaults"),
    Check("kubeflow.resources", "1.7", kubeflow.resources, "pods and counts", NAMESPACE),
    Check("kubeflow.isolation", "1.8", kubeflow.isolation, "another tenant's pods"),
    Check("kubeflow.system", "1.9", kubeflow.system, "kubeflow's deployments"),
    Check("kubeflow.ready", "1.10", kubeflow.ready, "what 1.1, 1.3, 1.5, 1.9 read"),
    Check("mlflow.namespace", "2.1", mlflow.namespace, "the namespace"),
    Check("mlflow.profile", "2.2", mlflow.kubeflow_profile, "the Profile"),
    Check("mlflow.bucket", "2.3", mlflow.bucket, "the bucket's objects"),
    Check("mlflow.ecr", "2.4", mlflow.ecr, "ecr DescribeRepositories"),
    Check("mlflow.poddefault", "2.5", mlflow.pod_default, "PodDefaults and their variables"),
    Check("mlflow.server", "2.6", mlflow.server, "pods, PostgreSQL, `/health`"),
    Check("mlflow.isolation", "2.7", mlflow.isolation, "own pods, another's pods"),
    Check("storage.credentials", "3.0", storage.credentials, "sts GetCallerIdentity"),
    Check("storage.bucket", "3.1", storage.bucket, "the bucket's objects, date and region"),
    Check("storage.ecr", "3.2", storage.ecr, "ecr DescribeRepositories, DescribeImages"),
    Check("storage.mlflow-artifacts", "3.3", storage.mlflow_artifacts, "its folder", BUCKET),
    Check("storage.pipeline-artifacts", "3.4", storage.pipeline_artifacts, "its folder", BUCKET),
    Check("storage.architecture", "3.5", storage.architecture, "nothing: a page to read"),
    Check("storage.data-flow", "3.6", storage.data_flow, "nothing: a page to read"),
    Check("hardening.encryption", "h.1", hardening.encryption, "s3 GetBucketEncryption", BUCKET),
    Check("hardening.versioning", "h.2", hardening.versioning, "s3 GetBucketVersioning", BUCKET),
    Check(
        "hardening.public-access", "h.3", hardening.public_access, "s3 GetPublicAccessBlock", BUCKET
    ),
    Check(
        "hardening.scan-on-push",
        "h.4",
        hardening.scan_on_push,
        "ecr DescribeRepositories",
        REPOSITORY,
    ),
    Check("hardening.lifecycle", "h.5", hardening.lifecycle, "ecr GetLifecyclePolicy", REPOSITORY),
)
BY_ID = {check.id: check for check in CHECKS}


def choose(ids: Sequence[str] = (), sections: Sequence[str] = ()) -> tuple[Check, ...]:
    """Return the checks called `ids` or standing in `sections`, in table order; all without either.

    UsageError names the valid ones.
    """
    _known("check", ids, BY_ID)
    _known("section", sections, SECTIONS)
    chosen = not ids and not sections
    return tuple(one for one in CHECKS if chosen or one.id in ids or one.section in sections)


def _known(what: str, given: Sequence[str], valid: Iterable[str]) -> None:
    listed = list(valid)
    for name in given:
        if name not in listed:
            raise UsageError(f"no {what} '{name}'", fix=f"choose from {', '.join(listed)}")
