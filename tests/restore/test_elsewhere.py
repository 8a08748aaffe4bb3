"""An account saved and restored into another account and region, both of one AWS."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from profiles.model import Profile
from relab.clouds import AwsTarget
from relab.errors import Refused, UsageError
from relab.resources.item import Item, canonical
from relab.resources.reading import Place, read
from relab.resources.registry import TYPES
from restore.elsewhere import relocation
from restore.model import Action, Choice
from restore.plan import make
from restore.taken import others
from snapshot.vault.model import Snapshot
from tests.resources.account import ACCOUNT, REGION, Account
from tests.restore import small
from tests.restore.aws_world import AwsWorld, Done, account_world, own_state, through

OTHER, THERE = "222222222222", "us-west-2"
TRUST = {"Version": "2012-10-17", "Statement": []}
KINDS = (*small.TYPES, "eks.cluster", "ecr.repository", "ssm.parameter", "iam.oidc-provider")
CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/0000"
SEALED = "AQICAH" + "a" * 80
BUCKET = "small-bucket"
NEW_BUCKET = next(others(BUCKET, OTHER))


def fill(account: Account) -> None:
    """Make what says its account and region in every way, and what cannot be said anew."""
    small.fill(account)
    do = account.do
    # Which of several equal addresses was whose cannot be told once they have other ids.
    for address in do("ec2", "DescribeAddresses")["Addresses"]:
        if "AssociationId" not in address:
            do("ec2", "ReleaseAddress", AllocationId=address["AllocationId"])
    host = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    do("ecr", "CreateRepository", repositoryName="mlops/a")
    values = {
        "image": f"{host}/mlops/a:1",
        "zone": f"{REGION}a",
        "site": f"{BUCKET}.s3-website.{REGION}.amazonaws.com",
        "third": f"arn:aws:kms:{REGION}:333333333333:key/k",
        "certificate": CERTIFICATE,
        "sealed": SEALED,
    }
    for name, value in values.items():
        do("ssm", "PutParameter", Name=f"/{name}", Type="String", Value=value)
    subnets = do(
        "ec2", "DescribeSubnets", Filters=[{"Name": "default-for-az", "Values": ["false"]}]
    )
    ids = [subnet["SubnetId"] for subnet in subnets["Subnets"]]
    role = f"arn:aws:iam::{ACCOUNT}:role/events"
    vpc = {"subnetIds": ids}
    cluster = do("eks", "CreateCluster", name="c", roleArn=role, resourcesVpcConfig=vpc)["cluster"]
    pods(account, cluster["identity"]["oidc"]["issuer"])


def pods(account: Account, issuer: str) -> None:
    """Make the provider of the cluster's issuer, and a role that its pods may take."""
    made = account.do(
        "iam",
        "CreateOpenIDConnectProvider",
        Url=issuer,
        ThumbprintList=["a" * 40],
        ClientIDList=["x"],
    )
    bare = issuer.removeprefix("https://")
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": made["OpenIDConnectProviderArn"]},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{bare}:sub": "system:serviceaccount:a:b"}},
    }
    trust = json.dumps({**TRUST, "Statement": [statement]})
    account.do("iam", "CreateRole", RoleName="pods", AssumeRolePolicyDocument=trust)


@dataclass(frozen=True)
class Moved:
    """The world of both accounts, the snapshot of the first, and how the second one is reached."""

    world: AwsWorld
    snapshot: Snapshot
    profile: Profile

    @property
    def choice(self) -> Choice:
        return replace(self.world.choice, into=f"{OTHER}/{THERE}", patience=0)

    @property
    def there(self) -> AwsWorld:
        return replace(self.world, profile=self.profile)

    def restore(self) -> Done:
        made = make(self.world.vault, self.snapshot, self.profile, self.choice, {})
        return self.there.apply(self.snapshot, through(made))

    def items(self) -> list[Item]:
        target = AwsTarget(THERE, self.profile.aws.endpoint, self.profile.aws.credentials_file)
        place = Place(self.world.account.aws, target, OTHER)
        found = [one for kind in TYPES if kind.type in KINDS for one in read(kind, place)]
        return [one for one in found if isinstance(one, Item)]


def keys_of_other(account: Account, folder: Path) -> str:
    """Return a file with credentials of the other account."""
    got = account.do(
        "sts",
        "AssumeRole",
        RoleArn=f"arn:aws:iam::{OTHER}:role/admin",
        RoleSessionName="relab",
    )["Credentials"]
    path = folder / "other"
    lines = {
        "aws_access_key_id": got["AccessKeyId"],
        "aws_secret_access_key": got["SecretAccessKey"],
        "aws_session_token": got["SessionToken"],
    }
    path.write_text("[default]\n" + "".join(f"{k} = {v}\n" for k, v in lines.items()))
    return str(path)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    folder = tmp_path_factory.mktemp("accounts")
    with own_state(folder), account_world(folder, fill, KINDS) as world:
        aws = replace(
            world.profile.aws,
            account=OTHER,
            region=THERE,
            credentials_file=keys_of_other(world.account, folder),
        )
        yield Moved(world, world.save(), replace(world.profile, aws=aws))


