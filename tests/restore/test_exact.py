"""What a snapshot lacks goes, in the order of its making turned round; what must stay stays."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from profiles.loader import load
from relab.cli.reset import baseline
from relab.errors import UsageError
from relab.resources.item import Item
from relab.resources.registry import by_name
from restore.model import Action, Existing, Plan, Planned
from restore.plan import make
from restore.spared import Caller, Spared
from snapshot.collect.save import Order, save
from snapshot.collect.scope import Scope
from snapshot.vault.model import Snapshot
from tests.resources.account import Account
from tests.resources.seeding import seed
from tests.restore import small
from tests.restore.aws_world import (
    ONLY,
    AwsWorld,
    Done,
    Made,
    account_world,
    action_of,
    own_state,
    through,
)
from tests.restore.test_kill import FORK, restore_in_child
from tests.snapshot.meddler import Asked, Drop, Rule, json_error

# Its settings are there from the first day, and moto does not take the empty ones back.
EVERY = tuple(kind for kind in ONLY if kind != "ecr.registry")


# moto cannot delete an endpoint that was made without a word of its type.
BEGUN = (*(set(small.TYPES) - {"ec2.vpc-endpoint"}), "iam.group", "iam.user")
_STATE = "XDG_STATE_HOME"


def exactly(world: AwsWorld, snapshot: Snapshot, **choice: object) -> Made:
    wanted = replace(world.choice, exact=True, existing=Existing.UPDATE, **choice)  # type: ignore[arg-type]
    return through(make(world.vault, snapshot, world.profile, wanted, {}))


def rows(plan: Plan, action: Action) -> dict[str, Planned]:
    return {row.identity: row for row in plan.items if row.action is action}


@dataclass(frozen=True)
class Cleared:
    """An account of every type, and what came of restoring a snapshot of an empty one."""

    before: list[Item]
    after: list[Item]
    first: Done
    second: Done
    changes: list[object]


def nothing(_: Account) -> None:
    """Leave the account empty."""


@pytest.fixture(scope="module")
def cleared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cleared]:
    folder = tmp_path_factory.mktemp("account")
    with own_state(folder), account_world(folder, nothing, EVERY) as world:
        snapshot = world.save()
        seed(world.account)
        # What a person has protected stays, and is named.
        off = {"TableName": "scores", "DeletionProtectionEnabled": False}
        world.account.do("dynamodb", "UpdateTable", **off)
        before = world.items()
        first = world.apply(snapshot, exactly(world, snapshot))
        after = world.items()
        world.meddler.seen.clear()
        second = world.apply(snapshot, exactly(world, snapshot))
        yield Cleared(before, after, first, second, [*world.changes()])


def test_an_account_of_every_type_is_taken_away(cleared: Cleared) -> None:
    assert [event.why for event in cleared.first.failures] == []
    going = rows(cleared.first.plan, Action.REMOVE)
    assert {row.type for row in going.values()} >= {
        item.type for item in cleared.before if not item.owner and by_name()[item.type].remove
    } - {"iam.access-key", "iam.login-profile"}
    left = {item.identity for item in cleared.after}
    assert left.isdisjoint(going)
    assert left <= set(rows(cleared.first.plan, Action.SKIP))
    assert cleared.first.report.differences == ()


def test_and_a_second_time_nothing_is_called(cleared: Cleared) -> None:
    assert not rows(cleared.second.plan, Action.REMOVE)
    assert cleared.changes == []
    assert cleared.second.clean


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("small")


@pytest.fixture(scope="module")
def begun(folder: Path) -> Iterator[tuple[AwsWorld, Snapshot]]:
    with own_state(folder), account_world(folder, nothing, BEGUN) as world:
        yield world, world.save()


@pytest.fixture
def lacking(
    begun: tuple[AwsWorld, Snapshot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[AwsWorld, Snapshot]:
    """Give an account, and the snapshot of when there was nothing in it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    world, _ = begun
    world.meddler.choose = lambda _: None
    world.account.reset()
    return begun


def reason(plan: Plan, key: str) -> str:
    (row,) = [row for row in plan.items if row.key == key and row.extra]
    assert row.action is Action.SKIP
    return row.reason


def test_without_being_asked_nothing_goes(lacking: tuple[AwsWorld, Snapshot]) -> None:
    world, snapshot = lacking
    small.fill(world.account)
    assert not any(row.extra for row in world.plan(snapshot)[0].items)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("operation", ["RevokeSecurityGroupIngress", "DeleteRole", "DeleteVpc"])
