"""What was denied, throttled, unsupported or changed is in the ledger, and never as empty."""

import json
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from relab.clouds import AwsTarget, KubeTarget, aws
from relab.clouds.kube import Kube
from relab.clouds.objects import Got, Objects, Which
from relab.clouds.outcome import Reply
from relab.errors import Exit
from relab.events import GapMet
from relab.resources.registry import TYPES, by_name
from relab.sandbox.session import Session
from snapshot.collect.driver import is_gap
from snapshot.vault.model import Coverage, Covered, State
from snapshot.vault.vault import Vault
from tests.cli.snapshots import environ, relab
from tests.snapshot.meddler import Answer, Meddler, Rule, json_error, meddling, xml_error
from tests.snapshot.saving import everything, saved, through
from tests.snapshot.sdk import api

BUCKET = "mlops-training-user07"
KEY = "changing/while-it-is-read.bin"
SPACE = "kubeflow-user07"
MAP = "changing"


@pytest.fixture
def meddler(sandbox: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[Meddler]:
    """Stand between a save and the sandbox; a throttled call is given up soon."""
    monkeypatch.setitem(aws._PATIENT, "total_max_attempts", 2)
    with meddling(str(sandbox.profile.aws.endpoint)) as made:
        yield made


@pytest.fixture
def env(
    sandbox: Session, meddler: Meddler, vault: Vault, key_path: Path, home: Path, tmp_path: Path
) -> dict[str, str]:
    """Give a person's environment whose profile reaches AWS through the meddler."""
    data = yaml.safe_load(sandbox.place.profile.read_text(encoding="utf-8"))
    data["aws"]["endpoint"] = meddler.url
    path = tmp_path / "meddled.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return environ(vault, key_path, home) | {"RELAB_PROFILE": str(path)}


def states(lines: Iterable[Coverage], kind: str) -> dict[str, set[Covered]]:
    found: dict[str, set[Covered]] = {}
    for line in lines:
        if line.type == kind:
            found.setdefault(line.tenant, set()).add(line.state)
    return found


def test_each_trouble_is_told_as_what_it_is(
    sandbox: Session, meddler: Meddler, vault: Vault
) -> None:
    meddler.rules += [
        Rule("Action=ListRoles", xml_error("AccessDenied", 403)),
        Rule("Action=ListTopics", xml_error("Throttling", 400)),
        Rule("DescribeLogGroups", json_error("UnknownOperationException")),
        Rule("ListTables", json_error("InternalServerError", 500)),
    ]
    profile = through(sandbox.profile, meddler.url)
    scope = everything(
        profile, "iam.role", "sns.topic", "logs.*", "dynamodb.table", "sqs.*", data=False
    )
    found = saved(vault, profile, scope)
    assert found.snapshot.state is State.PARTIAL
    assert states(found.ledger, "iam.role") == {"": {Covered.DENIED}}
    assert states(found.ledger, "sns.topic") == {"": {Covered.THROTTLED}}
    assert states(found.ledger, "logs.group") == {"": {Covered.UNSUPPORTED}}
    assert states(found.ledger, "dynamodb.table") == {"": {Covered.FAILED}}
    told = {event.type for event in found.events if isinstance(event, GapMet)}
    assert {"iam.role", "sns.topic", "logs.group", "dynamodb.table"} <= told
    answered = states(found.ledger, "sqs.queue")
    assert answered["01"] <= {Covered.EMPTY, Covered.CAPTURED}


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Take Ctrl+C as it is meant, also where a shell has started the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_what_failed_is_asked_again_by_a_resumed_save(
    sandbox: Session, meddler: Meddler, vault: Vault
) -> None:
    profile = through(sandbox.profile, meddler.url)
    scope = everything(profile, "iam.user", "iam.group", data=False)
    meddler.rules.append(Rule("Action=ListUsers", xml_error("AccessDenied", 403)))
    with pytest.raises(KeyboardInterrupt):
        meddler.rules.append(Rule("Action=ListGroups", first=_interrupt))
        saved(vault, profile, scope)
    meddler.rules.clear()
    found = saved(vault, profile, scope, resume=True)
    assert found.snapshot.state is State.COMPLETE
    assert states(found.ledger, "iam.user")["07"] == {Covered.CAPTURED}


def _interrupt(_: object) -> None:
    import _thread

    _thread.interrupt_main()


def test_the_trouble_of_a_whole_save_by_the_program(
    changeable: Session,
    meddler: Meddler,
    vault: Vault,
    env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One denied, one throttled, one unsupported; two things change just when they are read."""
    client = _s3(changeable)
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"before")
    overwrite = _once(lambda: client.put_object(Bucket=BUCKET, Key=KEY, Body=b"after it was seen"))
    meddler.rules += [
        Rule("Action=ListRoles", xml_error("AccessDenied", 403)),
        Rule("Action=ListTopics", xml_error("Throttling", 400)),
        Rule("DescribeLogGroups", json_error("UnknownOperationException")),
        Rule(f"GET /{BUCKET}/{KEY}", first=lambda _: overwrite()),
    ]
    heard = _listen(monkeypatch)
    with api(changeable) as cluster:
        body: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"state": "old"}}
        cluster.create({**body, "metadata": {"name": MAP}}, SPACE)
        change = {"data": {"state": "new"}}
        edit = _once(lambda: cluster.patch("v1", "ConfigMap", MAP, change, SPACE))
        _after(monkeypatch, f"/namespaces/{SPACE}/configmaps", edit)
        done = relab(env, "save", "--name", "one", "--yes", "--json")
    assert done.returncode == Exit.PARTIAL, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert (events[-1]["event"], events[-1]["state"]) == ("SaveFinished", "partial")
    ledger = vault.reader().coverage(vault.reader().snapshot("one"))
    gaps = {(line.type, line.tenant, line.state) for line in ledger if is_gap(line)}
    assert gaps == {
        ("iam.role", "", Covered.DENIED),
        ("sns.topic", "", Covered.THROTTLED),
        ("logs.group", "", Covered.UNSUPPORTED),
        ("logs.subscription-filter", "", Covered.UNSUPPORTED),  # listed by group
        ("s3.object", "07", Covered.CHANGED),
        ("v1/ConfigMap", "07", Covered.CHANGED),
    }
    told = {(event["type"], event["state"]) for event in events if event["event"] == "GapMet"}
    assert told == {(kind, state.value) for kind, _, state in gaps}
    _nothing_is_empty_that_was_not_asked(ledger, heard)
    shown = relab(env, "show", "one", "--coverage")
    assert shown.returncode == Exit.OK
    assert f"{SPACE}/{MAP}" in shown.stdout
    assert BUCKET in shown.stdout


def test_a_bucket_that_is_not_listed_is_never_empty(
    sandbox: Session, meddler: Meddler, vault: Vault
) -> None:
    refusal = Answer(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
    meddler.rules.append(Rule(f"GET /{BUCKET}/?encoding-type", refusal))
    profile = through(sandbox.profile, meddler.url)
    found = saved(vault, profile, everything(profile, "s3.object"))
    answered = states(found.ledger, "s3.object")
    assert answered["07"] == {Covered.DENIED}
    assert answered["08"] == {Covered.CAPTURED}
    assert found.snapshot.state is State.PARTIAL


Heard = dict[str, set[str]]


def _nothing_is_empty_that_was_not_asked(ledger: Iterable[Coverage], heard: Heard) -> None:
    """Check that every list behind an `empty` line was asked for, and was answered each time."""
    empty = [line for line in ledger if line.state is Covered.EMPTY]
    assert len(empty) > 100
    for line in empty:
        questions = _questions(line, heard)
        assert questions, line
        for question in questions:
            assert heard[question] <= {"200", *_MEANS_NOTHING}, (line, question)


_MEANS_NOTHING = {code for kind in TYPES for one in kind.lists for code in one.empty}
# Volumes are what claims stand for.
_LISTED_AS = {"data/Volume": "v1/PersistentVolumeClaim"}


def _questions(line: Coverage, heard: Heard) -> list[str]:
    """Return what must have been asked before `line` may say that there is nothing."""
    kind = by_name().get(line.type)
    if kind:
        return [f"{kind.service} {listing.operation}" for listing in kind.lists]
    if line.type == "ecr.image":
        return ["ecr DescribeRepositories", "ecr DescribeImages"]
    if "/" not in line.type:
        return [path for path in heard if path.startswith("list ")]
    version, _, name = _LISTED_AS.get(line.type, line.type).rpartition("/")
    root = f"/api{'s' if '/' in version else ''}/{version}/"
    found = [path for path in heard if path.startswith(root) and f"/{name.lower()[:-1]}" in path]
    space = f"/kubeflow-user{line.tenant}/" if line.tenant else ""
    return [path for path in found if "/namespaces/" not in path or space in path]


def _listen(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """Write down what is asked, and how each answer went."""
    heard: Heard = {}
    call, request, ask = aws.Aws.call, Kube.request, Objects.ask

    def told_call(
        self: aws.Aws, target: AwsTarget, service: str, operation: str, params: Mapping[str, Any]
    ) -> Reply:
        reply = call(self, target, service, operation, params)
        heard.setdefault(f"{service} {operation}", set()).add(reply.status)
        return reply

    def told_request(self: Kube, target: KubeTarget, path: str, **options: Any) -> Reply:
        reply = request(self, target, path, **options)
        heard.setdefault(path.partition("?")[0], set()).add(reply.status)
        return reply

    def told_ask(
        self: Objects, which: Which, query: Mapping[str, str], method: str = "GET"
    ) -> Got[bytes]:
        got = ask(self, which, query, method)
        if not which.key:
            heard.setdefault(f"list {which.bucket}", set()).add(got.status)
        return got

    monkeypatch.setattr(aws.Aws, "call", told_call)
    monkeypatch.setattr(Kube, "request", told_request)
    monkeypatch.setattr(Objects, "ask", told_ask)
    return heard


def _after(monkeypatch: pytest.MonkeyPatch, path: str, then: Callable[[], None]) -> None:
    """Let `then` happen when the cluster has answered a question about `path`."""
    request = Kube.request

    def told(self: Kube, target: KubeTarget, asked: str, **options: Any) -> Reply:
        reply = request(self, target, asked, **options)
        if path in asked:
            then()
        return reply

    monkeypatch.setattr(Kube, "request", told)


def _once(act: Callable[[], object]) -> Callable[[], None]:
    left = [act]

    def once() -> None:
        while left:
            left.pop()()

    return once


def _s3(sandbox: Session) -> Any:
    env = sandbox.env()
    return boto3.client(
        "s3",
        region_name=env["AWS_REGION"],
        endpoint_url=env["AWS_ENDPOINT_URL"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )
