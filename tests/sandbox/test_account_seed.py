"""The sandbox's account holds every resource type, readable without a gap, the same each time."""

from collections.abc import Mapping, Sequence

import pytest

from profiles.naming import aws_target, names
from relab.clouds.aws import Aws
from relab.resources.item import Item
from relab.resources.reading import Place, read
from relab.resources.record import Gap, Skipped
from relab.resources.registry import TYPES
from relab.sandbox.seed.account import canaries
from relab.sandbox.session import Session

Records = Mapping[str, Sequence[Item | Gap | Skipped]]
LISTED = [kind for kind in TYPES if kind.lists]


def records(sandbox: Session) -> Records:
    """Return what the instructor reads of every type."""
    place = Place(Aws(), aws_target(sandbox.profile), sandbox.profile.aws.account)
    return {kind.type: list(read(kind, place)) for kind in TYPES}


def items(found: Records, kind: str) -> dict[str, Item]:
    return {record.key: record for record in found[kind] if isinstance(record, Item)}


def documents(found: Records) -> dict[str, object]:
    """Return every item's document and owner; access keys are random by nature and stay out."""
    return {
        item.identity: (item.document, item.owner)
        for kind in found
        for item in items(found, kind).values()
    }


@pytest.fixture(scope="module")
def account(sandbox: Session) -> Records:
    return records(sandbox)


@pytest.mark.parametrize("kind", LISTED, ids=lambda kind: kind.type)
def test_every_type_is_there_and_readable(account: Records, kind: object) -> None:
    found = account[getattr(kind, "type", "")]
    assert [record for record in found if isinstance(record, Gap)] == []
    assert [record for record in found if isinstance(record, Item)]


def test_what_the_cluster_names_exists(account: Records) -> None:
    (cluster,) = items(account, "eks.cluster").values()
    network = cluster.document["resourcesVpcConfig"]
    assert set(network["subnetIds"]) <= set(items(account, "ec2.subnet"))
    assert set(network["securityGroupIds"]) <= set(items(account, "ec2.security-group"))
    roles = {item.document["RoleName"] for item in items(account, "iam.role").values()}
    assert cluster.document["roleArn"].rpartition("/")[2] in roles
    (provider,) = items(account, "iam.oidc-provider").values()
    assert provider.document["Url"] == cluster.observed["identity"]["oidc"]["issuer"]


def test_every_learner_has_things_of_their_own(sandbox: Session, account: Records) -> None:
    for tenant in sandbox.profile.tenants:
        user = names(sandbox.profile, tenant).user
        own = items(account, "iam.user")[user].document
        assert own["Tags"]["tenant"] == tenant
        assert own["Groups"] == [{"GroupName": "mlops-students"}]
        assert f"/mlops/{user}" in items(account, "logs.group")
        assert f"/mlops/{user}/mlflow-password" in items(account, "ssm.parameter")


def test_every_secret_that_can_be_read_is_a_known_canary(
    sandbox: Session, account: Records
) -> None:
    known = canaries(sandbox.profile)
    parameters = items(account, "ssm.parameter").values()
    texts = [
        str(item.document["Value"])
        for item in parameters
        if item.document["Type"] == "SecureString"
    ]
    secrets = [item.document for item in items(account, "secretsmanager.secret").values()]
    texts += [str(one["SecretString"]) for one in secrets if "SecretString" in one]
    assert len(texts) == len(sandbox.profile.tenants) + 3
    assert [text for text in texts if not any(canary in text for canary in known)] == []
    assert any("SecretBinary" in one for one in secrets)
    assert not any("$" in canary for canary in known)


def test_looking_changes_nothing(sandbox: Session, account: Records) -> None:
    before = sandbox.status()["counts"]
    assert documents(records(sandbox)) == documents(account)
    assert sandbox.status()["counts"] == before


def test_a_reset_makes_the_same_things_again(changeable: Session, account: Records) -> None:
    changeable.reset()
    assert documents(records(changeable)) == documents(account)


def test_an_empty_account_holds_identities_only(changeable: Session) -> None:
    changeable.reset(empty=True)
    left = {item.rpartition(":")[0] for item in documents(records(changeable))}
    region = changeable.profile.aws.region
    assert left == {"aws:iam.user:", "aws:iam.access-key:", f"aws:ecr.registry:{region}"}
    people = items(records(changeable), "iam.user").values()
    assert all(set(one.document) == {"Path", "UserName"} for one in people)
    assert changeable.status()["counts"]["stand_ins"] == 0
