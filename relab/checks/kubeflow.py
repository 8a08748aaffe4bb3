"""Section 1: the tenant's slice of Kubeflow."""

from collections.abc import Iterator, Mapping
from typing import Any

from relab.checks import ask, find, quantity
from relab.checks.case import Case, moment
from relab.checks.isolation import neighbour_closed
from relab.events import Finding

ACCOUNTS = ("default-editor", "default-viewer")
REQUIRED_DEFAULTS = ("access-mlflow", "access-ml-pipeline")
ADMIN_BINDING = "namespaceAdmin"
COUNTED = ("services", "persistentvolumeclaims", "configmaps", "secrets")
_NAMES_SHOWN = 4


def _some(names: list[str]) -> str:
    more = f" +{len(names) - _NAMES_SHOWN}" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more


def namespace(case: Case) -> Iterator[Finding]:
    """Check that the tenant's namespace exists."""
    found = find.namespace(case)
    if found is None:
        names = ", ".join(case.names.namespaces)
        yield case.failed("kubeflow.namespace.missing", "kubeflow.namespace.ask", names=names)
        return
    labels = _some([f"{key}={value}" for key, value in found["labels"].items()])
    yield case.passed(
        "kubeflow.namespace.exists",
        name=found["name"],
        created=moment(found["created"]),
        labels=labels or "-",
    )


def kubeflow_profile(case: Case) -> Iterator[Finding]:
    """Check that the Kubeflow Profile exists, is ready, and belongs to the tenant."""
    found = find.kubeflow_profile(case)
    if found is None:
        names = ", ".join(case.names.profiles)
        yield case.failed("kubeflow.profile.missing", "kubeflow.profile.ask", names=names)
        return
    yield owner(case, found)
    args = {"profile": str(found["name"])}
    if found["ready"] is None:
        yield case.warned("kubeflow.profile.no-status", "kubeflow.profile.wait", at="ready", **args)
    elif not found["ready"]:
        yield case.warned("kubeflow.profile.not-ready", "kubeflow.profile.wait", at="ready", **args)
    else:
        yield case.passed("kubeflow.profile.ready", at="ready", **args)


def owner(case: Case, found: Mapping[str, Any]) -> Finding:
    """Return what is to say about the owner of the Kubeflow Profile `found`."""
    args = {"profile": str(found["name"]), "found": str(found["owner"]), "owner": case.names.owner}
    if found["owner"] != case.names.owner:
        return case.warned(
            "kubeflow.profile.other-owner", "kubeflow.profile.patch", at="owner", **args
        )
    return case.passed("kubeflow.profile.owner", at="owner", **args)


def service_accounts(case: Case) -> Iterator[Finding]:
    """Check that notebooks and pipelines have the service accounts that they run as."""
    found = _inside(case)
    names = list(case.read(ask.service_accounts(found))["names"]) if found else []
    missing = [name for name in ACCOUNTS if name not in names]
    args = {"missing": ", ".join(missing), "names": ", ".join(ACCOUNTS)}
    if len(missing) == len(ACCOUNTS):
        yield case.failed("kubeflow.service-accounts.none", "kubeflow.service-accounts.ask", **args)
    elif missing:
        yield case.warned("kubeflow.service-accounts.one", "kubeflow.service-accounts.ask", **args)
    else:
        yield case.passed("kubeflow.service-accounts.both", names=args["names"])


def _inside(case: Case) -> str | None:
    found = find.namespace(case)
    return str(found["name"]) if found else None


def quota(case: Case) -> Iterator[Finding]:
    """Check that the quota is the one that the roster promises."""
    found = _inside(case)
    rows = list(case.read(ask.quotas(found))["quotas"]) if found else []
    if not rows:
        yield case.warned("kubeflow.quota.none", "kubeflow.quota.ask")
        return
    row = next((one for one in rows if _is_promised(case, one)), rows[0])
    args = {
        "name": str(row["name"]),
        "limits": _pairs(row["hard"]),
        "used": _pairs(row["used"]),
        "wanted": f"cpu={case.names.cpu}, memory={case.names.memory}",
    }
    if _is_promised(case, row):
        yield case.passed("kubeflow.quota.set", **args)
    else:
        yield case.warned("kubeflow.quota.differs", "kubeflow.quota.ask", **args)


def _is_promised(case: Case, row: Mapping[str, Any]) -> bool:
    wanted = {"cpu": case.names.cpu, "memory": case.names.memory}
    hard = row["hard"]
    return all(
        any(quantity.same(str(hard.get(key, "")), value) for key in _spellings(resource))
        for resource, value in wanted.items()
    )


