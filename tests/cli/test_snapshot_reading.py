"""`relab snapshot list|show|diff`, as a person and as a script use them."""

import json
import sys
from pathlib import Path

import pexpect
import pytest
import yaml

from snapshot.vault.vault import Vault
from tests.cli.snapshots import EVIL, environ, fill, is_clean, relab
from tests.vault.world import CANARY

IDENTITY = "aws:made.type0:ap-northeast-2:01-0"


@pytest.fixture
def env(vault: Vault, key_path: Path, home: Path) -> dict[str, str]:
    fill(vault)
    return environ(vault, key_path, home)


def test_the_list_has_the_newest_last(env: dict[str, str], vault: Vault) -> None:
    with pytest.raises(KeyError), vault.saving("three", {}) as saving:
        with saving.unit("done"):
            pass
        raise KeyError
    answer = relab(env, "list")
    assert answer.returncode == 0
    lines = [line.split() for line in answer.stdout.splitlines()]
    assert [line[:3] for line in lines[1:]] == [
        ["one", "complete", "2026-1"],
        ["two", "partial", "2026-2"],
    ]
    assert (
        "three, 1 units done -> relab snapshot save (or import) --name three --resume"
        in answer.stderr
    )
    rows = json.loads(relab(env, "list", "--json").stdout)
    assert [(row["name"], row["state"], row["items"], row["gaps"]) for row in rows] == [
        ("one", "complete", 8, 0),
        ("two", "partial", 48, 1),
    ]
    snapshot = vault.reader().snapshot("two")
    assert rows[1]["content"] == snapshot.content
    assert rows[1]["finished_at"] == snapshot.finished_at
    assert (rows[1]["pinned"], rows[1]["verified_at"], rows[1]["verified_deep"]) == (
        False,
        "",
        False,
    )


def test_an_empty_vault_says_what_to_do(vault: Vault, key_path: Path, home: Path) -> None:
    answer = relab(environ(vault, key_path, home), "list")
    assert (answer.returncode, answer.stdout) == (0, "")
    assert "relab snapshot save" in answer.stderr


def test_show_counts_by_tenant_and_type(env: dict[str, str]) -> None:
    answer = relab(env, "show", "two")
    assert (answer.returncode, answer.stderr) == (0, "")
    lines = [line.split() for line in answer.stdout.splitlines()]
    assert answer.stdout.startswith("two: partial, cohort 2026-2, 48 items")
    assert ["tenant", "01", "43"] in lines
    assert ["s3.object", "40"] in lines
    whole = json.loads(relab(env, "show", "two", "--json").stdout)
    assert (whole["state"], whole["items"], whole["gaps"]) == ("partial", 48, 1)
    assert whole["scope"] == {"tenants": ["01", "02", "03"]}
    assert {"tenant": "01", "provider": "aws", "type": "s3.object", "items": 40} in whole[
        "contents"
    ]


def test_show_narrows_to_a_tenant_and_a_type(env: dict[str, str]) -> None:
    rows = json.loads(relab(env, "show", "two", "--tenant", "02", "--json").stdout)["contents"]
    assert {row["tenant"] for row in rows} == {"02"}
    rows = json.loads(relab(env, "show", "two", "--type", "made.type1", "--json").stdout)
    assert {row["type"] for row in rows["contents"]} == {"made.type1"}


def test_the_ledger_has_gaps_first_and_no_control_characters(env: dict[str, str]) -> None:
    answer = relab(env, "show", "two", "--coverage")
    assert answer.returncode == 0
    assert answer.stdout.startswith("denied ")
    assert is_clean(answer.stdout)
    assert "two: partial, 1 gaps of 4 lines" in answer.stderr
    rows = json.loads(relab(env, "show", "two", "--coverage", "--json").stdout)
    assert [row["gap"] for row in rows] == [True, False, False, False]
    assert (rows[0]["state"], rows[0]["count"], rows[0]["detail"]) == ("denied", 3, f"no {EVIL}")


def test_an_item_is_shown_as_yaml_with_secrets_sealed(env: dict[str, str]) -> None:
    del env["RELAB_VAULT_KEY"]
    answer = relab(env, "show", "one", "--item", IDENTITY)
    assert answer.returncode == 0, answer.stderr
    shown = yaml.safe_load(answer.stdout)
    assert (shown["key"], shown["document"]["Size"]) == ("01-0", 0)
    assert list(shown["document"]["Password"]) == ["$sealed"]
    assert shown["sealed"] == ["/document/Password", "/observed/Env/TOKEN"]
    assert CANARY not in answer.stdout
    assert json.loads(relab(env, "show", "one", "--item", IDENTITY, "--json").stdout) == shown


