"""A permit is for one look, for an hour, for the same caller; lines show no secret."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from relab.errors import CannotTell, Refused
from relab.nuke.binary import Binary
from relab.nuke.gate import Facts, Permit, permit
from relab.nuke.lines import Round, Row, State, Unknown, Wrong
from relab.nuke.look import Look, Order, said
from relab.nuke.model import Forecast
from relab.nuke.wipe import wipe
from tests.nuke.world import DOOMED, facts, snapshot

KEY = "AKIAIOSFODNN7EXAMPLE"


def look(found: Facts) -> Look:
    order = Order(cast(Any, None), found.snapshot, found.profile, {})
    return Look(order, Binary(Path("/none"), (3, 64, 1)), (), (), frozenset(), found)


def now() -> Facts:
    """Return facts that nothing speaks against at this moment."""
    moment = datetime.now(UTC)
    ago = (moment - timedelta(hours=1)).isoformat()
    return facts(now=moment, snapshot=snapshot(finished_at=ago))


def refused(allowed: Permit, found: Look) -> str:
    with pytest.raises(Refused) as error:
        next(wipe(allowed, found))
    return error.value.what


def test_a_permit_is_for_one_look_only() -> None:
    found = now()
    other = replace(found, forecast=Forecast(doomed=(DOOMED,)))
    assert "another look" in refused(permit(found), look(other))
    renamed = replace(found, snapshot=replace(found.snapshot, name="other"))
    assert "another look" in refused(permit(found), look(renamed))


def test_a_permit_ends() -> None:
    found = now()
    old = replace(permit(found), until=datetime.now(UTC) - timedelta(seconds=1))
    assert "too old" in refused(old, look(found))


def test_the_caller_is_asked_again_before_anything_is_removed() -> None:
    """The world of these facts is out of reach, so the question is the last thing that happens."""
    found = now()
    with pytest.raises((CannotTell, Refused)) as error:
        next(wipe(permit(found), look(found)))
    assert "permit" not in error.value.what


def test_events_show_no_secret() -> None:
    row = Row("global", "IAMUserAccessKey", f"a -> {KEY}", State.FAILED, f"{KEY} stays")
    for line in (row, Wrong(f"{KEY} failed", "X"), Unknown(f"key {KEY}")):
        assert KEY not in repr(said(line))
    told = said(row)
    assert (told.kind, told.region, told.type, told.state) == (
        "thing",
        "global",
        "IAMUserAccessKey",
        "failed",
    )
    assert said(Wrong("x", "S3Bucket")).type == "S3Bucket"


def test_counts_are_told() -> None:
    assert said(Round(3, 1, 0, 2)).text == "3 waiting, 1 failed, 2 finished"
    assert said(Round(skipped=4, total=9)).text == "9 found, 4 kept"
