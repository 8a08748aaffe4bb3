"""Keys that wait for their end, names that are taken, and triggers that must not go off early."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from relab.events import StepDone
from restore.model import Action
from snapshot.vault.model import Snapshot
from tests.restore import small
from tests.restore.aws_world import AwsWorld, account_world, own_state


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AwsWorld, Snapshot]]:
    folder = tmp_path_factory.mktemp("account")
    with own_state(folder), account_world(folder, small.messaging, small.TYPES) as world:
        yield world, world.save()


@pytest.fixture
def saved(
    shared: tuple[AwsWorld, Snapshot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[AwsWorld, Snapshot]]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    yield shared
    shared[0].meddler.choose = lambda _: None


def test_a_key_that_waits_for_its_end_is_kept_and_opens_what_it_sealed(
    saved: tuple[AwsWorld, Snapshot],
) -> None:
    world, snapshot = saved
    do = world.account.do
    sealed = do("kms", "Encrypt", KeyId="alias/lab", Plaintext=b"canary")["CiphertextBlob"]
    key = do("kms", "DescribeKey", KeyId="alias/lab")["KeyMetadata"]["KeyId"]
    do("kms", "DeleteAlias", AliasName="alias/lab")
    do("kms", "ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7)
    do("secretsmanager", "DeleteSecret", SecretId="db", RecoveryWindowInDays=7)
    done = world.restore(snapshot)
    rows = {row.type: row for row in done.plan.items if row.action is Action.CREATE}
    assert rows["kms.key"].reason == rows["secretsmanager.secret"].reason == "its end is called off"
    assert done.failures == []
    assert done.report.differences == ()
    assert done.clean
    assert done.keys[rows["kms.key"].identity] == key
    assert do("kms", "Decrypt", CiphertextBlob=sealed)["Plaintext"] == b"canary"
    assert world.strays(done) == {}


def test_nothing_goes_off_before_all_stands(saved: tuple[AwsWorld, Snapshot]) -> None:
    world, snapshot = saved
    world.account.reset()
    done = world.restore(snapshot)
    steps = [
        (event.identity.split(":")[1], event.phase)
        for event in done.events
        if isinstance(event, StepDone)
    ]
    assert set(steps[-3:]) == {
        ("events.rule", "late"),
        ("s3.bucket", "late"),
        ("sns.subscription", "create"),
    }
    assert [phase for _, phase in steps].count("late") == 2