def test_an_item_is_found_by_its_key_when_that_is_enough(env: dict[str, str]) -> None:
    answer = relab(env, "show", "two", "--item", "b/07")
    assert yaml.safe_load(answer.stdout)["type"] == "s3.object"
    several = relab(env, "show", "two", "--item", "01-0")
    assert several.returncode == 2
    assert IDENTITY in several.stderr
    assert relab(env, "show", "two", "--item", "none").returncode == 2


def test_secrets_are_opened_only_when_it_is_meant(env: dict[str, str]) -> None:
    words = ("show", "one", "--item", IDENTITY, "--unseal")
    refused = relab(env, *words)
    assert (refused.returncode, refused.stdout) == (13, "")
    opened = relab(env, *words, "--piped")
    assert yaml.safe_load(opened.stdout)["document"]["Password"] == CANARY
    del env["RELAB_VAULT_KEY"]
    assert relab(env, *words, "--piped").returncode == 12
    assert relab(env, "show", "one", "--unseal").returncode == 2


def on_a_terminal(env: dict[str, str], *words: str) -> str:
    """Return what the program writes to a real terminal."""
    program = ["-c", "from relab.cli import main; main()", "snapshot", *words]
    child = pexpect.spawn(sys.executable, program, env={**env, "TERM": "dumb"})
    shown = bytes(child.read()).decode()
    child.close()
    assert child.exitstatus == 0, shown
    return shown.replace("\r\n", "\n")


def test_a_terminal_is_shown_secrets_when_asked(env: dict[str, str]) -> None:
    assert CANARY in on_a_terminal(env, "show", "one", "--item", IDENTITY, "--unseal")


def test_a_terminal_is_never_sent_control_characters(env: dict[str, str]) -> None:
    identity = f"aws:made.type0:ap-northeast-2:{EVIL}"
    shown = on_a_terminal(env, "show", "two", "--item", identity)
    assert is_clean(shown)
    assert "red" in shown


def test_a_difference_is_shown_by_tenant_and_exits_1(env: dict[str, str]) -> None:
    del env["RELAB_VAULT_KEY"]
    answer = relab(env, "diff", "one", "two")
    assert answer.returncode == 1
    assert answer.stderr == "41 added, 1 removed, 1 changed\n"
    lines = answer.stdout.splitlines()
    assert lines[:3] == ["--- one", "+++ two", "@@ tenant 01 @@"]
    assert lines[3] == "~ aws made.type0 01-0 (ap-northeast-2)"
    assert "~     /document/Password: (sealed, changed)" in lines
    assert "-     /document/Size: 0" in lines
    assert "+     /document/Size: 7" in lines
    assert "- aws made.type0 01-1 (ap-northeast-2), 2.9 KiB" in lines
    assert "  and s3.object: 20 added more, 590 B of data (--full lists them)" in lines
    assert is_clean(answer.stdout)
    assert CANARY not in answer.stdout
    full = relab(env, "diff", "one", "two", "--full").stdout
    assert full.count("+ aws s3.object b/") == 40


def test_a_difference_is_rows_for_programs(env: dict[str, str]) -> None:
    answer = relab(env, "diff", "one", "two", "--json")
    assert answer.returncode == 1
    rows = json.loads(answer.stdout)
    assert [row["tenant"] for row in rows] == sorted(row["tenant"] for row in rows)
    assert sorted({row["change"] for row in rows}) == ["added", "changed", "removed"]
    [changed] = [row for row in rows if row["change"] == "changed"]
    assert (changed["tenant"], changed["provider"], changed["type"], changed["key"]) == (
        "01",
        "aws",
        "made.type0",
        "01-0",
    )
    fields = {field["pointer"]: field for field in changed["fields"]}
    assert fields["/document/Size"] == {
        "pointer": "/document/Size",
        "change": "changed",
        "sealed": False,
        "before": 0,
        "after": 7,
    }
    assert fields["/document/Password"]["sealed"] is True
    assert rows[-1]["key"] == EVIL


def test_no_difference_exits_0(env: dict[str, str]) -> None:
    answer = relab(env, "diff", "one", "one")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "no difference\n")
    assert json.loads(relab(env, "diff", "one", "one", "--json", "--observed").stdout) == []
