"""Both catalogues say the same things, and nothing that is never said."""

import ast
import re
from pathlib import Path

import pytest

from relab.checks import texts
from relab.checks.registry import CHECKS, SECTIONS
from relab.checks.texts import COMMAND, PLACEHOLDER, catalogue, commands, render
from relab.events import Message
from relab.languages import Language

ROOT = Path(texts.__file__).parents[1]
KEY = re.compile(r"[a-z-]+(\.[a-z-]+)+")
KO, EN = catalogue(Language.KO), catalogue(Language.EN)
BUILT = {f"title.{check.id}" for check in CHECKS} | {
    f"{kind}.{section}" for section in SECTIONS for kind in ("section", "next")
}


def literals() -> set[str]:
    """Return every string literal of the checks' code."""
    return {
        node.value
        for path in ROOT.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_both_languages_have_the_same_keys_in_the_same_order() -> None:
    assert list(KO) == list(EN)


@pytest.mark.parametrize("key", EN)
def test_both_languages_have_the_same_placeholders_and_commands(key: str) -> None:
    assert set(PLACEHOLDER.findall(KO[key])) == set(PLACEHOLDER.findall(EN[key]))
    assert commands(KO[key]) == commands(EN[key])


def test_every_key_is_used_and_every_used_key_exists() -> None:
    heads = {key.partition(".")[0] for key in EN}
    ids = {check.id for check in CHECKS}
    used = {word for word in literals() if KEY.fullmatch(word) and word.partition(".")[0] in heads}
    assert used - ids - set(EN) == set()
    assert set(EN) - used - BUILT == set()
    assert set(EN) >= BUILT


@pytest.mark.parametrize("key", EN)
def test_a_text_is_short_and_clean(key: str) -> None:
    for text in (KO[key], EN[key]):
        lines = text.splitlines()
        assert not lines[0].startswith(COMMAND)
        assert all(line == line.rstrip() for line in lines)
        assert max(len(line) for line in lines if not line.startswith(COMMAND)) <= 160


def test_what_comes_from_outside_is_made_safe() -> None:
    message = Message("mlflow.server.running", {"pod": "x\x1b[31m\u202e\n"})
    assert render(message, Language.EN) == "Pod x\\x1b[31m\\u202e\\x0a is running."


def test_an_unknown_key_is_shown_as_it_stands() -> None:
    assert render(Message("of.tomorrow", {"a": "1\x07"}), Language.KO) == "of.tomorrow a=1\\x07"


def test_json_in_a_command_is_left_alone() -> None:
    args = {"profile": "profile-user07", "owner": "user07@mlops.local"}
    (command,) = commands(render(Message("kubeflow.profile.patch", args), Language.EN))
    assert command == (
        "kubectl patch profile profile-user07 --type=merge "
        """-p '{"spec":{"owner":{"name":"user07@mlops.local"}}}'"""
    )