def test_a_kill_at_a_removal_is_gone_on_from(
    lacking: tuple[AwsWorld, Snapshot], folder: Path, operation: str, done: bool
) -> None:
    world, snapshot = lacking
    small.fill(world.account)
    child: list[Any] = []

    def kill(asked: Asked) -> None:
        if action_of(asked) == operation:
            while not child:
                time.sleep(0.01)
            child[0].kill()
            raise Drop

    rule = Rule("", after=kill) if done else Rule("", first=kill)
    world.meddler.choose = lambda _: rule
    child.append(_removing(world, folder))
    child[0].join()
    assert child[0].exitcode == -signal.SIGKILL
    world.meddler.choose = lambda _: None
    # With the removal done, nothing may be left: which comes last is not settled.
    assert done or [item for item in world.items() if not item.owner]
    resumed = world.resume(snapshot)
    assert resumed.failures == []
    assert resumed.report.differences == ()
    assert [item for item in world.items() if not item.owner] == []


def _removing(world: AwsWorld, folder: Path) -> Any:
    """Start a restore that removes, in a process of its own."""
    environ = {name: os.environ[name] for name in (_STATE, "HOME", "AWS_EC2_METADATA_DISABLED")}
    choice = replace(world.choice, exact=True)
    event = FORK.Event()
    found = FORK.Process(
        target=restore_in_child, args=(world.profile, folder, choice, environ, event)
    )
    found.start()
    assert event.wait(120)
    return found


def test_what_was_not_read_is_not_taken_for_absent(lacking: tuple[AwsWorld, Snapshot]) -> None:
    world, _ = lacking
    denied = Rule("", json_error("AccessDeniedException"))
    world.meddler.choose = lambda asked: denied if "ListSecrets" in asked.text else None
    partial = world.save("denied")
    world.meddler.choose = lambda _: None
    small.fill(world.account)
    plan = exactly(world, partial)[0]
    assert "AccessDenied" in reason(plan, "db")
    assert not [row for row in rows(plan, Action.REMOVE).values() if row.type.startswith("secrets")]
    assert any(row.type == "iam.role" for row in rows(plan, Action.REMOVE).values())


def test_what_was_not_asked_for_is_not_taken_for_absent(
    lacking: tuple[AwsWorld, Snapshot],
) -> None:
    world, _ = lacking
    scope = Scope(world.choice.tenants, only=("iam.*",), data=False)
    for _ in save(world.vault, Order(world.profile, "iam-only", scope), os.environ):
        pass
    small.fill(world.account)
    plan = exactly(world, world.vault.reader().snapshot("iam-only"))[0]
    assert {row.type for row in rows(plan, Action.REMOVE).values()} == {"iam.role", "iam.policy"}


def test_only_what_is_in_the_scope_goes(lacking: tuple[AwsWorld, Snapshot]) -> None:
    world, snapshot = lacking
    do = world.account.do
    for tenant in ("07", "08"):
        do("sns", "CreateTopic", Name=f"user{tenant}-news")
        do("sqs", "CreateQueue", QueueName=f"user{tenant}-jobs")
    small.fill(world.account)
    plan = exactly(world, snapshot, tenants=("07",), only=("sqs.*",))[0]
    (row,) = plan.items
    assert (row.type, row.tenant, row.action) == ("sqs.queue", "07", Action.REMOVE)


def test_what_others_use_stays(lacking: tuple[AwsWorld, Snapshot]) -> None:
    world, snapshot = lacking
    do = world.account.do
    body = small.policy("s3:*")
    made = do("iam", "CreatePolicy", PolicyName="user07-own", PolicyDocument=body)
    do("iam", "CreateRole", RoleName="user08", AssumeRolePolicyDocument=small.TRUST)
    do("iam", "AttachRolePolicy", RoleName="user08", PolicyArn=made["Policy"]["Arn"])
    plan = exactly(world, snapshot, tenants=("07",))[0]
    assert "aws:iam.role::user08, which is out of the plan's scope" in reason(
        plan, made["Policy"]["Arn"]
    )
    assert not rows(plan, Action.REMOVE)


def test_the_callers_own_login_stays(lacking: tuple[AwsWorld, Snapshot]) -> None:
    """moto calls everybody whom it does not know the user `moto`."""
    world, snapshot = lacking
    do = world.account.do
    made = do("iam", "CreatePolicy", PolicyName="all", PolicyDocument=small.policy("*"))
    for name in ("moto", "other"):
        do("iam", "CreateUser", UserName=name)
        do("iam", "CreateGroup", GroupName=f"{name}-group")
        do("iam", "AddUserToGroup", UserName=name, GroupName=f"{name}-group")
    do("iam", "AttachUserPolicy", UserName="moto", PolicyArn=made["Policy"]["Arn"])
    plan = exactly(world, snapshot)[0]
    for key in ("moto", "moto-group", made["Policy"]["Arn"]):
        assert reason(plan, key).endswith("the login that asks is this, or needs it")
    assert {row.key for row in rows(plan, Action.REMOVE).values()} == {"other", "other-group"}
    done = world.apply(snapshot, exactly(world, snapshot))
    assert done.clean


