"""A vault as relab tells of it, made by hand for the snapshots screen."""

from collections.abc import Iterator

from relab.events import GapMet, SaveFinished, SaveStarted, UnitSaved
from tui.vault_model import Change, Count, Field, Finding, Item, Line, Snapshot, Unfinished
from tui.vault_moves import (
    Answered,
    Ask,
    Heard,
    Move,
    Order,
    Question,
    SaveAsked,
    SaveEnded,
    Unanswered,
)

OLD = Snapshot(
    name="before-the-wipe",
    state="complete",
    cohort="2026-1",
    finished_at="2026-01-04T09:12:00+00:00",
    items=12345,
    tenants=16,
    bytes=3_400_000_000,
    pinned=True,
    verified_at="2026-01-04T09:30:00+00:00",
    verified_deep=True,
)
NEW = Snapshot(
    name="after-class",
    state="partial",
    cohort="2026-1",
    finished_at="2026-01-05T08:00:00+00:00",
    items=12400,
    tenants=16,
    bytes=3_500_000_000,
    gaps=2,
)
SCOPE = {"tenants": ["01", "07"], "only": ["s3.*"], "data": False, "versions": False}
WAITING = Unfinished("half-way", "2026-1", "2026-01-05T00:30:00+00:00", 88, SCOPE)
COUNTS = (
    Count("", "aws", "iam.role", 5),
    Count("07", "aws", "s3.bucket", 1),
    Count("07", "aws", "s3.object", 3),
    Count("07", "kubernetes", "v1/Secret", 2),
)
ITEMS = tuple(
    Item("aws", "s3.object", "ap-northeast-2", f"mlops-training-user07/data/{name}.csv", "07", size)
    for name, size in (("학습", 2048), ("test", 10), ("train", 5_000_000))
)
LINES = (
    Line("iam", "iam.role", "ap-northeast-2", "07", "denied", 1, "AccessDenied: not allowed " * 6),
    Line("s3", "s3.object", "ap-northeast-2", "07", "changed-meanwhile", 1, "data/train.csv"),
    Line("s3", "s3.bucket", "ap-northeast-2", "07", "captured", 1),
    Line("sqs", "sqs.queue", "ap-northeast-2", "01", "empty"),
)
CHANGES = (
    Change("", "aws", "iam.role", "ap-northeast-2", "trainer", "removed"),
    Change("07", "aws", "s3.object", "ap-northeast-2", "bucket/new.csv", "added", 2048),
    Change(
        "07",
        "kubernetes",
        "v1/Secret",
        "mlops",
        "kubeflow-user07/token",
        "changed",
        0,
        (
            Field("/document/data/token", "changed", {"$sealed": "aa"}, {"$sealed": "bb"}, True),
            Field("/document/metadata/labels/owner", "changed", "user07", ["user07", "user08"]),
            Field("/document/type", "added", None, "Opaque"),
        ),
    ),
)
DOCUMENT = """provider: aws
type: s3.object
key: mlops-training-user07/data/test.csv
document:
  Metadata:
    password:
      $sealed: a99900c9032e21d397a2e6d5ba5b7147a595264ae43c8b694a2d7e87f651ced5
"""


def told(ask: Ask, answer: object, *names: str) -> Answered:
    return Answered(Question(ask, names), answer)


def listed(*snapshots: Snapshot) -> Answered:
    return told(Ask.LIST, snapshots)


def vault() -> Iterator[Move]:
    """Yield all that relab tells of this vault."""
    new = NEW.name
    yield told(Ask.WHERE, "/srv/vault")
    yield listed(OLD, NEW)
    yield told(Ask.UNFINISHED, (WAITING,))
    yield told(Ask.COUNTS, COUNTS, new)
    yield told(Ask.ITEMS, ITEMS, new, "07", "s3.object")
    yield told(Ask.COVERAGE, LINES, new)
    yield told(Ask.DIFF, CHANGES, OLD.name, new)
    for item in ITEMS:
        yield told(Ask.DOCUMENT, DOCUMENT, new, item.identity)


def no_vault() -> Unanswered:
    words = "relab: /srv/vault: no vault here -> make one: relab vault init"
    return Unanswered(Question(Ask.LIST), 10, words)


STARTED = SaveStarted(
    name="today",
    where="/srv/vault",
    profile="sandbox",
    account="123456789012",
    tenants=("01", "07"),
    resumed=False,
    at="2026-01-05T01:00:00+00:00",
)
DENIED = GapMet("iam", "iam.role", "ap-northeast-2", "07", "denied", 1, "AccessDenied")
FINISHED = SaveFinished(
    "today", "partial", 40, 4096, 1, "c" * 64, 12.0, "2026-01-05T01:00:12+00:00"
)


def unit(number: int, *, left: int, listing: bool = False, reused: bool = False) -> UnitSaved:
    return UnitSaved(f"unit-{number}", 4, 1 << 20, reused, number, left, listing)


def save(*, listing: bool = False, upto: int = 10) -> Iterator[Move]:
    """Yield a save that was asked for at 100 s and tells of one unit a second."""
    yield SaveAsked(Order("today"), 100.0)
    yield Heard(STARTED, 101.0)
    for number in range(1, upto + 1):
        yield Heard(unit(number, left=20 - number, listing=listing), 101.0 + number)
    yield Heard(DENIED, 112.0)


def finished() -> Iterator[Move]:
    yield from save()
    yield Heard(FINISHED, 113.0)
    yield SaveEnded(3, "", 113.0)


def cancelled() -> Iterator[Move]:
    yield from save()
    yield SaveEnded(130, "relab: cancelled", 113.0)


DAMAGED = (Finding("blob-missing", "a" * 64, True), Finding("blob-stray", "b" * 64, False))
