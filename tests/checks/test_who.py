"""Who asks: the tenant's own token first, the instructor only where the tenant may not."""

from dataclasses import replace
from typing import Any

import pytest

from profiles.model import Profile
from relab.checks.engine import run
from relab.checks.who import aws_caller
from relab.events import CheckFinished, Verdict
from relab.sandbox.session import Session
from tests.checks.world import moved, only, results

ISOLATION = ("kubeflow.isolation", "mlflow.isolation")


def asking(profile: Profile, **kube: Any) -> Profile:
    changed = replace(profile.kubernetes, **kube)
    return replace(profile, kubernetes=changed)


def identities(result: CheckFinished) -> list[str]:
    return [one.identity for one in result.evidence]


def test_the_tenant_asks_with_its_own_token(sandbox: Session) -> None:
    found = results(sandbox.profile, ("07",), ["kubeflow.quota", *ISOLATION])
    assert {name for one in found for name in identities(one)} == {"user07"}


def test_where_the_tenant_may_not_the_instructor_asks_again(sandbox: Session) -> None:
    sandbox.break_("no-rolebinding", "07")
    quota = only(results(sandbox.profile, ("07",), ["kubeflow.quota"]), "kubeflow.quota")
    assert quota.verdict is Verdict.PASS
    asked = [(one.identity, one.status) for one in quota.evidence if "quotas" in one.request]
    assert asked == [("user07", "403"), ("admin", "200")]


def test_without_an_instructor_a_refusal_cannot_be_told_but_role_bindings_fail(
    sandbox: Session,
) -> None:
    sandbox.break_("no-rolebinding", "07")
    alone = asking(sandbox.profile, context=None)
    found = moved(results(alone, ("07",)), "07")
    assert found["kubeflow.role-bindings"] is Verdict.FAIL
    assert found["mlflow.isolation"] is Verdict.FAIL
    assert found["kubeflow.quota"] is Verdict.ERROR


def test_a_refused_token_is_never_replaced(sandbox: Session) -> None:
    sandbox.break_("kube-unauthorized", "07")
    quota = only(results(sandbox.profile, ("07",), ["kubeflow.quota"]), "kubeflow.quota")
    assert [(one.identity, one.status) for one in quota.evidence] == [("user07", "401")]


def test_an_instructor_proves_isolation_by_impersonation(sandbox: Session) -> None:
    instructor = asking(sandbox.profile, tenant_context=None)
    found = results(instructor, ("07",), ISOLATION)
    assert {one.verdict for one in found} == {Verdict.PASS}
    for one in found:
        assert identities(one)[-1] == "admin as user07@mlops.local"
    sandbox.break_("open-isolation", "07")
    found = results(instructor, ("07",), ISOLATION)
    assert {one.verdict for one in found} == {Verdict.WARN}


def test_who_may_not_impersonate_proves_nothing(sandbox: Session) -> None:
    other = asking(sandbox.profile, tenant_context=None, context="user03")
    for one in results(other, ("07",), ISOLATION):
        assert one.verdict is Verdict.ERROR
        assert one.findings[-1].message.key == "cannot-tell.no-identity"


def test_a_current_context_that_is_the_tenant_is_its_own_token(sandbox: Session) -> None:
    own = asking(sandbox.profile, tenant_context=None, context="user07")
    for one in results(own, ("07",), ISOLATION):
        assert one.verdict is Verdict.PASS
        assert set(identities(one)) == {"user07"}


@pytest.mark.parametrize("fault", ["kube-unauthorized", "throttled"])
def test_no_answer_never_proves_isolation(sandbox: Session, fault: str) -> None:
    sandbox.break_(fault, "07")
    for one in results(sandbox.profile, ("07",), ISOLATION):
        assert one.verdict is Verdict.ERROR


def test_keys_and_kubeconfig_of_the_environment_come_first(
    sandbox: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = {key: value for key, value in sandbox.exports("07").items() if value}
    for key, value in exported.items():
        monkeypatch.setenv(key, value)

    chosen = ["prep.credentials", "kubeflow.quota"]
    events = run(sandbox.profile, ["07"], chosen, environ=exported)
    found = [one for one in events if isinstance(one, CheckFinished)]
    assert {one.verdict for one in found} == {Verdict.PASS}
    (credentials,) = only(found, "prep.credentials").evidence
    assert credentials.identity == "environment"
    assert credentials.answer["arn"].endswith("user/user07")


def test_the_endpoint_stays_the_profiles(sandbox: Session) -> None:
    environ = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_ENDPOINT_URL": "http://elsewhere"}
    target, name = aws_caller(sandbox.profile, "07", environ)
    assert (target.endpoint, name) == (sandbox.profile.aws.endpoint, "environment")
    assert target.credentials_file is None
