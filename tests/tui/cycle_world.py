"""A cycle as relab tells of it, made by hand for the cycle's screen."""

from collections.abc import Iterator
from dataclasses import replace

from relab.cycle.model import Book, Stage
from relab.cycle.model import Ended as InBook
from relab.errors import Exit
from relab.events import (
    CycleFinished,
    CycleStarted,
    Differs,
    Event,
    GapMet,
    GateLooked,
    NukeSaid,
    RestoreStarted,
    SaveStarted,
    StageEnded,
    StageStarted,
    StepDone,
    StepFailed,
    UnitSaved,
    Verdict,
    WipeStarted,
)
from relab.nuke.model import By, Doomed, Fate, Forecast, Left, Refusal, to_json
from tests.tui.world import finished as checked
from tui import cycle_model
from tui.cycle_model import Known, Proof
from tui.cycle_moves import KnownTold, Looked, Move, Order, ProofTold, RunAsked, Way
from tui.restore_moves import NotTold, RunEnded
from tui.vault_moves import Heard

ID, NAME, ACCOUNT, ALIAS = "c0ffee012345", "ha-mlops-cycle-1", "123456789012", "mlops-training"
AT = "2026-01-05T01:00:00+00:00"
REGION = "ap-northeast-2"
REPORT = "/home/me/.local/state/relab/cycles/c0ffee012345/report.html"
KNOWN = Known("ha-mlops", ACCOUNT, ALIAS, "/srv/vault")
FACTS = {
    Stage.SAVE: {"items": 1234, "gaps": 0},
    Stage.VERIFY: {"damaged": 0},
    Stage.GATE: {"doomed": 5, "kept": 3, "losses": 0, "refusals": 0},
    Stage.WIPE: {"left": 0, "uncertain": 0, "stays": 1},
    Stage.RESTORE: {"done": 812, "failed": 0, "blocked": 0},
    Stage.PROVE: {"equal": 1234, "different": 0},
    Stage.CHECK: {"pass": 448},
}
DOOMED = (
    Doomed("", "iam.role", "trainer", By.NUKE, Fate.CAPTURED),
    Doomed("07", "s3.bucket", "mlops-training-user07", By.NUKE, Fate.CAPTURED),
    Doomed("07", "s3.object", "mlops-training-user07/data/학습.csv", By.HOLDER, Fate.CAPTURED),
    Doomed("08", "s3.bucket", "mlops-training-user08", By.NUKE, Fate.CAPTURED),
    Doomed("", "sagemaker.pipeline", "nightly", By.RELAB, Fate.REBUILT, "of its stack"),
)
LOSS = Doomed("07", "lambda.function", "resize", By.NUKE, Fate.NEVER, "its code is not given out")
KEPT = (
    Left("", "iam.user", "teacher", "the caller's own"),
    Left("", "iam.role", "AWSServiceRoleForEKS", "service-linked"),
    Left("", "iam.role", "AWSServiceRoleForECR", "service-linked"),
)
SURVIVOR = Left("", "ecr.rule", "docker-hub", "aws-nuke does not know it", collides=True)
FORECAST = Forecast(DOOMED, KEPT, notes=("the vault is a folder",))
LOST = replace(FORECAST, doomed=(*DOOMED, LOSS), survivors=(SURVIVOR,))
REFUSALS = (
    Refusal("loss", "lambda.function resize would be lost", "--accept-loss lambda.function"),
    Refusal("prod", "the account is called prod: such accounts stay"),
)


def proof(forecast: Forecast = FORECAST, *refusals: Refusal) -> Proof:
    """Return a proof as the screen reads it."""
    return cycle_model.proof(to_json(forecast, refusals))


PASSED = proof()
REFUSED = proof(LOST, *REFUSALS)
NO_VAULT = NotTold(10, "relab: /srv/vault: no vault here -> make one: relab vault init")


def book(*stages: Stage, wiping: bool = False) -> Book:
    """Return a book in which `stages` are done."""
    ends = (InBook(one, True, ("said",), FACTS[one], 61.0, AT) for one in stages)
    return Book(ID, "ha-mlops", ACCOUNT, "/srv/vault", NAME, AT, wiping=wiping, stages=tuple(ends))


def opened(found: Book | None = None) -> Iterator[Move]:
    yield Looked()
    yield KnownTold(replace(KNOWN, book=found))


def asked(way: Way = Way.BEGIN) -> RunAsked:
    end = way is Way.END
    return RunAsked(way, Order(), "" if way is Way.BEGIN else ID, REPORT if end else "", 100.0)


