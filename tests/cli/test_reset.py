"""`relab reset`: a tenant that was left untidy is what it was, and nobody else was touched."""

import json

import pytest

from tests.cli.desk import Desk, desk
from tests.cli.untidy import Student

__all__ = ["desk"]
# These look at the person's own machine, not at what was restored.
_OWN = {"prep.repository", "prep.number"}
MINE, OTHER = "07", "08"


@pytest.mark.timeout(900)
def test_an_untidy_tenant_is_what_it_was_and_nobody_else_was_touched(desk: Desk) -> None:
    student = Student(desk.session.profile, MINE)
    others = desk.objects(lambda space: space != student.space)
    student.untidy()

    plan = desk.plan("reset", "--tenant", MINE)
    assert desk.changes() == []
    assert {row["tenant"] for row in plan["items"]} == {MINE}
    going = {row["identity"]: row for row in plan["items"] if row["action"] == "remove"}
    cluster = desk.session.profile.kubernetes.cluster
    region = desk.session.profile.aws.region
    account = desk.session.profile.aws.account
    assert set(going) == {
        *(
            f"kubernetes:{kind}:{cluster}:{student.space}/stray"
            for kind in (
                "v1/Pod",
                "v1/ConfigMap",
                "v1/Secret",
                "v1/PersistentVolumeClaim",
                "apps/v1/Deployment",
            )
        ),
        "aws:iam.role::user07-extra",
        f"aws:iam.policy::arn:aws:iam::{account}:policy/user07-own",
        next(name for name in going if name.endswith("/user07-jobs")),
        f"aws:ssm.parameter:{region}:/mlops/user07/mine",
        f"aws:logs.group:{region}:/mlops/user07/mine",
        f"aws:s3.bucket::{student.bucket}-extra",
        f"aws:s3.object::{student.bucket}/*",
        f"aws:ecr.image:{region}:{student.repository()}/*",
        next(name for name in going if ":data/Volume:" in name),
    }
    assert going[f"aws:s3.object::{student.bucket}/*"]["count"] == 2
    assert going[f"aws:ecr.image:{region}:{student.repository()}/*"]["count"] == 2
    assert going[next(name for name in going if ":data/Volume:" in name)]["count"] == 3
    assert "2 things inside" in going[f"aws:s3.bucket::{student.bucket}-extra"]["reason"]

    refused = desk.relab("reset", "--tenant", MINE)
    assert refused.returncode == 13
    assert desk.changes() == []
    done = desk.relab("reset", "--tenant", MINE, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 not" in done.stdout

    strangers = [
        one for one in desk.changes() if "user07" not in one.text and "tenant" not in one.text
    ]
    assert [one.text[:200] for one in strangers] == []
    assert desk.objects(lambda space: space != student.space) == others
    compared = json.loads(desk.relab("snapshot", "diff", "one", "live", "--json").stdout)
    # What was made anew has another uid, and is the same but for that.
    assert [row["key"] for row in compared] == [f"{student.space}/{student.deleted}"]
    (one,) = compared
    assert {field["pointer"] for field in one["fields"]} == {"/identifiers/0"}
    checked = json.loads(desk.relab("check", "--tenant", MINE, "--json").stdout)
    rows = [row for row in checked if row["id"] not in _OWN]
    assert rows and {row["verdict"] for row in rows} == {"pass"}

    mine = desk.objects(lambda space: space == student.space)
    desk.changes()
    again = desk.relab("reset", "--tenant", MINE, "--yes")
    assert again.returncode == 0, again.stderr
    assert [one.text[:200] for one in desk.changes()] == []
    assert desk.objects(lambda space: space == student.space) == mine
