"""Every line of aws-nuke is read strictly: what is not known is never taken for silence."""

import json
from typing import Any

import pytest

from relab.nuke.lines import Line, Round, Row, Said, State, Unknown, Wrong, read_json, read_text


def line(**parts: Any) -> str:
    return json.dumps({"level": "info", "msg": "", "time": "2026-03-01T12:00:00Z", **parts})


THING = {
    "owner": "global",
    "type": "IAMUser",
    "name": "user07",
    "state": "new",
    "state_code": 0,
    "prop:Path": "/",
}


def test_a_thing_of_version_3() -> None:
    assert read_json(line(**THING, msg="would remove")) == Row(
        "global", "IAMUser", "user07", State.NEW, "", {"Path": "/"}
    )


def test_every_state_is_known_by_its_code() -> None:
    for code, state in enumerate(State):
        found = read_json(line(**{**THING, "state": state.value, "state_code": code}))
        assert isinstance(found, Row)
        assert found.state is state


def test_what_is_filtered_says_why() -> None:
    filtered = {**THING, "state": "filtered", "state_code": 7}
    found = read_json(line(**filtered, msg="filtered: cannot delete service roles"))
    assert isinstance(found, Row)
    assert found.why == "cannot delete service roles"


@pytest.mark.parametrize(
    "parts",
    [
        {"state": "new", "state_code": 8},
        {"state": "new", "state_code": 9},
        {"state": "new", "state_code": -1},
        {"state": "new", "state_code": "0"},
        {"state": "new", "state_code": True},
        {"state": "vanished"},
        {"name": None},
        {"name": ""},
        {"owner": 7},
        {"type": None},
    ],
)
def test_a_thing_that_contradicts_itself_is_unknown(parts: dict[str, Any]) -> None:
    assert isinstance(read_json(line(**{**THING, **parts})), Unknown)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Removal requested: 4 waiting, 1 failed, 31 skipped, 5 finished\n\n", Round(4, 1, 31, 5)),
        (
            "Scan complete: 287 total, 266 nukeable, 21 filtered.\n",
            Round(skipped=21, total=287),
        ),
        ("Nuke complete: 2 failed, 31 skipped, 5 finished.\n", Round(0, 2, 31, 5)),
    ],
)
def test_counts_are_read(text: str, found: Line) -> None:
    assert read_json(line(msg=text)) == found
    assert read_text(text) == found


@pytest.mark.parametrize("level", ["warning", "error", "fatal", "panic"])
def test_a_listing_that_failed_is_wrong_whatever_else_is_said(level: str) -> None:
    found = read_json(line(level=level, msg="listing failed:\n    x", resource_type="S3Bucket"))
    assert found == Wrong("listing failed: x", "S3Bucket")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "7",
        '"text"',
        "{",
        "panic: runtime error: invalid memory address",
        "Do you want to continue? Enter account alias to continue.",
        '{"level": "info"}',
        '{"level": "novel", "msg": "x"}',
        '{"msg": "x"}',
        "[" * 100_000,
        '{"level": "info", "msg": "' + "x" * 2_000_000 + '"}',
        "\x00\xff\x1b[2J",
    ],
)
def test_rubbish_is_unknown(text: str) -> None:
    found = read_json(text)
    assert isinstance(found, Unknown)
    assert len(found.text) < 1000


def test_what_the_program_prints_by_itself_is_known() -> None:
    assert read_json("Removing permission boundary for user user07") == Said(
        "Removing permission boundary for user user07"
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            'ap-northeast-2 - S3Bucket - s3://b - [CreationDate: "2026", tag:a: "b, c"] - '
            "would remove",
            Row(
                "ap-northeast-2",
                "S3Bucket",
                "s3://b",
                State.NEW,
                "",
                {"CreationDate": "2026", "tag:a": "b, c"},
            ),
        ),
        (
            "global - IAMRole - AWSServiceRoleForEKS - cannot delete service roles",
            Row(
                "global",
                "IAMRole",
                "AWSServiceRoleForEKS",
                State.FILTERED,
                "cannot delete service roles",
            ),
        ),
        (
            'global - IAMUserAccessKey - a -> AKIA - [UserName: "a"] - filtered by config',
            Row(
                "global",
                "IAMUserAccessKey",
                "a -> AKIA",
                State.FILTERED,
                "filtered by config",
                {"UserName": "a"},
            ),
        ),
        (
            "\x1b[1mglobal\x1b[0m - IAMUserAccessKey - user07 -> AKIA - \x1b[32mremoved\x1b[0m",
            Row("global", "IAMUserAccessKey", "user07 -> AKIA", State.FINISHED),
        ),
        (
            "aws-nuke version 2.16.0 - unknown - unknown",
            Said("aws-nuke version 2.16.0 - unknown - unknown"),
        ),
        ("", Said("")),
    ],
)
def test_text_of_version_2(text: str, found: Line) -> None:
    assert read_text(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Error: The config file does not exist.",
        'time="2026-03-01T12:00:00Z" level=error msg="Listing S3Bucket failed"',
        "ERRO[0001] Listing with *resources.X failed.",
    ],
)
def test_errors_of_version_2_are_wrong(text: str) -> None:
    assert isinstance(read_text(text), Wrong)


@pytest.mark.parametrize(
    "text",
    [
        "somewhere - IAMRole - r - would remove",
        "global - IAMRole - would remove",
        "Do you want to continue? Enter account alias to continue.",
        "nonsense",
    ],
)
def test_other_text_is_unknown(text: str) -> None:
    assert isinstance(read_text(text), Unknown)
