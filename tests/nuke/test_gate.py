"""The gate refuses when any one safeguard is taken away, and lets pass when none is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from relab.errors import Exit, Refused
from relab.nuke.gate import RULES, before, permit, refusals
from relab.nuke.model import By, Doomed, Fate, Forecast
from relab.nuke.rules import Caller
from restore.model import Action, Planned
from snapshot.vault.model import State
from tests.nuke.world import ACCOUNT, CALLER, DOOMED, NOW, facts, plan, profile, snapshot

_BLOCKED = Planned(
    "aws:iam.role::r", "aws", "iam.role", "", "r", "", Action.BLOCKED, "its owner is not there"
)


def _losing(fate: Fate) -> Forecast:
    return Forecast(doomed=(DOOMED, Doomed("07", "s3.object", "b/new", By.HOLDER, fate, "new")))


# What is taken away, and the code of the refusal that must come of it.
TAKEN: Mapping[str, tuple[str, dict[str, Any]]] = {
    "another account": ("account", {"caller": Caller(CALLER.arn, "210987654321", CALLER.aliases)}),
    "another alias": ("alias", {"caller": Caller(CALLER.arn, ACCOUNT, ("else",))}),
    "no alias": ("alias", {"caller": Caller(CALLER.arn, ACCOUNT, ())}),
    "an alias with prod beside it": (
        "prod",
        {"caller": Caller(CALLER.arn, ACCOUNT, ("relab-sandbox", "My-PRODuction"))},
    ),
    "a vault in the account": ("vault", {"vault_bucket": "vault", "vault_kept": False}),
    "a partial snapshot": ("incomplete", {"snapshot": snapshot(state=State.PARTIAL)}),
    "a gap": ("gap", {"gaps": ("denied: iam.role: ListRoles",)}),
    "never verified": ("unverified", {"snapshot": snapshot(verified_at="", verified_deep=False)}),
    "verified by hashes only": ("unverified", {"snapshot": snapshot(verified_deep=False)}),
    "too old": ("old", {"snapshot": snapshot(finished_at="2026-02-28T11:00:00+00:00")}),
    "from the future": ("old", {"snapshot": snapshot(finished_at="2026-03-02T11:00:00+00:00")}),
    "a tenant less": ("scope", {"missing": ("tenant 08",)}),
    "something lost": ("loss", {"forecast": _losing(Fate.LOST)}),
    "something that cannot be saved": ("loss", {"forecast": _losing(Fate.NEVER)}),
    "a listing failed": (
        "dry-run",
        {"forecast": Forecast(doomed=(DOOMED,), problems=("S3Bucket: listing failed",))},
    ),
    "a kept thing goes": (
        "breach",
        {"forecast": Forecast(doomed=(DOOMED,), breaches=("IAMUser teacher",))},
    ),
    "our inventory is not whole": (
        "unread",
        {"forecast": Forecast(doomed=(DOOMED,), unread=("denied: iam.role: ListRoles",))},
    ),
    "no plan": ("no-plan", {"plan": None}),
    "a blocked item": ("blocked", {"plan": plan(_BLOCKED)}),
}


def test_nothing_speaks_against_what_is_proved() -> None:
    assert refusals(facts()) == ()
    allowed = permit(facts())
    assert (allowed.account, allowed.snapshot) == (ACCOUNT, "before")
    assert allowed.until - NOW == timedelta(hours=1)


@pytest.mark.parametrize("name", TAKEN)
def test_each_safeguard_refuses_alone(name: str) -> None:
    code, changes = TAKEN[name]
    found = refusals(facts(**changes))
    assert {one.code for one in found} >= {code}
    assert all(one.what for one in found)
    with pytest.raises(Refused) as error:
        permit(facts(**changes))
    assert error.value.exit_code == Exit.REFUSED


def test_each_rule_is_needed() -> None:
    """Take each rule out of the gate in turn: what it alone sees would pass."""
    for name in RULES:
        others = [rule for key, rule in RULES.items() if key != name]
        unseen = [
            title
            for title, (_, changes) in TAKEN.items()
            if not any(list(rule(facts(**changes))) for rule in others)
        ]
        assert unseen, name


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("no-alias", {"alias": None}),
        ("prod", {"alias": "mlops-Production"}),
        ("blocklist", {"account": "999999999999"}),
    ],
)
def test_names_are_refused_before_anything_is_called(code: str, changes: Any) -> None:
    found = profile()
    other = replace(found, aws=replace(found.aws, **changes))
    assert [one.code for one in before(other)] == [code]
    with pytest.raises(Refused):
        permit(facts(profile=other))


def test_a_loss_is_named_and_can_be_accepted_by_its_type_only() -> None:
    lost = facts(forecast=_losing(Fate.LOST))
    [refusal] = refusals(lost)
    assert "s3.object b/new of tenant 07" in refusal.what
    assert refusal.fix.endswith("--accept-loss s3.object")
    assert refusals(replace(lost, accepted=("s3.bucket",))) == (refusal,)
    assert refusals(replace(lost, accepted=("s3.object",))) == ()
    assert refusals(replace(lost, accepted=("s3.*",))) == (refusal,)


def test_an_accepted_type_may_be_blocked_and_another_may_not() -> None:
    blocked = facts(plan=plan(_BLOCKED))
    assert refusals(replace(blocked, accepted=("iam.role",))) == ()
    assert refusals(replace(blocked, accepted=("iam.user",)))


def test_the_profile_says_how_old_a_snapshot_may_be() -> None:
    old = {"snapshot": snapshot(finished_at="2026-02-28T11:00:00+00:00")}
    assert refusals(facts(**old, profile=profile(max_age_hours=48))) == ()


def test_a_vault_in_a_bucket_that_is_kept_is_no_reason() -> None:
    assert refusals(facts(vault_bucket="vault", vault_kept=True)) == ()
