"""A restore as relab tells of it, made by hand for the restore screen."""

from collections.abc import Iterator

from relab.events import (
    Differs,
    Event,
    RestoreFinished,
    RestoreStarted,
    SaveStarted,
    StepDone,
    StepFailed,
    UnitSaved,
    Verified,
)
from tui.restore_model import Check, Plan, Row, Unfinished
from tui.restore_moves import (
    ChecksAsked,
    ChecksTold,
    Looked,
    Move,
    NotTold,
    Order,
    PlanAsked,
    PlanTold,
    RunAsked,
    RunEnded,
    UnfinishedTold,
)
from tui.vault_moves import Heard

NAME = "after-class"
REGION = "ap-northeast-2"
AT = "2026-01-05T01:00:00+00:00"
REPORT = "/home/me/.local/state/relab/restores/0123456789ab/report.html"


def row(kind: str, key: str, action: str, reason: str = "not there", **more: object) -> Row:
    """Return a row of a plan: of AWS, or of Kubernetes where the type has a version."""
    provider = "kubernetes" if "/" in kind else "aws"
    where = "mlops-training-cluster" if "/" in kind else REGION
    values = {"tenant": "07", "action": action, "reason": reason, **more}
    names = {"provider": provider, "type": kind, "region": where, "key": key}
    return Row(f"{provider}:{kind}:{where}:{key}", **names, **values)  # type: ignore[arg-type] # by name


BUCKET = "mlops-training-user07"
DATA = Row(
    f"aws:s3.bucket:{REGION}:{BUCKET}/*",
    "aws",
    "s3.object",
    REGION,
    f"{BUCKET}/*",
    "07",
    "create",
    "what is there and equal is left as it is",
    count=42,
    size=4_000_000,
)
ITEMS = (
    row("s3.bucket", BUCKET, "create"),
    DATA,
    row("s3.bucket", "mlops-training-user08", "adopt", "equal", tenant="08"),
    row("ecr.repository", "mlops/학습-user07", "update", "lacks /Tags"),
    row("v1/ConfigMap", "kubeflow-user07/mlflow-config", "create"),
    row("v1/Secret", "kubeflow-user07/token", "skip", "comes back with it", follows=True),
    row(
        "sqs.queue", "jobs", "blocked", "differs at /KmsKeyId; choose --existing update", tenant=""
    ),
    row("iam.login-profile", "user07", "skip", "a password can not be read", lost=True),
    row("iam.login-profile", "user08", "skip", "a password can not be read", lost=True),
)
CHOICE = {"tenants": ["07", "08", ""], "only": [], "existing": "adopt-if-equal", "data": True}
PLAN = Plan("0123456789ab", NAME, "ha-mlops", "123456789012", AT, CHOICE, ITEMS)
STARTED = RestoreStarted(PLAN.id, NAME, PLAN.account, 12, False, AT, {"07": 8, "08": 3, "": 1})
READING = SaveStarted("live", "/tmp/x", "ha-mlops", PLAN.account, ("07",), False, AT)
FAILED = StepFailed(ITEMS[3].identity, "configure", "07", "PutImageScan: AccessDenied: not allowed")
NOTED = StepDone(ITEMS[4].identity, "create", "07", 1, 9, 3, "no controller made it")
DIFFERENT = Differs(
    ITEMS[3].identity,
    "07",
    "mlops/학습-user07",
    "different",
    ("/Tags/0/Value", "/Policy"),
    (
        {"pointer": "/Tags/0/Value", "change": "changed", "before": "옛", "after": "new"},
        {"pointer": "/Policy", "change": "changed", "sealed": True},
    ),
)
MISSING = Differs(ITEMS[6].identity, "", "jobs", "missing", (), ())
CHECKS = (
    Check("kubeflow.namespace", "kubeflow", "07", "pass"),
    Check("storage.bucket", "storage", "07", "fail"),
    Check("storage.images", "storage", "07", "warn"),
    Check("kubeflow.namespace", "kubeflow", "08", "pass"),
)
NO_VAULT = NotTold(10, "relab: /srv/vault: no vault here -> make one: relab vault init")
NO_KEY = NotTold(12, "relab: /srv/key: no key to open or seal secrets with -> set RELAB_VAULT_KEY")
UNREACHABLE = NotTold(1, "relab: sts: AWS does not answer -> relab doctor looks at the network")


def reading() -> Iterator[Move]:
    """Yield that the world is read for a plan since 100 s."""
    yield Looked(NAME)
    yield UnfinishedTold(Unfinished())
    yield PlanAsked(Order(), 100.0)


def planned(plan: Plan = PLAN) -> Iterator[Move]:
    yield from reading()
    yield PlanTold(plan)


def unfinished() -> Iterator[Move]:
    yield Looked(NAME)
    yield UnfinishedTold(Unfinished(PLAN, 5))


def done(number: int, *, tenant: str = "07", before: bool = False) -> StepDone:
    return StepDone(f"aws:t:r:{number}", "create", tenant, 1, number, 12 - number, "", before)


def told(upto: int) -> Iterator[Event]:
    """Yield what the process tells until so many steps are done."""
    yield READING
    yield UnitSaved("u", 30, 1, False, 1, 0, False)
    yield STARTED
    for number in range(1, upto + 1):
        yield done(number, tenant="08" if number % 3 == 0 else "07")


def begun(upto: int = 6) -> Iterator[Move]:
    """Yield a restore that was begun at 100 s and tells something each second from 101 s on."""
    yield from planned()
    yield RunAsked(PLAN, resumed=False, report=REPORT, at=100.0)
    for number, event in enumerate(told(upto), start=101):
        yield Heard(event, float(number))


def running() -> Iterator[Move]:
    yield from begun()
    for event in (FAILED, NOTED):
        yield Heard(event, 112.0)


def stopped() -> Iterator[Move]:
    yield from begun()
    yield RunEnded(130, "relab: cancelled", 113.0)


def refused() -> Iterator[Move]:
    yield from planned()
    yield RunAsked(PLAN, resumed=False, report=REPORT, at=100.0)
    yield RunEnded(11, "relab: 123456789012: another restore is at work there -> wait", 101.0)


def verified(*, partly: bool = True) -> Iterator[Move]:
    """Yield a restore to its end: with two differences and a step not done, or with none."""
    yield from running() if partly else begun()
    yield Heard(RestoreFinished(PLAN.id, 11, int(partly), 9.0, AT), 113.0)
    yield Heard(READING, 113.0)
    for differs in (DIFFERENT, MISSING) if partly else ():
        yield Heard(differs, 114.0)
    yield Heard(Verified(40, 2 if partly else 0, partial=partly), 115.0)
    yield RunEnded(3 if partly else 0, "verifying", 116.0)


def checked() -> Iterator[Move]:
    yield from verified()
    yield ChecksAsked()
    yield ChecksTold(CHECKS)
