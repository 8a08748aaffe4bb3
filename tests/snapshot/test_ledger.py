"""What was denied, throttled, unsupported or changed is in the ledger, and never as empty."""

from collections.abc import Iterator

import pytest

from relab.clouds import aws
from relab.events import GapMet
from relab.sandbox.session import Session
from snapshot.vault.model import Covered, State
from snapshot.vault.vault import Vault
from tests.snapshot.meddler import Meddler, Rule, json_error, meddling, xml_error
from tests.snapshot.saving import everything, saved, through


@pytest.fixture
def meddler(sandbox: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[Meddler]:
    """Stand between a save and the sandbox; a throttled call is given up soon."""
    monkeypatch.setitem(aws._PATIENT, "total_max_attempts", 2)
    with meddling(str(sandbox.profile.aws.endpoint)) as made:
        yield made


def states(lines: object, kind: str) -> dict[str, set[Covered]]:
    found: dict[str, set[Covered]] = {}
    for line in lines:  # type: ignore[attr-defined]  # lines of coverage
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
