"""Events as the checks send them, made by hand for the screens."""

from collections.abc import Iterator, Sequence

from relab.events import (
    CheckFinished,
    CheckStarted,
    Event,
    Evidence,
    Finding,
    Message,
    RunFinished,
    RunStarted,
    Verdict,
)
from relab.lab import Lab, load

LAB: Lab = load("lab-1-1")
AT = "2026-01-05T01:00:{:02}+00:00"


def evidence(
    request: str = "GET /api/v1/namespaces/kubeflow-user07", **changes: object
) -> Evidence:
    values: dict[str, object] = {
        "source": "kubernetes",
        "identity": "user07",
        "request": request,
        "status": "200",
        "answer": {"name": "kubeflow-user07", "labels": {"owner": "user07"}},
        "seconds": 0.034,
        "at": AT.format(1),
    }
    return Evidence(**{**values, **changes})  # type: ignore[arg-type] # mixed values by name


def finished(
    check: str = "kubeflow.namespace",
    verdict: Verdict = Verdict.PASS,
    *,
    second: int = 1,
    run: str = "r1",
    tenant: str = "07",
    findings: Sequence[Finding] | None = None,
) -> CheckFinished:
    found = (
        (Finding("it", verdict, Message("kubeflow.namespace.exists", ARGS)),)
        if findings is None
        else tuple(findings)
    )
    return CheckFinished(
        run=run,
        check=check,
        section=check.partition(".")[0],
        step="1.1",
        tenant=tenant,
        verdict=verdict,
        findings=found,
        evidence=(evidence(),),
        at=AT.format(second),
        seconds=0.05,
    )


ARGS = {"name": "kubeflow-user07", "created": "2025-12-10", "labels": "owner=user07"}
MISSING = Finding(
    "missing",
    Verdict.FAIL,
    Message("kubeflow.namespace.missing", {"names": "kubeflow-user07"}),
    Message("kubeflow.namespace.ask", {"user": "user07", "namespace": "kubeflow-user07"}),
)


def round_of(*results: CheckFinished, run: str = "r1") -> Iterator[Event]:
    """Yield a whole round with these results."""
    checks = tuple(result.check for result in results)
    yield RunStarted(run, ("07",), checks, AT.format(0))
    for check in checks:
        yield CheckStarted(run, check, "07")
    yield from results
    yield RunFinished(run, AT.format(59), 0.2)
