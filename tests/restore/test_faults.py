"""Servers that throttle, fail, answer late or not at all: it comes right, and nothing is twice."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from botocore.retries.bucket import TokenBucket

from profiles.naming import aws_target
from relab.clouds.aws import Aws
from restore import start
from restore.apply import Applier
from restore.calls import Patience
from restore.model import Action, Existing
from snapshot.vault.model import Snapshot
from tests.restore import small
from tests.restore.aws_world import AwsWorld, Done, account_world, action_of, is_read, own_state
from tests.snapshot.meddler import Answer, Asked, Drop, Rule, json_error, xml_error

QUICK = Patience(tries=12, first=0.01, longest=0.05)


@dataclass
class Weather:
    """Faults in a share of all calls, of each sort in turn by chance."""

    chance: random.Random
    share: float = 0.3
    met: dict[str, int] = field(default_factory=dict)

    def rule(self, asked: Asked) -> Rule | None:
        if self.chance.random() >= self.share:
            return None
        sort = self.chance.choice([*SORTS])
        self.met[sort] = self.met.get(sort, 0) + 1
        return SORTS[sort](asked)


def drop(_: Asked) -> None:
    raise Drop


def refusal(asked: Asked, code: str, status: int) -> Answer:
    """Return an error in the words of the protocol that was spoken."""
    if asked.text.split(" ", 3)[2]:
        return json_error(code, status)
    if asked.path == "/":
        return xml_error(code, status)
    return Answer(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())


SORTS: Mapping[str, Callable[[Asked], Rule]] = {
    "throttled": lambda asked: Rule("", refusal(asked, "ThrottlingException", 400)),
    "fault": lambda asked: Rule("", refusal(asked, "InternalFailure", 500)),
    # It is done, and said to have taken too long.
    "lost": lambda asked: Rule("", lost=refusal(asked, "ServiceUnavailable", 503)),
    "reset": lambda _: Rule("", first=drop),
    "reset-late": lambda _: Rule("", after=drop),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AwsWorld, Snapshot]]:
    folder = tmp_path_factory.mktemp("account")
    with own_state(folder), account_world(folder, small.fill, small.TYPES) as world:
        yield world, world.save()


@pytest.fixture
def saved(
    shared: tuple[AwsWorld, Snapshot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[AwsWorld, Snapshot]]:
    """Give an empty account, its snapshot, and a folder of the test's own for the journal."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    shared[0].account.reset()
    yield shared
    shared[0].meddler.choose = lambda _: None


def weathered(world: AwsWorld, snapshot: Snapshot, weather: Weather) -> int:
    """Apply a plan, or what is left of it, while there are faults; return how much failed."""
    kept, made = start.unfinished(snapshot, world.profile.aws.account), world.plan(snapshot)
    made = (kept or made[0], *made[1:])
    hands = world.hands(snapshot, made)
    hands.aws.patience = QUICK
    hands.aws.once, hands.aws.reading = Aws(once=True), Aws(patient=True)
    hands.aws.once._retries = {"total_max_attempts": 1, "mode": "standard"}
    hands.aws.reading._retries = {"total_max_attempts": 9, "mode": "standard"}
    world.meddler.choose = weather.rule
    try:
        for _ in Applier(made[0], hands).run():
            pass
        return len(hands.journal.failures())
    finally:
        world.meddler.choose = lambda _: None
        hands.journal.close()


def assert_whole(world: AwsWorld, done: Done) -> None:
    assert done.failures == []
    assert done.report.differences == ()
    assert world.strays(done) == {}


@pytest.mark.timeout(600)
def test_it_comes_right_in_bad_weather(saved: tuple[AwsWorld, Snapshot]) -> None:
    world, snapshot = saved
    weather = Weather(random.Random(4))
    runs = 1
    while weathered(world, snapshot, weather) and runs < 4:
        runs += 1
    assert set(weather.met) == set(SORTS)
    assert_whole(world, world.resume(snapshot))


@pytest.mark.timeout(600)
def test_every_answer_that_makes_an_id_is_lost_once(saved: tuple[AwsWorld, Snapshot]) -> None:
    world, snapshot = saved
    hit: dict[str, int] = {}

    def choose(asked: Asked) -> Rule | None:
        name = asked.text if asked.method == "PUT" else action_of(asked)
        if is_read(asked) or hit.get(name):
            return None
        hit[name] = 1
        return Rule("", after=drop)

    world.meddler.choose = choose
    done = world.restore(snapshot)
    assert len(hit) > 20
    assert_whole(world, done)


def test_a_refused_type_is_named_and_what_needs_it_waits(saved: tuple[AwsWorld, Snapshot]) -> None:
    world, snapshot = saved
    world.meddler.choose = lambda asked: (
        Rule("", xml_error("UnauthorizedOperation", 403))
        if action_of(asked) == "CreateSubnet"
        else None
    )
    done = world.restore(snapshot)
    whys = {(event.identity.split(":")[1], event.phase): event.why for event in done.failures}
    assert "UnauthorizedOperation" in whys["ec2.subnet", "create"]
    assert {("ec2.nat-gateway", "create"), ("ec2.route-table", "configure")} < set(whys)
    others = [why for step, why in whys.items() if step != ("ec2.subnet", "create")]
    assert all(why.startswith("needs aws:ec2.") for why in others)
    assert {kind for kind, _ in whys} <= small.ABOVE_SUBNETS
    world.meddler.choose = lambda _: None
    assert_whole(world, world.resume(snapshot))


def test_what_cannot_be_read_is_not_made(saved: tuple[AwsWorld, Snapshot]) -> None:
    world, snapshot = saved
    first = world.restore(snapshot)
    assert first.clean
    denied = xml_error("UnauthorizedOperation", 403)
    world.meddler.choose = lambda a: Rule("", denied) if action_of(a) == "DescribeVpcs" else None
    plan = world.plan(snapshot, Existing.ADOPT_IF_EQUAL)[0]
    world.meddler.choose = lambda _: None
    vpc = next(row for row in plan.items if row.type == "ec2.vpc")
    assert vpc.action is Action.BLOCKED
    assert "could not be read" in vpc.reason
    assert "UnauthorizedOperation" in vpc.reason


def waited(
    world: AwsWorld, rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> tuple[float, set[TokenBucket], set[int]]:
    """Return for how long threads of one client waited for their turn, where, and which of them."""
    aws, target = Aws(once=True), aws_target(world.profile)
    world.meddler.choose = lambda _: rule
    waits: list[float] = []
    buckets: set[TokenBucket] = set()
    callers: set[int] = set()
    acquire = TokenBucket.acquire

    def timed(bucket: TokenBucket, amount: int = 1) -> bool:
        start = time.monotonic()
        try:
            return acquire(bucket, amount)
        finally:
            waits.append(time.monotonic() - start)
            buckets.add(bucket)
            callers.add(threading.get_ident())

    def call(start: float) -> None:
        while time.monotonic() < start + 2:
            aws.call(target, "sts", "GetCallerIdentity", {})

    monkeypatch.setattr(TokenBucket, "acquire", timed)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, [time.monotonic()] * 8))
    return sum(waits), buckets, callers


def test_all_threads_slow_down_together_when_they_are_throttled(
    saved: tuple[AwsWorld, Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, _ = saved
    assert waited(world, Rule("", xml_error("ValidationError", 400)), monkeypatch)[0] == 0
    seconds, buckets, callers = waited(world, Rule("", xml_error("Throttling", 400)), monkeypatch)
    assert seconds > 0.5
    assert len(buckets) == 1 < len(callers)
