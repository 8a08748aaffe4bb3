"""How relab is asked to restore, and how its answers are read."""

import json
from dataclasses import replace

import pytest

from restore.model import Existing
from tests.tui import restore_world as made
from tui import restore_words
from tui.restore_model import Check, Unfinished
from tui.restore_moves import Order, RunAsked
from tui.restore_run import begun


def test_an_order_is_written_as_a_person_would() -> None:
    order = Order("01..05", ("s3.*", "v1/Secret"), data=False, existing=Existing.SKIP, exact=True)
    assert restore_words.plan("one", order) == (
        *("restore", "one", "--plan", "--json", "--tenants=01..05"),
        *("--only=s3.*", "--only=v1/Secret", "--no-data", "--exact", "--existing=skip"),
    )
    assert restore_words.unfinished("one") == ("restore", "one", "--unfinished", "--json")
    assert restore_words.checks(["07", "", "08"]) == ("check", "--tenant=07,08", "--json")


@pytest.mark.parametrize(
    ("resumed", "how"), [(False, f"--apply={made.PLAN.id}"), (True, "--resume")]
)
def test_the_very_plan_that_was_shown_is_done(resumed: bool, how: str) -> None:
    run = begun(RunAsked(made.PLAN, resumed, made.REPORT, 1.0))
    words = ("restore", made.NAME, how, "--yes", "--json", f"--report={made.REPORT}")
    assert restore_words.run(run) == words
    exact = replace(made.PLAN, choice={**made.CHOICE, "exact": True})
    assert "--exact" in restore_words.run(begun(RunAsked(exact, resumed, made.REPORT, 1.0)))


def test_an_unfinished_restore_or_none_is_read() -> None:
    assert restore_words.told_unfinished(0, '{"plan": null, "done": 0}') == Unfinished()


def test_checks_of_the_own_machine_say_nothing_about_the_world() -> None:
    rows = [
        {"id": "prep.tools", "section": "prep", "tenant": "07", "verdict": "fail"},
        {"id": "storage.bucket", "section": "storage", "tenant": "07", "verdict": "pass", "x": 1},
    ]
    found = restore_words.told_checks(4, json.dumps(rows))
    assert found == (Check("storage.bucket", "storage", "07", "pass"),)


@pytest.mark.parametrize("raw", ["", "{", "7", "[]", "null", '{"plan": 7, "done": 0}'])
def test_what_is_no_answer_is_an_error(raw: str) -> None:
    for read in (restore_words.told_plan, restore_words.told_unfinished):
        with pytest.raises((ValueError, TypeError, KeyError)):
            read(0, raw)
    with pytest.raises(ValueError, match="exit 12"):
        restore_words.told_plan(12, "{}")