def test_the_bucket_of_the_vault_stays(lacking: tuple[AwsWorld, Snapshot]) -> None:
    world, snapshot = lacking
    where = {"LocationConstraint": "ap-northeast-2"}
    for name in ("vault-bucket", "vault-bucket-2"):
        world.account.do("s3", "CreateBucket", Bucket=name, CreateBucketConfiguration=where)
    live = [item for item in world.items() if item.type == "s3.bucket"]
    caller = Caller("arn:aws:sts::123456789012:assumed-role/admin/me", "", frozenset())
    spared = Spared(world.profile, "s3://vault-bucket/in/here", caller, live, ("",))
    told = {item.key: spared.why(item) for item in live}
    assert told == {"vault-bucket": "the vault lies here", "vault-bucket-2": ""}
    assert spared.why_inside("s3.object", "vault-bucket")
    assert not spared.why_inside("s3.object", "vault-bucket-2")
    assert not exactly(world, snapshot)[0].blocked


def test_of_a_role_that_asks_all_that_lets_it_in_stays() -> None:
    role = Item("aws", "iam.role", "", "admin", {"RoleName": "admin"})
    profile = Item("aws", "iam.instance-profile", "", "box", {"RoleNames": [{"RoleName": "admin"}]})
    entry = Item(
        "aws",
        "eks.access-entry",
        "r",
        "c/arn:aws:iam::1:role/x/admin",
        {"clusterName": "c", "principalArn": "arn:aws:iam::1:role/x/admin"},
    )
    other = Item("aws", "iam.role", "", "admin2", {"RoleName": "admin2"})
    items = [role, profile, entry, other]
    caller = Caller("arn:aws:sts::123456789012:assumed-role/admin/me", "", frozenset())
    spared = Spared(load("ha-mlops"), "", caller, items, ("",))
    assert [spared.is_callers(item) for item in items] == [True, True, True, False]
    unknown = Spared(load("ha-mlops"), "", Caller("", "", frozenset()), items, ("",))
    assert all(unknown.is_callers(item) for item in items)


def test_what_only_a_cluster_or_its_platform_has_stays() -> None:
    profile = load("ha-mlops")
    caller = Caller("arn:aws:iam::123456789012:user/me", "admin", frozenset({"ops"}))

    def why(kind: str, key: str, tenants: tuple[str, ...] = ("07",), **document: Any) -> str:
        item = Item("kubernetes", kind, "c", key, document, tenant=tenants[0])
        return Spared(profile, "", caller, [item], tenants).why(item)

    assert why("v1/ConfigMap", "kubeflow-user07/mine") == ""
    assert why("v1/ConfigMap", "kube-system/mine")
    assert why("v1/Namespace", "kube-system")
    assert why("v1/ConfigMap", "kubeflow/mine")
    assert why("v1/ConfigMap", "kubeflow/mine", ("", "07")) == ""
    assert why("apiextensions.k8s.io/v1/CustomResourceDefinition", "x.y")
    assert why("rbac.authorization.k8s.io/v1/ClusterRole", "x")
    binding = "rbac.authorization.k8s.io/v1/RoleBinding"
    for kind, name in (("User", "admin"), ("Group", "ops")):
        assert why(binding, "kubeflow-user07/b", subjects=[{"kind": kind, "name": name}])
    assert why(binding, "kubeflow-user07/b", subjects=[{"kind": "User", "name": "x"}]) == ""
    cluster = Item("aws", "eks.cluster", "r", profile.kubernetes.cluster, {"name": "c"})
    assert Spared(profile, "", caller, [cluster], ("",)).why(cluster)


def test_the_baseline_is_the_newest_pinned_one_that_holds_the_tenant(
    lacking: tuple[AwsWorld, Snapshot],
) -> None:
    world, empty = lacking
    with pytest.raises(UsageError, match="no complete snapshot holds tenant 07"):
        baseline(world.vault, "07", None)
    world.account.do("sns", "CreateTopic", Name="user07-news")
    for name in ("first", "second"):
        world.save(name)
    assert baseline(world.vault, "07", None).name == "second"
    world.vault.pin("first")
    assert baseline(world.vault, "07", None).name == "first"
    assert baseline(world.vault, "07", "second").name == "second"
    with pytest.raises(UsageError, match="does not hold tenant 07"):
        baseline(world.vault, "07", empty.name)
    world.vault.pin("first", pinned=False)
