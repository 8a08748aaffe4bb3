"""`relab restore --tenants 01..15 --from golden`: a whole cohort made from one tenant."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from relab.resources.item import canonical
from snapshot.collect.save import Order, save
from snapshot.collect.scope import Scope
from snapshot.vault.model import Snapshot
from tests.cli.test_restore import Desk, seated
from tests.resources.account import ACCOUNT, REGION, Account
from tests.restore.aws_world import AwsWorld, account_world, own_state
from tests.restore.small import policy

TENANTS = [f"{number:02}" for number in range(1, 16)]
ONLY = (
    "s3.*",
    "ecr.repository",
    "iam.user",
    "logs.group",
    "ssm.parameter",
)


def fill(account: Account) -> None:
    """Make what is tenant 01's: each thing names another by the tenant's name."""
    do = account.do
    bucket, host = "mlops-training-user01", f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    where = {"LocationConstraint": REGION}
    do("s3", "CreateBucket", Bucket=bucket, CreateBucketConfiguration=where)
    do("s3", "PutObject", Bucket=bucket, Key="runs/user01/a.txt", Body=b"of user01")
    do("ecr", "CreateRepository", repositoryName="mlops-training/user01")
    do("logs", "CreateLogGroup", logGroupName="/mlops/user01", tags={"tenant": "01"})
    do("iam", "CreateUser", UserName="user01", Tags=[{"Key": "tenant", "Value": "01"}])
    text = policy("s3:*", f"arn:aws:s3:::{bucket}/*")
    do("iam", "PutUserPolicy", UserName="user01", PolicyName="own", PolicyDocument=text)
    values = {"image": f"{host}/mlops-training/user01:1", "root": f"s3://{bucket}/mlflow"}
    for name, value in values.items():
        key = f"/mlops/user01/{name}"
        do("ssm", "PutParameter", Name=key, Type="SecureString", Value=value)


def golden(world: AwsWorld, tenants: tuple[str, ...], name: str) -> Snapshot:
    scope = Scope(tenants, only=ONLY)
    for _ in save(world.vault, Order(world.profile, name, scope), os.environ):
        pass
    return world.vault.reader().snapshot(name)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AwsWorld, Snapshot, Path]]:
    folder = tmp_path_factory.mktemp("account")
    with own_state(folder), account_world(folder, fill, ONLY) as world:
        types = ("ecr.repository", "iam.user", "logs.group", "s3.bucket", "ssm.parameter")
        yield replace(world, only=types), golden(world, ("01",), "golden"), folder


@pytest.fixture
def desk(shared: tuple[AwsWorld, Snapshot, Path], tmp_path: Path, home: Path) -> Iterator[Desk]:
    """Give an empty account and an instructor who has the golden tenant's snapshot."""
    with seated(shared, tmp_path, home) as found:
        yield found


@pytest.mark.timeout(600)
def test_fifteen_tenants_come_from_one(desk: Desk) -> None:
    done = desk.relab("--tenants", "01..15", "--from", "golden", "--yes")
    assert done.code == 0, done.err
    items = desk.world.items()
    assert len(items) == 15 * 6
    for tenant in TENANTS:
        mine = [item for item in items if f"user{tenant}" in item.key]
        assert len(mine) == 6
        text = canonical([[dict(i.document), dict(i.observed), i.key] for i in mine]).decode()
        assert [one for one in TENANTS if one != tenant and f"user{one}" in text] == []
        root = desk.world.account.do(
            "ssm", "GetParameter", Name=f"/mlops/user{tenant}/root", WithDecryption=True
        )
        assert root["Parameter"]["Value"] == f"s3://mlops-training-user{tenant}/mlflow"
        bucket = f"mlops-training-user{tenant}"
        listed = desk.world.account.do("s3", "ListObjectsV2", Bucket=bucket)["Contents"]
        assert [row["Key"] for row in listed] == [f"runs/user{tenant}/a.txt"]
    desk.world.meddler.seen.clear()
    shown = desk.relab("golden", "--tenant", "01", "--as", "01..15", "--plan", "--json")
    rows = json.loads(shown.out)["items"]
    changed = [row for row in rows if row["action"] not in ("adopt", "skip")]
    assert {row["type"] for row in changed} == {"s3.object"}
    again = desk.relab("golden", "--tenant", "01", "--as", "01..15", "--yes", "--json")
    assert again.code == 0, again.err
    assert desk.world.changes() == []


def test_a_snapshot_of_more_tenants_asks_which(desk: Desk) -> None:
    fill(desk.world.account)
    where = {"LocationConstraint": REGION}
    name = "mlops-training-user02"
    desk.world.account.do("s3", "CreateBucket", Bucket=name, CreateBucketConfiguration=where)
    golden(desk.world, ("01", "02"), "two")
    told = desk.relab("--tenants", "01..15", "--from", "two")
    assert told.code == 2
    assert "holds the tenants 01, 02" in told.err
    assert "relab restore two --tenant NN --as 01..15" in told.err


@pytest.mark.parametrize("words", [["--tenants", "01"], ["golden", "--from", "golden"]])
def test_one_snapshot_is_named_once(desk: Desk, words: list[str]) -> None:
    told = desk.relab(*words)
    assert told.code == 2
    assert "name one snapshot" in told.err


def test_one_plan_tells_all_tenants(desk: Desk) -> None:
    shown = desk.relab("golden", "--tenant", "01", "--as", "02..04", "--plan", "--json")
    rows = json.loads(shown.out)["items"]
    assert {row["tenant"] for row in rows} == {"02", "03", "04"}
    assert {row["action"] for row in rows} == {"create"}