def done(stage: Stage) -> Iterator[Event]:
    yield StageStarted(ID, stage.value, AT)
    if stage is Stage.GATE:
        yield GateLooked(ID, "/state/proof.json")
    yield StageEnded(ID, stage.value, True, (f"{stage} said it",), FACTS[stage], 61.0)


def stopped(stage: Stage, *said: str, **facts: int) -> StageEnded:
    return StageEnded(ID, stage.value, False, said, facts, 61.0)


def heard(*events: Event) -> Iterator[Move]:
    """Yield what is told, one event a second from 101 s on."""
    for second, event in enumerate(events, start=101):
        yield Heard(event, min(float(second), 111.0))


def until(last: Stage, *then: Event) -> Iterator[Event]:
    """Yield a cycle whose stages before `last` are done and in which that one tells `then`."""
    yield CycleStarted(ID, NAME, ACCOUNT, AT)
    for stage in list(Stage)[: list(Stage).index(last)]:
        yield from done(stage)
    yield StageStarted(ID, last.value, AT)
    yield from then


READING = SaveStarted("live", "/tmp/x", "ha-mlops", ACCOUNT, ("07",), False, AT)
DENIED = GapMet("iam", "iam.role", REGION, "07", "denied", 1, "AccessDenied")


def said(state: str, name: str, kind: str = "thing", text: str = "") -> NukeSaid:
    return NukeSaid(kind, REGION, "S3Bucket", f"s3://{name}", state, text)


TOLD: dict[Stage, tuple[Event, ...]] = {
    Stage.SAVE: (
        READING,
        *(UnitSaved(f"u{n}", 4, 1 << 20, False, n, 9 - n, False) for n in range(8)),
        DENIED,
    ),
    Stage.VERIFY: (),
    Stage.GATE: (
        READING,
        UnitSaved("u", 4, 9, False, 30, 12, False),
        said("new", "a"),
        said("new", "b"),
    ),
    Stage.WIPE: (
        WipeStarted(ACCOUNT, NAME, 5, AT),
        said("pending", "a"),
        said("finished", "a"),
        said("finished", "b"),
        said("failed", "c", "wrong", "BucketNotEmpty: 학습"),
    ),
    Stage.RESTORE: (
        RestoreStarted("p", NAME, ACCOUNT, 12, False, AT, {"07": 8, "08": 4}),
        *(StepDone(f"i{n}", "create", "07", 1, n, 12 - n, "", before=False) for n in range(1, 7)),
        StepFailed("aws:s3.bucket:r:b", "create", "08", "AccessDenied: not allowed"),
    ),
    Stage.PROVE: (
        READING,
        UnitSaved("u", 4, 9, False, 30, 12, False),
        Differs(f"aws:s3.bucket:{REGION}:b", "07", "b", "different", ("/Tags",), ()),
    ),
    Stage.CHECK: (checked(), checked("storage.bucket", Verdict.FAIL)),
}


def running(stage: Stage) -> Iterator[Move]:
    """Yield a cycle that is in `stage`."""
    late = list(Stage).index(stage) > list(Stage).index(Stage.GATE)
    yield from opened(book() if late else None)
    yield asked(Way.END if late else Way.BEGIN)
    yield from heard(*until(stage, *TOLD[stage]))


def at_gate() -> Iterator[Move]:
    """Yield a cycle that the gate has let through, and whose proof is here."""
    yield from opened()
    yield asked()
    over = CycleFinished(ID, False, AT)
    yield from heard(*until(Stage.GATE), *list(done(Stage.GATE))[1:], over)
    yield ProofTold(PASSED)
    yield RunEnded(int(Exit.OK), "go on with: relab cycle --resume", 112.0)


def refused() -> Iterator[Move]:
    yield from opened()
    yield asked()
    whats = [f"{one.what} -> {one.fix}" if one.fix else one.what for one in REFUSALS]
    end = stopped(Stage.GATE, *whats, doomed=6, kept=3, losses=1, survivors=1, refusals=2)
    yield from heard(*until(Stage.GATE, end))
    yield ProofTold(REFUSED)
    yield RunEnded(int(Exit.REFUSED), "go on with: relab cycle --resume", 112.0)


def interrupted() -> Iterator[Move]:
    yield from running(Stage.WIPE)
    yield RunEnded(130, "relab: cancelled", 112.0)


def finished() -> Iterator[Move]:
    yield from opened(book(Stage.SAVE, Stage.VERIFY, Stage.GATE))
    yield asked(Way.END)
    yield from heard(*until(Stage.CHECK), *list(done(Stage.CHECK))[1:], CycleFinished(ID, True, AT))
    yield RunEnded(0, "", 112.0)
