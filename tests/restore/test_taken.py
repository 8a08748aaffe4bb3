"""Names of buckets that somebody else has: waited for, then changed, wherever they stand."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from relab.events import StepDone, StepWaits
from relab.resources.item import canonical
from restore import start
from restore.journal import Journal
from restore.live import Live
from restore.model import Action, OnTaken
from restore.plan import make
from restore.taken import Taken, mentioned, others, said, standing
from snapshot.vault.model import Snapshot
from tests.resources.account import ACCOUNT, Account
from tests.restore import small
from tests.restore.aws_world import AwsWorld, Made, account_world, own_state, through
from tests.snapshot.meddler import Answer, Asked, Rule

BUCKET = "small-bucket"
NEW = next(others(BUCKET, ACCOUNT))
TYPES = (*small.TYPES, "ssm.parameter")


def fill(account: Account) -> None:
    """Make things that name the bucket: by its ARN, and by its bare name."""
    small.messaging(account)
    bucket = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": f"arn:aws:s3:::{BUCKET}/*",
            }
        ],
    }
    account.do("s3", "PutBucketPolicy", Bucket=BUCKET, Policy=json.dumps(bucket))
    text = small.policy("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*")
    account.do("iam", "CreatePolicy", PolicyName="bucket", PolicyDocument=text)
    for name, value in (
        ("/bare", BUCKET),
        ("/root", f"s3://{BUCKET}/mlflow"),
        ("/other", f"{BUCKET}-logs"),
    ):
        account.do("ssm", "PutParameter", Name=name, Type="String", Value=value)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AwsWorld, Snapshot]]:
    folder = tmp_path_factory.mktemp("account")
    with own_state(folder), account_world(folder, fill, TYPES) as world:
        yield world, world.save()


@pytest.fixture
def saved(
    shared: tuple[AwsWorld, Snapshot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[AwsWorld, Snapshot]]:
    """Give an empty account, its snapshot, and a folder of the test's own for the journal."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    shared[0].account.reset()
    shared[0].meddler.seen.clear()
    yield shared
    shared[0].meddler.choose = lambda _: None


@dataclass
class Squatter:
    """Somebody who has names of buckets; `until` says after how many tries one is free."""

    names: tuple[str, ...] = (BUCKET,)
    code: str = "BucketAlreadyExists"
    until: int = 1 << 30
    met: list[str] = field(default_factory=list)

    def rule(self, asked: Asked) -> Rule | None:
        name = asked.path.strip("/").partition("?")[0]
        if name not in self.names or len(self.met) >= self.until or "?" in asked.path:
            return None
        if asked.method == "HEAD":
            return Rule("", Answer(403, b""))
        if asked.method != "PUT":
            return None
        self.met.append(name)
        body = f"<Error><Code>{self.code}</Code><Message>taken</Message></Error>"
        return Rule("", Answer(409, body.encode()))


def planned(world: AwsWorld, snapshot: Snapshot, mode: OnTaken, seconds: float = 0) -> Made:
    choice = replace(world.choice, on_taken=mode, patience=seconds)
    return through(make(world.vault, snapshot, world.profile, choice, {}))


def text_of(world: AwsWorld) -> str:
    return canonical([[dict(i.document), dict(i.observed)] for i in world.items()]).decode()


def test_a_taken_name_becomes_another_wherever_it_stands(
    saved: tuple[AwsWorld, Snapshot],
) -> None:
    world, snapshot = saved
    squatter = Squatter()
    world.meddler.choose = squatter.rule
    made = planned(world, snapshot, OnTaken.RENAME)
    reason = next(row.reason for row in made[0].items if row.type == "s3.bucket")
    assert reason == f"not there; its name is taken: waited for, then called {NEW}"
    done = world.apply(snapshot, made)
    assert done.clean, (done.failures, done.report)
    assert squatter.met
    assert done.report.renamed == ((BUCKET, NEW),)
    notes = [e.note for e in done.events if isinstance(e, StepDone) and e.note]
    assert notes == [
        f"bucket {BUCKET} is now {NEW}: all that was restored says so; "
        f"change the profile's naming rule to one that gives {NEW}"
    ]
    told = text_of(world)
    assert mentioned(told, (BUCKET,)) == frozenset()
    assert told.count(f"arn:aws:s3:::{NEW}/*") == 2
    values = {
        name: world.account.do("ssm", "GetParameter", Name=name)["Parameter"]["Value"]
        for name in ("/bare", "/root", "/other")
    }
    assert values == {"/bare": NEW, "/root": f"s3://{NEW}/mlflow", "/other": f"{BUCKET}-logs"}


