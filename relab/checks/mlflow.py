"""Section 2: the tenant's MLflow."""

from collections.abc import Iterator, Mapping
from typing import Any

from relab.checks import ask, find, kubeflow
from relab.checks.case import Case
from relab.checks.isolation import neighbour_closed, own_open
from relab.checks.storage import opened
from relab.clouds.outcome import Outcome
from relab.events import Finding

SYSTEM = "mlflow-system"
SERVER = "mlflow-server"
PORT = 5000
MLFLOW_DEFAULT, PIPELINE_DEFAULT = "access-mlflow", "access-ml-pipeline"
_SHOWN = 4


def namespace(case: Case) -> Iterator[Finding]:
    """Check that the namespace that MLflow runs in exists."""
    found = find.namespace(case)
    if found is None:
        yield _no_namespace(case)
    else:
        yield case.passed("mlflow.namespace.exists", name=str(found["name"]))


def _no_namespace(case: Case, at: str = "") -> Finding:
    names = ", ".join(case.names.namespaces)
    return case.failed("kubeflow.namespace.missing", "kubeflow.namespace.ask", at=at, names=names)


def kubeflow_profile(case: Case) -> Iterator[Finding]:
    """Check that the Kubeflow Profile exists and belongs to the tenant."""
    found = find.kubeflow_profile(case)
    if found is None:
        names = ", ".join(case.names.profiles)
        yield case.failed("kubeflow.profile.missing", "kubeflow.profile.ask", names=names)
    else:
        yield kubeflow.owner(case, found)


def bucket(case: Case) -> Iterator[Finding]:
    """Check that the bucket that MLflow writes to exists."""
    found = opened(case)
    if isinstance(found, Finding):
        yield found
    else:
        yield case.passed("mlflow.bucket.exists", bucket=found[0])


def ecr(case: Case) -> Iterator[Finding]:
    """Check that models can be pushed as images."""
    rows = find.repositories(case)
    patterns = ", ".join(case.names.repositories)
    if rows:
        names = ", ".join(str(row["name"]) for row in rows[:_SHOWN])
        yield case.passed("mlflow.ecr.exists", count=str(len(rows)), names=names)
    else:
        yield case.warned("storage.ecr.none", "storage.ecr.create", patterns=patterns)


def pod_default(case: Case) -> Iterator[Finding]:
    """Check that notebooks reach MLflow and pipelines without settings of their own."""
    found = find.namespace(case)
    if found is None:
        yield _no_namespace(case)
        return
    known = case.read(ask.pod_defaults(found["name"]))["environment"]
    if MLFLOW_DEFAULT in known:
        yield from _values(case, str(found["name"]), known[MLFLOW_DEFAULT])
    else:
        yield case.failed(
            "mlflow.poddefault.missing", "mlflow.poddefault.ask", at="mlflow", name=MLFLOW_DEFAULT
        )
    yield _pipeline_default(case, known)


def _values(case: Case, namespace: str, found: Mapping[str, Any]) -> Iterator[Finding]:
    region = case.profile.aws.region
    wanted = {
        "MLFLOW_TRACKING_URI": f"http://{SERVER}.{namespace}.svc.cluster.local:{PORT}",
        "MLFLOW_S3_ENDPOINT_URL": f"https://s3.{region}.amazonaws.com",
        "AWS_DEFAULT_REGION": region,
    }
    wrong = {name: value for name, value in wanted.items() if found.get(name) != value}
    yield case.passed("mlflow.poddefault.exists", at="mlflow", name=MLFLOW_DEFAULT)
    if not wrong:
        yield case.passed(
            "mlflow.poddefault.values", at="values", uri=wanted["MLFLOW_TRACKING_URI"]
        )
    for name, value in wrong.items():
        yield case.warned(
            "mlflow.poddefault.differs", "mlflow.poddefault.correct", at=_part(name),
            variable=name, wanted=value, found=str(found.get(name, "-")), name=MLFLOW_DEFAULT,
        )  # fmt: skip


def _part(variable: str) -> str:
    return variable.lower().replace("_", "-")


def _pipeline_default(case: Case, known: Mapping[str, Any]) -> Finding:
    if PIPELINE_DEFAULT in known:
        return case.passed("mlflow.poddefault.exists", at="pipeline", name=PIPELINE_DEFAULT)
    return case.warned(
        "mlflow.poddefault.missing", "mlflow.poddefault.ask", at="pipeline", name=PIPELINE_DEFAULT
    )


def server(case: Case) -> Iterator[Finding]:
    """Check that the tracking server and its database run, and the server answers."""
    found = find.namespace(case)
    if found is None:
        yield _no_namespace(case, at="pod")
        yield _postgres(case)
        return
    namespace = str(found["name"])
    pods = case.read(ask.pods(namespace, f"app={SERVER}"))
    yield _pod(case, pods)
    yield _postgres(case)
    if pods["names"]:
        yield _health(case, namespace)


def _pod(case: Case, pods: Mapping[str, Any]) -> Finding:
    if not pods["names"]:
        return case.failed("mlflow.server.no-pod", "mlflow.server.logs", at="pod")
    if pods["running"]:
        return case.passed("mlflow.server.running", at="pod", pod=str(pods["names"][0]))
    idle = pods["not_running"][0]
    args = {"pod": str(idle["name"]), "state": str(idle["state"])}
    return case.warned("mlflow.server.not-running", "mlflow.server.logs", at="pod", **args)


def _health(case: Case, namespace: str) -> Finding:
    answer = case.ask(ask.service_page(namespace, f"{SERVER}:{PORT}", "/health"))
    if answer.outcome in (Outcome.UNAVAILABLE, Outcome.MISSING):
        return case.warned(
            "mlflow.server.unhealthy", "mlflow.server.forward", at="health", detail=answer.detail
        )
    case.told(answer)
    return case.passed("mlflow.server.healthy", at="health")


def _postgres(case: Case) -> Finding:
    pods = case.read(ask.pods(SYSTEM, "app=postgres"))
    if pods["running"]:
        return case.passed("mlflow.server.postgres", at="postgres")
    idle = pods["not_running"]
    state = f"{idle[0]['name']} ({idle[0]['state']})" if idle else "-"
    return case.warned(
        "mlflow.server.no-postgres", "mlflow.server.database", at="postgres", state=state
    )


def isolation(case: Case) -> Iterator[Finding]:
    """Check that the own namespace is open to the tenant, another's is not."""
    found = find.namespace(case)
    if found is None:
        yield _no_namespace(case, at="own")
    else:
        yield own_open(case, str(found["name"]), at="own")
    yield neighbour_closed(case, at="others")
