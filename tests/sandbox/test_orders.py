"""Orders to a running sandbox by the command line: break, mend, env, reset."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from relab.sandbox.exports import SHELLS, exports, script
from relab.sandbox.faults.about import ABOUT
from relab.sandbox.session import Session
from tests.sandbox.eyes import Eyes


def relab(sandbox: Session, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "relab", "sandbox", *words],
        env=dict(sandbox.environ) | {"XDG_STATE_HOME": str(sandbox.root)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_break_and_mend_say_what_they_did(sandbox: Session) -> None:
    words = ("no-quota", "--tenant", "7")
    told = [
        relab(sandbox, order, *words).stderr.strip() for order in ("break", "break", "mend", "mend")
    ]
    assert told == [
        "no-quota for tenant 07: broken",
        "no-quota for tenant 07: was broken already",
        "no-quota for tenant 07: mended",
        "no-quota for tenant 07: was not broken",
    ]


def test_a_platform_fault_says_that_it_concerns_everyone(sandbox: Session) -> None:
    told = relab(sandbox, "break", "postgres-down", "--tenant", "07")
    assert (told.returncode, told.stderr.strip()) == (0, "postgres-down for everyone: broken")


def test_mend_all_ends_every_fault_or_one_tenants(sandbox: Session) -> None:
    for fault, tenant in (("no-ecr", "07"), ("no-quota", "07"), ("no-ecr", "08"), ("slow", "09")):
        sandbox.break_(fault, tenant)
    answer = json.loads(relab(sandbox, "mend", "all", "--tenant", "07", "--json").stdout)
    assert {item["fault"] for item in answer["mended"]} == {"no-ecr", "no-quota"}
    assert [item["tenant"] for item in sandbox.status()["faults"]] == ["08", "09"]
    assert relab(sandbox, "mend", "all").returncode == 0
    assert sandbox.status()["faults"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("break", "no-luck", "--tenant", "07"), "choose one of no-namespace"),
        (("mend", "no-luck", "--tenant", "07"), "choose one of no-namespace"),
        (("break", "no-quota", "--tenant", "16"), "choose one of 01..15, 20"),
        (("break", "no-quota"), "add --tenant NN"),
        (("break",), "relab sandbox break --list"),
        (("env", "--tenant", "99"), "choose one of 01..15, 20"),
    ],
)
def test_wrong_orders_are_usage_errors_of_one_line(
    sandbox: Session, words: tuple[str, ...], said: str
) -> None:
    done = relab(sandbox, *words)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert said in done.stderr


def test_the_faults_can_be_listed(sandbox: Session) -> None:
    rows = json.loads(relab(sandbox, "break", "--list", "--json").stdout)
    assert [row["fault"] for row in rows] == list(ABOUT)


def test_status_counts_what_there_is(sandbox: Session) -> None:
    told = json.loads(relab(sandbox, "status", "--json").stdout)
    counts = told["counts"]
    assert told["running"]
    assert told["ready"]
    assert (counts["tenants"], counts["buckets"], counts["objects"]) == (16, 18, 672)
    assert (counts["repositories"], counts["images"]) == (49, 85)


def test_env_is_text_that_a_shell_evaluates(sandbox: Session, tmp_path: Path) -> None:
    done = relab(sandbox, "env", "--tenant", "07")
    probe = 'printf "%s|%s|%s|%s" "$USER_NUM" "$KUBECONFIG" "$S3_BUCKET" "${AWS_PROFILE-unset}"'
    shown = subprocess.run(
        ["sh", "-c", f'eval "$1"; {probe}', "sh", done.stdout],
        env={"AWS_PROFILE": "mine", "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    wanted = ("07", str(sandbox.place.kubeconfig("user07")), "mlops-training-user07", "unset")
    assert shown == "|".join(wanted)


def test_env_without_a_tenant_is_the_admins(sandbox: Session) -> None:
    told = json.loads(relab(sandbox, "env", "--json").stdout)
    assert told["KUBECONFIG"] == str(sandbox.place.kubeconfig("admin"))
    assert (told["USER_NUM"], told["RELAB_PROFILE"]) == ("20", "sandbox")
    assert told["AWS_PROFILE"] is None


@pytest.mark.parametrize(
    ("shell", "text"),
    [
        ("sh", "export A='it'\"'\"'s $HOME'\nunset B\n"),
        ("fish", "set -gx A 'it\\'s $HOME'\nset -e B\n"),
        ("powershell", "$env:A = 'it''s $HOME'\nRemove-Item Env:B -ErrorAction SilentlyContinue\n"),
    ],
)
def test_values_are_quoted_for_each_shell(shell: str, text: str) -> None:
    assert script({"A": "it's $HOME", "B": None}, shell) == text


def test_every_shell_of_the_table_is_quoted_for_above() -> None:
    assert set(SHELLS) == {"sh", "fish", "powershell"}


def test_the_environments_proxies_are_kept_but_not_for_loopback(sandbox: Session) -> None:
    found = exports(sandbox.place, sandbox.profile, "07", {"NO_PROXY": "intranet,localhost"})
    assert found["NO_PROXY"] == "intranet,localhost,127.0.0.1,::1"


def test_reset_ends_faults_and_fills_again_while_keys_stay(changeable: Session) -> None:
    eyes = Eyes(changeable, "07")
    for fault in ("no-bucket", "no-namespace", "expired-credentials", "mlflow-down"):
        changeable.break_(fault, "07")
    assert relab(changeable, "reset").returncode == 0
    assert changeable.status()["faults"] == []
    assert eyes.code("s3", "head_bucket", Bucket="mlops-training-user07") == "ok"
    health = "/api/v1/namespaces/kubeflow-user07/services/mlflow-server:5000/proxy/health"
    assert eyes.kube(health) == (200, "OK")


def test_reset_empty_leaves_definitions_and_identities_alone(changeable: Session) -> None:
    admin, eyes = Eyes(changeable, None), Eyes(changeable, "07")
    before = admin.names("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
    assert relab(changeable, "reset", "--empty").returncode == 0
    assert admin.names("/apis/apiextensions.k8s.io/v1/customresourcedefinitions") == before
    assert admin.names("/apis/kubeflow.org/v1/profiles") == []
    spaces = admin.names("/api/v1/namespaces")
    assert spaces == ["default", "kube-node-lease", "kube-public", "kube-system"]
    assert admin.names("/api/v1/pods") == []
    assert eyes.aws("s3").list_buckets()["Buckets"] == []
    assert eyes.aws("ecr").describe_repositories()["repositories"] == []
    assert eyes.aws("eks").list_clusters()["clusters"] == []
    assert eyes.aws("sts").get_caller_identity()["Arn"].endswith(":user/user07")


def test_a_cluster_that_is_created_again_answers_the_sandboxs_own_endpoint(
    changeable: Session,
) -> None:
    eks = Eyes(changeable, None).aws("eks")
    told = eks.describe_cluster(name="mlops-training-cluster")["cluster"]
    changeable.reset(empty=True)
    eks.create_cluster(
        name="mlops-training-cluster",
        roleArn=told["roleArn"],
        resourcesVpcConfig={"subnetIds": ["subnet-1"]},
    )
    made = eks.describe_cluster(name="mlops-training-cluster")["cluster"]
    assert made["endpoint"] == told["endpoint"] == changeable.profile.kubernetes.server
    assert made["certificateAuthority"] == told["certificateAuthority"]


def test_the_page_lists_every_fault_in_the_tables_words() -> None:
    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    for name, about in ABOUT.items():
        assert f"| `{name}` | {about.what}" in page
