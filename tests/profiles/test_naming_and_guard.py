from dataclasses import replace

import pytest

from profiles import guard, loader
from profiles.naming import aws_target, kube_target, names, other_tenant, tenant_number, values
from relab.errors import CannotTell, Refused, UsageError
from relab.lab import PLACEHOLDERS

HA = loader.load("ha-mlops")


def test_names_of_the_seeds() -> None:
    found = names(HA, "07")
    assert found.namespaces == ("kubeflow-user07",)
    assert found.profiles == ("profile-user07", "kubeflow-user07")
    assert found.owner == "user07@mlops.local"
    assert found.buckets == ("mlops-training-user07",)
    assert (found.role, found.cpu, found.memory) == ("student", "8", "16Gi")


@pytest.mark.parametrize(
    ("repository", "owned"),
    [
        ("mlops-training/user07", True),
        ("mlops-training/user07-extra", True),
        ("mlops-user07-training", True),
        ("mlops-user17-training", False),
        ("mlops-user07", False),
        ("x/mlops-user07-training", False),
    ],
)
def test_repositories_are_owned_by_name(repository: str, owned: bool) -> None:
    assert names(HA, "07").owns_repository(repository) is owned


@pytest.mark.parametrize("raw", ["7", "07", "user07"])
def test_a_number_in_any_form(raw: str) -> None:
    assert tenant_number(HA, raw) == "07"


@pytest.mark.parametrize("raw", ["16", "", "0", "seven", "-1", "٠٧", "07 ", "user"])
def test_an_unknown_tenant_names_the_roster(raw: str) -> None:
    with pytest.raises(UsageError, match=r"choose one of 01\.\.15, 20"):
        tenant_number(HA, raw)


def test_targets_are_the_callers_unless_the_tenant_has_its_own() -> None:
    assert (aws_target(HA, "07").profile_name, kube_target(HA, "07").context) == (None, None)
    aws = replace(HA.aws, profile="admin", tenant_profile="{user}")
    kube = replace(HA.kubernetes, context="admin", tenant_context="t-{nn}")
    both = replace(HA, aws=aws, kubernetes=kube)
    assert (aws_target(both).profile_name, aws_target(both, "07").profile_name) == (
        "admin",
        "user07",
    )
    assert (kube_target(both).context, kube_target(both, "07").context) == ("admin", "t-07")


def test_the_guard_lets_the_profiles_own_account_pass() -> None:
    guard.check(HA, "123456789012", {"AWS_REGION": "ap-northeast-2"})
    guard.check(HA, "123456789012", {})


@pytest.mark.parametrize(
    ("account", "environ", "what"),
    [
        ("999999999999", {}, "account 999999999999"),
        ("123456789012", {"AWS_REGION": "us-east-1"}, "AWS_REGION is us-east-1"),
        ("123456789012", {"AWS_DEFAULT_REGION": "us-east-1"}, "AWS_DEFAULT_REGION is us-east-1"),
        ("", {}, "account "),
    ],
)
def test_the_guard_refuses_any_other(account: str, environ: dict[str, str], what: str) -> None:
    with pytest.raises(Refused, match=what) as caught:
        guard.check(HA, account, environ)
    assert caught.value.exit_code == 13


def test_a_neighbour_for_everyone() -> None:
    assert other_tenant(HA, "01") == "02"
    assert other_tenant(HA, "20") == "01"


def test_every_placeholder_of_the_labs_has_a_value() -> None:
    found = values(HA, "07")
    assert set(found) == set(PLACEHOLDERS)
    assert found["other_namespace"] == "kubeflow-user08"
    assert found["git_name"] == "ha-mlops-pipeline"


def test_an_environment_that_is_not_started_is_never_asked() -> None:
    sandbox = loader.load("sandbox")
    with pytest.raises(CannotTell, match="sandbox is not running -> relab sandbox up"):
        guard.check_started(sandbox)
    aws = replace(sandbox.aws, endpoint="http://127.0.0.1:1")
    guard.check_started(replace(sandbox, aws=aws))
    guard.check_started(HA)
