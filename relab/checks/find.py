"""Reads that several checks begin with: the tenant's namespace, Profile, bucket, repositories."""

from collections.abc import Mapping
from typing import Any

from relab.checks import ask
from relab.checks.case import Case
from relab.clouds.outcome import Outcome

NOTEBOOK_CONTROLLER = "notebook-controller"
DASHBOARD = "dashboard"
PIPELINES_UI = "ml-pipeline-ui"
PLATFORM = "kubeflow"


def namespace(case: Case) -> dict[str, Any] | None:
    """Return the tenant's namespace: the first of its names that exists, None when none does."""
    found = (case.read(ask.namespace(name)) for name in case.names.namespaces)
    return next((one for one in found if one is not None), None)


def kubeflow_profile(case: Case) -> dict[str, Any] | None:
    """Return the tenant's Kubeflow Profile: the first of its names that exists, else None."""
    found = (case.read(ask.kubeflow_profile(name)) for name in case.names.profiles)
    return next((one for one in found if one is not None), None)


def bucket(case: Case) -> tuple[str, dict[str, Any]] | None:
    """Return name and content of the tenant's bucket: the first of its names that exists."""
    for name in case.names.buckets:
        found = case.read(ask.objects(name))
        if found is not None:
            return name, found
    return None


def repositories(case: Case) -> list[dict[str, Any]]:
    """Return the tenant's image repositories under all of its naming rules."""
    found = case.read(ask.repositories(case.names.owns_repository)) or {"repositories": []}
    return list(found["repositories"])


def deployment(case: Case, part: str) -> Mapping[str, Any] | None:
    """Return the platform's deployment whose name holds `part`, None when there is none."""
    found = case.read(ask.deployments(PLATFORM))
    rows = found["deployments"] if found else {}
    return next((row for name, row in rows.items() if part in name), None)


def role_bindings(case: Case, namespace: str) -> list[str]:
    """Return the names of a namespace's role bindings.

    A tenant that may not even list them, with nobody else to ask, has none that counts.
    """
    answer = case.ask(ask.role_bindings(namespace))
    if answer.outcome in (Outcome.DENIED, Outcome.MISSING):
        return []
    return list(case.told(answer)["names"])
