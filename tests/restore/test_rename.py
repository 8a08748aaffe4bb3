import pytest

from profiles.loader import load
from relab.clouds import AwsTarget
from relab.clouds.aws import Aws
from relab.errors import UsageError
from relab.resources.item import Item
from relab.resources.reading import Place
from restore.aws_needs import Directory
from restore.live import Live
from restore.model import Action, Choice
from restore.moves import Moves
from restore.plan import Saved, decided
from restore.references import changes
from restore.rename import renaming
from snapshot.vault.model import Entry

PROFILE = load("ha-mlops")
TO_16 = renaming(PROFILE, "03", "15")
PLACE = Place(Aws(), AwsTarget("ap-northeast-2", "http://127.0.0.1:1"), "123456789012")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("user03", "user15"),
        ("mlops-training-user03", "mlops-training-user15"),
        ("kubeflow-user03/mlflow-server", "kubeflow-user15/mlflow-server"),
        ("mlops-user03-training@sha256:03", "mlops-user15-training@sha256:03"),
        ("user03@mlops.local", "user15@mlops.local"),
        ("arn:aws:s3:::mlops-training-user03/*", "arn:aws:s3:::mlops-training-user15/*"),
        ("user030", "user030"),
        ("xuser03", "xuser03"),
        ("03", "03"),
    ],
)
def test_names_are_replaced_as_whole_words(old: str, new: str) -> None:
    assert TO_16.text(old) == new


def entry(key: str, tenant: str) -> Entry:
    document = {"Bucket": key, "user03": ["user03"], "n": 3}
    return Entry(Item("aws", "s3.bucket", "", key, document, tenant=tenant, identifiers=(key,)))


def test_a_clone_stands_beside_the_others_and_in_place_of_the_targets_own() -> None:
    rows = iter([entry("b-user03", "03"), entry("b-user15", "15"), entry("shared", "")])
    found = [one.item for one in Moves(None, {"15": TO_16}, "03", kept=False).every(rows)]
    assert [(item.key, item.tenant) for item in found] == [("b-user15", "15"), ("shared", "")]
    assert found[0].document == {"Bucket": "b-user15", "user15": ["user15"], "n": 3}
    assert found[0].identifiers == ("b-user15",)


def test_nobody_is_cloned_into_himself() -> None:
    with pytest.raises(UsageError, match="is itself"):
        renaming(PROFILE, "03", "03")


def test_a_bare_number_is_a_tenant_only_under_a_telling_name() -> None:
    node = {
        "Tags": {"tenant": "03", "Version": "03"},
        "env": [{"name": "USER_NUM", "value": "03"}, {"name": "PORT", "value": "03"}],
    }
    assert TO_16.node(node) == {
        "Tags": {"tenant": "15", "Version": "03"},
        "env": [{"name": "USER_NUM", "value": "15"}, {"name": "PORT", "value": "03"}],
    }


def test_what_aws_has_named_cannot_be_told_from_its_clone() -> None:
    key = Item("aws", "kms.key", "r", "1234-abcd", {"Tags": {"tenant": "03"}}, tenant="03")
    clones = [TO_16.entry(Entry(key)), TO_16.entry(entry("b-user03", "03"))]
    found = Saved(
        {one.item.identity: one for one in clones},
        {},
        Directory(one.item for one in clones),
        {},
        (),
        Moves(None, {"15": TO_16}, "03", kept=False),
    )
    plan = decided(found, Live([key]), Choice(("15",), source="03"), PLACE)
    rows = {row.key: row.action for row in plan}
    assert rows == {"1234-abcd": Action.BLOCKED, "b-user15": Action.CREATE}


UID = "0a1b2c3d-1111-2222-3333-444455556666"


def test_clones_of_one_share_no_id() -> None:
    user = Item(
        "aws", "iam.user", "", "user03", {}, tenant="03", identifiers=("AIDAQWERTYUIOPASDFGH",)
    )
    seen = {"metadata": {"uid": UID}}
    object_ = Item("kubernetes", "v1/Secret", "c", "ns/s", {"r": UID}, seen, tenant="03")
    other = Item("kubernetes", "v1/Secret", "c", "ns/t", {}, {"metadata": {"uid": "x" + UID[1:]}})
    items = [user, object_, other]
    clones = [renaming(PROFILE, "03", target, items) for target in ("14", "15")]
    ids = [[one.text(UID), one.text("AIDAQWERTYUIOPASDFGH")] for one in clones]
    assert len({*ids[0], *ids[1], UID, "AIDAQWERTYUIOPASDFGH"}) == 6
    assert all(changes(one) and len(one) in (20, 36) for one in (*ids[0], *ids[1]))
    assert renaming(PROFILE, "03", "14", items).text(UID) == ids[0][0]
    moved = clones[0].item(object_)
    assert moved.document["r"] == moved.observed["metadata"]["uid"] == ids[0][0]
    assert clones[0].back.text(ids[0][0]) == ids[0][0]