def test_a_second_restore_knows_the_new_name_and_changes_nothing(
    saved: tuple[AwsWorld, Snapshot],
) -> None:
    world, snapshot = saved
    world.meddler.choose = Squatter().rule
    assert world.apply(snapshot, planned(world, snapshot, OnTaken.RENAME)).clean
    world.meddler.seen.clear()
    second = world.apply(snapshot, planned(world, snapshot, OnTaken.RENAME))
    assert second.clean, second.report
    assert second.report.renamed == ((BUCKET, NEW),)
    assert second.actions() == {Action.ADOPT}
    assert world.changes() == []


@pytest.mark.parametrize("code", ["BucketAlreadyExists", "OperationAborted"])
def test_a_name_that_comes_free_is_waited_for(saved: tuple[AwsWorld, Snapshot], code: str) -> None:
    world, snapshot = saved
    squatter = Squatter(code=code, until=2)
    world.meddler.choose = squatter.rule
    done = world.apply(snapshot, planned(world, snapshot, OnTaken.RENAME, 60))
    assert done.clean
    assert done.report.renamed == ()
    waits = [event for event in done.events if isinstance(event, StepWaits)]
    assert len(waits) == 2
    assert all(code in wait.why for wait in waits)
    assert 60 >= waits[0].left > waits[1].left > 0
    assert waits[0].identity == f"aws:s3.bucket::{BUCKET}"


@pytest.mark.parametrize(("mode", "tries"), [(OnTaken.WAIT, 2), (OnTaken.FAIL, 1)])
def test_who_wants_no_other_name_gets_none(
    saved: tuple[AwsWorld, Snapshot], mode: OnTaken, tries: int
) -> None:
    world, snapshot = saved
    squatter = Squatter()
    world.meddler.choose = squatter.rule
    made = planned(world, snapshot, mode, 0.4)
    done = world.apply(snapshot, made)
    whys = {(event.identity.split(":")[1], event.phase): event.why for event in done.failures}
    assert "BucketAlreadyExists" in whys.pop(("s3.bucket", "create"))
    assert {why.split(",")[0] for why in whys.values()} == {f"needs aws:s3.bucket::{BUCKET}"}
    assert len(squatter.met) == tries
    world.meddler.choose = lambda _: None
    assert world.resume(snapshot).clean


def test_the_second_name_may_be_taken_too_and_a_kill_forgets_none(
    saved: tuple[AwsWorld, Snapshot],
) -> None:
    world, snapshot = saved
    names = (BUCKET, *others(BUCKET, ACCOUNT))
    squatter = Squatter(names[:2])
    gone: list[str] = []

    def choose(asked: Asked) -> Rule | None:
        if asked.method == "PUT" and asked.path.strip("/") == names[2] and not gone:
            return Rule("", after=killed(gone))
        return squatter.rule(asked)

    world.meddler.choose = choose
    made = planned(world, snapshot, OnTaken.RENAME)
    hands = world.hands(snapshot, made)
    item = next(e.item for e in hands.saved.entries.values() if e.item.type == "s3.bucket")
    with pytest.raises(KeyboardInterrupt):
        hands.aws.tell = interrupt
        hands.aws.taken.seconds = 60
        hands.aws.create(item)
    hands.aws.taken.seconds = 0
    hands.aws.create(item)
    assert gone == [names[2]]
    kept = Journal(hands.journal.path)
    assert Taken(kept).pairs == {BUCKET: names[2]}
    kept.close()
    hands.journal.close()
    start.keep(made[0])
    done = world.resume(snapshot)
    assert done.clean
    assert done.report.renamed == ((BUCKET, names[2]),)
    assert [b["Name"] for b in world.account.do("s3", "ListBuckets")["Buckets"]] == [names[2]]


def killed(gone: list[str]) -> Callable[[Asked], None]:
    def note(asked: Asked) -> None:
        gone.append(asked.path.strip("/"))

    return note


def interrupt(_: object) -> None:
    raise KeyboardInterrupt


def test_the_rule_gives_valid_names_that_stay() -> None:
    for name in ("b" * 63, "a-b.c", "b" * 56 + "-aaaaaa"):
        found = list(others(name, ACCOUNT))
        assert found == list(others(name, ACCOUNT))
        assert len({name, *found}) == 4
        assert all(len(one) <= 63 and "--" not in one for one in found)


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("small-bucket", "n"),
        ("s3://small-bucket/a", "s3://n/a"),
        ("small-bucket.s3.amazonaws.com", "n.s3.amazonaws.com"),
        ("small-bucket-logs my-small-bucket", "small-bucket-logs my-small-bucket"),
        ('{"b": "small-bucket"}', '{"b": "n"}'),
    ],
)
def test_only_the_whole_name_is_another(text: str, new: str) -> None:
    assert said({"k": [text]}, {"small-bucket": "n"}) == {"k": [new]}


def test_nothing_stands_for_what_is_there_itself() -> None:
    assert standing(["a"], Live([]), ACCOUNT) == {}