def _spellings(resource: str) -> tuple[str, ...]:
    return (resource, f"requests.{resource}", f"limits.{resource}")


def _pairs(amounts: Mapping[str, Any]) -> str:
    return _some([f"{key}={value}" for key, value in sorted(amounts.items())]) or "-"


def role_bindings(case: Case) -> Iterator[Finding]:
    """Check that someone has rights in the namespace."""
    found = _inside(case)
    names = find.role_bindings(case, found) if found else []
    if not names:
        yield case.failed("kubeflow.role-bindings.none", "kubeflow.role-bindings.ask")
    elif ADMIN_BINDING in names:
        yield case.passed("kubeflow.role-bindings.admin", names=_some(names), count=str(len(names)))
    else:
        yield case.passed("kubeflow.role-bindings.some", names=_some(names), count=str(len(names)))


def pod_defaults(case: Case) -> Iterator[Finding]:
    """Check that notebooks can be handed their settings."""
    found = _inside(case)
    names = list(case.read(ask.pod_defaults(found))["environment"]) if found else []
    missing = [name for name in REQUIRED_DEFAULTS if name not in names]
    if not names:
        yield case.warned("kubeflow.poddefaults.none", "kubeflow.poddefaults.ask")
    elif missing:
        args = {"names": _some(names), "missing": ", ".join(missing)}
        yield case.passed("kubeflow.poddefaults.some", **args)
    else:
        yield case.passed("kubeflow.poddefaults.required", names=_some(names))


def resources(case: Case) -> Iterator[Finding]:
    """Count what stands in the namespace, and check that all pods run."""
    inside = _inside(case) or ""
    pods = case.read(ask.pods(inside))
    counts = {kind: str(case.read(ask.counted(inside, kind))["count"]) for kind in COUNTED}
    yield case.passed("kubeflow.resources.counts", at="counts", pods=str(pods["count"]), **counts)
    idle = [f"{pod['name']} ({pod['state']})" for pod in pods["not_running"]]
    if idle:
        yield case.warned(
            "kubeflow.resources.not-running", "kubeflow.resources.describe", at="pods",
            pods=_some(idle), pod=str(pods["not_running"][0]["name"]),
        )  # fmt: skip
    else:
        yield case.passed("kubeflow.resources.running", at="pods", running=str(pods["running"]))


def isolation(case: Case) -> Iterator[Finding]:
    """Check that another tenant's namespace is closed."""
    yield neighbour_closed(case)


def system(case: Case) -> Iterator[Finding]:
    """Check that Kubeflow itself is up."""
    if case.read(ask.namespace(find.PLATFORM)) is None:
        yield case.failed("kubeflow.system.no-namespace", "kubeflow.system.ask", at="namespace")
        return
    yield case.passed("kubeflow.system.namespace", at="namespace")
    yield _controller(case)
    for part, name in ((find.DASHBOARD, "dashboard"), (find.PIPELINES_UI, "pipelines-ui")):
        if find.deployment(case, part) is None:
            yield case.warned(
                "kubeflow.system.part-missing", "kubeflow.system.ask", at=name, part=name
            )
        else:
            yield case.passed("kubeflow.system.part", at=name, part=name)


def _controller(case: Case) -> Finding:
    found = find.deployment(case, find.NOTEBOOK_CONTROLLER)
    if found is None:
        text = "kubeflow.system.no-controller"
        return case.failed(text, "kubeflow.system.ask", at="notebook-controller")
    args = {"ready": str(found["ready"]), "wanted": str(found["wanted"])}
    if not found["ready"]:
        return case.warned(
            "kubeflow.system.controller-down",
            "kubeflow.system.restart",
            at="notebook-controller",
            **args,
        )
    return case.passed("kubeflow.system.controller", at="notebook-controller", **args)


def ready(case: Case) -> Iterator[Finding]:
    """Check that all that the next lab needs is there."""
    inside = _inside(case)
    accounts = list(case.read(ask.service_accounts(inside))["names"]) if inside else []
    there = {
        "namespace": inside is not None,
        "service-account": bool(set(ACCOUNTS) & set(accounts)),
        "role-binding": bool(find.role_bindings(case, inside)) if inside else False,
        "notebook-controller": find.deployment(case, find.NOTEBOOK_CONTROLLER) is not None,
    }
    missing = [name for name, found in there.items() if not found]
    if missing:
        yield case.failed(
            "kubeflow.ready.missing", "kubeflow.ready.fix", missing=", ".join(missing)
        )
    else:
        yield case.passed("kubeflow.ready.all")
