"""What the outside world may hold: hostile names, many objects, other naming rules."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from botocore.session import Session as Botocore

from relab.checks import ask, quantity, summary
from relab.checks.question import Page
from relab.checks.texts import render
from relab.events import Verdict
from relab.languages import Language
from relab.sandbox.session import Session
from tests.checks.world import only, results

EVIL = "\x1b[31mevil\x9b2J"


def s3(sandbox: Session) -> Any:
    env = sandbox.env("07")
    session = Botocore()
    session.set_credentials(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"])
    return session.create_client(
        "s3", region_name="ap-northeast-2", endpoint_url=env["AWS_ENDPOINT_URL"]
    )


def test_hostile_names_never_reach_a_terminal(changeable: Session) -> None:
    s3(changeable).put_object(Bucket="mlops-training-user07", Key=f"{EVIL}/x", Body=b"")
    env = changeable.env("07")
    shown = {}
    for form in ("--evidence", "--json", "--lang=ko"):
        done = subprocess.run(
            [sys.executable, "-m", "relab", "check", "--section", "storage", form],
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
        )
        shown[form] = done.stdout
        assert not {"\x1b", "\x9b"} & set(done.stdout), form
    assert "\\x1b[31mevil" in shown["--lang=ko"]


def test_every_page_of_a_large_bucket_is_counted(
    changeable: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = s3(changeable)
    for number in range(1000):
        client.put_object(Bucket="mlops-training-user07", Key=f"aa/{number}", Body=b"")
    (bucket,) = results(changeable.profile, ("07",), ["storage.bucket"])
    assert bucket.findings[0].message.args["count"] == "1042"
    few = Page("NextContinuationToken", "ContinuationToken", most=1)
    monkeypatch.setattr(ask, "_S3_PAGE", few)
    found = results(changeable.profile, ("07",), ["storage.bucket", "storage.mlflow-artifacts"])
    assert only(found, "storage.bucket").findings[0].message.args["count"] == "1000+"
    artifacts = only(found, "storage.mlflow-artifacts")
    assert artifacts.verdict is Verdict.PASS
    assert artifacts.findings[0].message.args["count"] == "5"


def test_the_first_name_that_exists_wins(sandbox: Session) -> None:
    naming = replace(
        sandbox.profile.naming,
        profile=("nobody-{user}", "profile-{user}"),
        bucket=("nobody-{user}", "mlops-training-{user}"),
        namespace=("nobody-{user}", "kubeflow-{user}"),
    )
    profile = replace(sandbox.profile, naming=naming)
    chosen = ["kubeflow.profile", "kubeflow.namespace", "storage.bucket", "mlflow.poddefault"]
    found = results(profile, ("07",), chosen)
    assert {one.verdict for one in found} == {Verdict.PASS}
    text = render(only(found, "kubeflow.profile").findings[0].message, Language.EN)
    assert text == "profile-user07 belongs to user07@mlops.local."


def pod(name: str, phase: str, **container: Any) -> dict[str, Any]:
    status: dict[str, Any] = {"phase": phase}
    if container:
        status["containerStatuses"] = [container]
    return {"metadata": {"name": name}, "status": status}


def test_pods_are_worded_as_kubectl_words_them() -> None:
    waiting = {"waiting": {"reason": "ImagePullBackOff"}}
    found = summary.pods(
        {
            "items": [
                pod("good", "Running", ready=True),
                pod("done", "Succeeded"),
                pod("slow", "Running", ready=False, state={"running": {}}),
                pod("bad", "Pending", ready=False, state=waiting),
                pod("new", "Pending"),
            ]
        }
    )
    assert (found["count"], found["running"]) == (5, 1)
    assert [(one["name"], one["state"]) for one in found["not_running"]] == [
        ("slow", "NotReady"),
        ("bad", "ImagePullBackOff"),
        ("new", "Pending"),
    ]


@pytest.mark.parametrize(
    ("conditions", "ready"),
    [
        ([], None),
        ([{"type": "Ready", "status": "True"}], True),
        ([{"type": "Ready", "status": "False"}], False),
        ([{"type": "Successful"}], True),
        ([{"type": "Successful"}, {"type": "Failed", "message": "x"}], False),
    ],
)
def test_a_profiles_conditions(conditions: list[dict[str, str]], ready: bool | None) -> None:
    raw = {"metadata": {"name": "p"}, "spec": {}, "status": {"conditions": conditions}}
    assert summary.kubeflow_profile(raw)["ready"] is ready


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ("8", "8000m", True),
        ("16Gi", "16384Mi", True),
        ("16Gi", "16G", False),
        ("", "8", False),
        ("eight", "8", False),
    ],
)
def test_quantities(left: str, right: str, equal: bool) -> None:
    assert quantity.same(left, right) is equal


def test_a_list_cut_short_is_counted_in_full() -> None:
    raw = {"items": [{"metadata": {"name": "a"}}], "metadata": {"remainingItemCount": 41}}
    assert summary.count(raw) == {"count": 42}
    with pytest.raises(TypeError):
        summary.count("<html>")


def test_keys_that_are_no_folders_are_only_counted() -> None:
    pages = [{"Contents": [{"Key": key} for key in ("a/", "b/x", "b/y/z", "loose")]}]
    found = summary.objects(pages)
    assert (found["count"], found["complete"]) == (4, True)
    assert found["folders"]["a"] == {"objects": 0, "folders": 0, "last": ""}
    assert found["folders"]["b"] == {"objects": 2, "folders": 1, "last": "y"}


def test_the_tools_are_heard_before_anything_is_loaded() -> None:
    heavy = ("botocore", "kubernetes", "pydantic", "yaml", "relab.clouds")
    code = f"import sys, relab.checks.tools; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"
