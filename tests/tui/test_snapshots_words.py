"""How relab is asked on its command line, and how its own answers are read."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from snapshot.vault.vault import Vault
from tests.vault.world import SCOPE, save_all, save_unit, world
from tui import vault_words
from tui.vault_model import Change, Count, Item, Line, Snapshot, Unfinished, rows
from tui.vault_moves import Ask, Order, Question


class Stopped(Exception):
    """A save is stopped on purpose."""


@pytest.fixture
def full_vault(vault: Vault, key_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vault:
    """Give a vault with snapshots `one` and `two` and the unfinished save `three`."""
    monkeypatch.setenv("RELAB_VAULT", vault.where)
    monkeypatch.setenv("RELAB_VAULT_KEY", str(key_path))
    save_all(vault, "one", world(2, 2, 3))
    save_all(vault, "two", world(2, 2, 4))
    with pytest.raises(Stopped), vault.saving("three", SCOPE) as saving:
        save_unit(saving, world()[0])
        raise Stopped
    return vault


def answer(ask: Ask, *names: str) -> Any:
    """Return what the real relab answers."""
    question = Question(ask, names)
    command = [sys.executable, "-m", "relab", *vault_words.command(question)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    return vault_words.answer(question, done.returncode, done.stdout)


def test_relab_answers_every_question(full_vault: Vault) -> None:
    assert answer(Ask.WHERE) == full_vault.where
    one, two = answer(Ask.LIST)
    assert isinstance(one, Snapshot)
    assert (one.name, two.name, two.items, two.is_complete) == ("one", "two", 16, True)
    [three] = answer(Ask.UNFINISHED)
    assert isinstance(three, Unfinished)
    assert (three.name, three.units, three.scope) == ("three", 1, SCOPE)
    assert answer(Ask.PIN, "one")
    assert [found.pinned for found in answer(Ask.LIST)] == [True, False]
    assert answer(Ask.UNPIN, "one")
    assert not any(found.pinned for found in answer(Ask.LIST))
    assert answer(Ask.VERIFY, "one") == ()
    assert answer(Ask.LIST)[0].verified_deep


def test_relab_answers_about_one_snapshot(full_vault: Vault) -> None:
    del full_vault
    counts = answer(Ask.COUNTS, "one")
    assert Count("01", "aws", "made.type0", 3) in counts
    items = answer(Ask.ITEMS, "one", "02", "made.type1")
    assert [item.key for item in items] == ["02-0", "02-1", "02-2"]
    assert isinstance(items[0], Item)
    assert (items[0].tenant, items[0].sealed) == ("02", 2)
    assert items[0].bytes > 0
    document = answer(Ask.DOCUMENT, "one", items[0].identity)
    assert "key: 02-0" in document
    assert "$sealed" in document
    assert "CANARY" not in document
    lines = answer(Ask.COVERAGE, "one")
    assert isinstance(lines[0], Line)
    assert not any(line.is_gap for line in lines)
    changes = answer(Ask.DIFF, "one", "two")
    assert all(isinstance(change, Change) for change in changes)
    assert {(change.change, change.key) for change in changes} == {
        ("added", "01-3"),
        ("added", "02-3"),
    }


def test_a_damaged_snapshot_is_told_by_findings(full_vault: Vault) -> None:
    blob = min(Path(full_vault.where).glob("blobs/??/*"))
    blob.unlink()
    found = answer(Ask.VERIFY, "one")
    assert [(one.kind, one.what, one.harmful) for one in found] == [
        ("blob-missing", blob.name, True)
    ]


def test_what_is_no_answer_is_an_error() -> None:
    for raw in ("", "{", "7", '{"contents": 7}', '[["x"]]'):
        with pytest.raises((ValueError, TypeError, KeyError)):
            vault_words.answer(Question(Ask.COUNTS, ("a",)), 0, raw)
    with pytest.raises(ValueError, match="exit 10"):
        vault_words.answer(Question(Ask.LIST), 10, "[]")


def test_unknown_and_missing_members_do_no_harm() -> None:
    raw = json.loads('[{"name": "a", "items": null, "colour": "blue", "pinned": 1}]')
    assert rows(Snapshot, raw) == (Snapshot(name="a", pinned=True),)


def test_an_order_is_written_as_a_person_would() -> None:
    order = Order("n", "01..05", ("s3.*", "ecr.*"), data=False, versions=True, resume=True)
    assert vault_words.save(order) == (
        *("snapshot", "save", "--name", "n", "--tenants", "01..05"),
        *("--only", "s3.*", "--only", "ecr.*", "--no-data", "--versions", "--resume"),
        *("--yes", "--json"),
    )


def test_names_with_spaces_and_braces_stay_one_word() -> None:
    question = Question(Ask.DOCUMENT, ("one", "aws:s3.object:r:a {0} $(b) --json"))
    assert vault_words.command(question)[-1] == "--item=aws:s3.object:r:a {0} $(b) --json"