@pytest.fixture(scope="module")
def done(moved: Moved) -> Done:
    return moved.restore()


def test_it_is_refused_unless_it_is_said(moved: Moved) -> None:
    for into in ("", OTHER, f"{OTHER}/{REGION}", f"{ACCOUNT}/{THERE}"):
        choice = replace(moved.choice, into=into)
        with pytest.raises(
            Refused, match=f"is of {ACCOUNT}/{REGION}/.*, and the profile means {OTHER}"
        ):
            through(make(moved.world.vault, moved.snapshot, moved.profile, choice, {}))


def test_a_snapshot_says_of_what_account_it_is_though_nothing_in_it_does(moved: Moved) -> None:
    home = moved.snapshot.scope["home"]
    cluster = moved.profile.kubernetes.cluster
    assert home == {"account": ACCOUNT, "region": REGION, "cluster": cluster}
    with pytest.raises(Refused, match=f"is of {ACCOUNT}/{REGION}/"):
        relocation(moved.profile, Choice(()), [], home)
    assert relocation(moved.profile, Choice(()), [], {}) is None
    assert relocation(moved.world.profile, Choice(()), [], home) is None


def test_another_partition_is_no_place_to_go(moved: Moved) -> None:
    aws = replace(moved.profile.aws, region="cn-north-1")
    choice = replace(moved.choice, into=f"{OTHER}/cn-north-1")
    with pytest.raises(UsageError, match="two partitions"):
        profile = replace(moved.profile, aws=aws)
        through(make(moved.world.vault, moved.snapshot, profile, choice, {}))


def test_everything_is_there(moved: Moved, done: Done) -> None:
    assert done.failures == []
    assert done.report.differences == ()
    assert done.clean
    told = done.plan.moved
    assert told.startswith(f"from {ACCOUNT}/{REGION}") and f"to {OTHER}/{THERE}" in told
    assert {row.region for row in done.plan.items} == {"", THERE}
    known = {(name.split(":", 2)[1], key) for name, key in done.keys.items()}
    assert [i.identity for i in moved.items() if (i.type, i.key) not in known] == []


def test_no_old_number_region_id_or_name_is_left(moved: Moved, done: Done) -> None:
    live = canonical([[dict(i.document), dict(i.observed), i.key] for i in moved.items()]).decode()
    live = live.replace(f"arn:aws:kms:{REGION}:333333333333:key/k", "")
    assert OTHER in live and THERE in live
    gone = {old for old, new in done.names.items() if old != new}
    assert len(gone) > 20
    assert [old for old in (*gone, ACCOUNT, REGION) if old in live] == []
    assert f"{BUCKET}." not in live and f'"{BUCKET}"' not in live
    assert done.report.renamed == ((BUCKET, NEW_BUCKET),)


def test_values_say_it_as_it_is_there(moved: Moved, done: Done) -> None:
    assert done.clean
    found = {i.key: i.document.get("Value") for i in moved.items() if i.type == "ssm.parameter"}
    assert found == {
        "/image": f"{OTHER}.dkr.ecr.{THERE}.amazonaws.com/mlops/a:1",
        "/zone": f"{THERE}a",
        "/site": f"{NEW_BUCKET}.s3-website-{THERE}.amazonaws.com",
        "/third": f"arn:aws:kms:{REGION}:333333333333:key/k",
        "/certificate": f"arn:aws:acm:{THERE}:{OTHER}:certificate/0000",
        "/sealed": SEALED,
    }


def test_pods_take_their_role_by_the_new_issuer(moved: Moved, done: Done) -> None:
    assert done.clean
    found = {(i.type, i.document.get("RoleName", "")): i for i in moved.items()}
    issuer = found["eks.cluster", ""].observed["identity"]["oidc"]["issuer"]
    trust = found["iam.role", "pods"].document["AssumeRolePolicyDocument"]
    assert issuer.removeprefix("https://") + ":sub" in trust
    assert f"arn:aws:iam::{OTHER}:oidc-provider/{issuer.removeprefix('https://')}" in trust


def test_what_cannot_be_said_anew_is_in_the_plan(done: Done) -> None:
    flags = {(flag.identity, flag.what): flag.reason for flag in done.plan.flags}
    parameter = f"aws:ssm.parameter:{THERE}:"
    assert set(flags) == {
        (f"{parameter}/certificate", CERTIFICATE),
        (f"{parameter}/sealed", "a text sealed by KMS"),
    }
    assert "request one here" in flags[f"{parameter}/certificate", CERTIFICATE]


def test_a_second_restore_changes_nothing(moved: Moved, done: Done) -> None:
    assert done.clean
    moved.world.meddler.seen.clear()
    again = moved.restore()
    assert (again.failures, again.plan.blocked, again.report.differences) == ([], (), ())
    assert again.clean
    assert again.actions() <= {Action.ADOPT, Action.SKIP}
    assert moved.world.changes() == []
