"""`relab snapshot verify|pin|unpin|prune|types`, and what every subcommand does in trouble."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from relab.cli.snapshot import MODULES
from relab.resources.registry import TYPES
from snapshot.vault.opening import Means, make_vault
from snapshot.vault.vault import Vault
from tests.cli.snapshots import EVIL, environ, fill, is_clean, one_line, relab
from tests.vault.world import save_all, world


@pytest.fixture
def env(vault: Vault, key_path: Path, home: Path) -> dict[str, str]:
    fill(vault)
    return environ(vault, key_path, home)


@pytest.mark.parametrize("deep", [(), ("--deep",)])
def test_verify_says_what_it_looked_at(
    env: dict[str, str], vault: Vault, deep: tuple[str, ...]
) -> None:
    answer = relab(env, "verify", "two", *deep)
    assert (answer.returncode, answer.stdout) == (0, "")
    assert answer.stderr.startswith("two: partial; 48 items, ")
    assert answer.stderr.endswith("all as it was saved\n")
    found = vault.reader().snapshot("two")
    assert found.verified_at
    assert found.verified_deep == bool(deep)
    assert json.loads(relab(env, "verify", "two", *deep, "--json").stdout) == []


def test_verify_names_harm_and_exits_1(env: dict[str, str], folder: Path) -> None:
    gone = min(folder.glob("blobs/??/*"))
    gone.unlink()
    changed = max(folder.glob("blobs/??/*"), key=lambda path: path.stat().st_size)
    changed.write_bytes(b"!" * changed.stat().st_size)
    for name in ("one", "two"):
        quick, deep = relab(env, "verify", name), relab(env, "verify", name, "--deep")
        for answer in (quick, deep):
            assert answer.returncode == bool(answer.stdout)
        assert set(quick.stdout.splitlines()) <= {f"blob-missing: {gone.name}"}
        assert set(deep.stdout.splitlines()) - set(quick.stdout.splitlines()) <= {
            f"blob-changed: {changed.name}"
        }
    rows = [
        row
        for name in ("one", "two")
        for row in json.loads(relab(env, "verify", name, "--deep", "--json").stdout)
    ]
    assert {row["kind"] for row in rows} == {"blob-missing", "blob-changed"}
    assert all(row["harmful"] for row in rows)


def test_pinned_snapshots_outlive_a_prune(env: dict[str, str], vault: Vault) -> None:
    assert relab(env, "pin", "one").returncode == 0
    assert vault.reader().snapshot("one").pinned
    assert relab(env, "prune", "--keep-last", "1", "--yes").stdout == ""
    assert relab(env, "unpin", "one").returncode == 0
    answer = relab(env, "prune", "--keep-last", "1", "--yes")
    assert (answer.returncode, answer.stdout) == (0, "one\n")
    assert [found.name for found in vault.reader().snapshots()] == ["two"]


def test_prune_shows_its_plan_and_asks(env: dict[str, str], vault: Vault) -> None:
    plan = relab(env, "prune", "--keep-last", "1", "--dry-run")
    assert (plan.returncode, plan.stdout) == (0, "one\n")
    assert "would go" in plan.stderr
    refused = relab(env, "prune", "--keep-last", "1")
    assert refused.returncode == 13
    assert "--yes" in refused.stderr
    assert len(vault.reader().snapshots()) == 2
    row = json.loads(relab(env, "prune", "--keep-last", "1", "--yes", "--json").stdout)
    assert (row["snapshots"], row["removed"]) == (["one"], True)
    assert row["blobs"] > 0 < row["bytes"]
    assert vault.check(deep=True) == []


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        (("--keep-last", "2"), ["one", "two", "three"][1:]),
        (("--keep-within", "1h"), ["one", "two", "three"]),
        (("--keep-within", "0h", "--keep-last", "1"), ["three"]),
        (("--keep-per-cohort", "1"), ["two", "three"]),
    ],
)
def test_rules_say_what_stays(
    env: dict[str, str], vault: Vault, rules: tuple[str, ...], left: list[str]
) -> None:
    save_all(vault, "three", world(1, 1, 1))
    answer = relab(env, "prune", *rules, "--yes")
    assert answer.returncode == 0, answer.stderr
    assert [found.name for found in vault.reader().snapshots()] == left


@pytest.mark.parametrize(
    "words", [(), ("--keep-last", "-1"), ("--keep-within", "soon"), ("--keep-within", "9999999d")]
)
def test_a_prune_without_a_rule_is_refused(env: dict[str, str], words: tuple[str, ...]) -> None:
    answer = relab(env, "prune", "--yes", *words)
    assert answer.returncode == 2
    assert one_line(answer)


def test_the_types_say_what_comes_back(home: Path) -> None:
    answer = relab({"HOME": str(home)}, "types", "--json")
    assert answer.returncode == 0
    rows = {(row["provider"], row["type"]): row for row in json.loads(answer.stdout)}
    assert {("aws", kind.type) for kind in TYPES} <= rows.keys()
    assert {("aws", "s3.object"), ("aws", "ecr.image"), ("kubernetes", "*")} <= rows.keys()
    assert rows["aws", "lambda.function"]["restorable"] is False
    assert rows["kubernetes", "Event"]["restorable"] is False
    assert all(row["restorable"] or row["reason"] for row in rows.values())
    listed = relab({"HOME": str(home)}, "types")
    assert len(listed.stdout.splitlines()) == len(rows)


NAMED = [
    ("show", "one"),
    ("show", "one", "--coverage"),
    ("show", "one", "--item", "01-0"),
    ("diff", "one", "two"),
    ("verify", "one"),
    ("export", "one", "OUT"),
    ("pin", "one"),
    ("unpin", "one"),
]
OTHERS = [("list",), ("prune", "--keep-last", "1", "--yes"), ("import", "OUT", "--name", "x")]


def test_no_subcommand_is_left_out_here() -> None:
    assert {words[0] for words in [*NAMED, *OTHERS]} == MODULES.keys() - {"save", "types"}


@pytest.mark.parametrize("words", [*NAMED, *OTHERS], ids=" ".join)
def test_no_vault_exits_10(home: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    env = {"HOME": str(home), "RELAB_VAULT": str(tmp_path / "none")}
    answer = relab(env, *words)
    assert answer.returncode == 10
    assert one_line(answer)


@pytest.mark.parametrize("words", NAMED, ids=" ".join)
def test_an_unknown_name_exits_2(
    env: dict[str, str], tmp_path: Path, words: tuple[str, ...]
) -> None:
    for name in ("nowhere", "live", EVIL, "", "../one"):
        answer = relab(env, words[0], name, *_there(words[2:], tmp_path))
        assert answer.returncode == 2
        assert one_line(answer)
        assert is_clean(answer.stderr)
    assert not (tmp_path / "OUT").exists()


def _there(words: tuple[str, ...], tmp_path: Path) -> list[str]:
    return [str(tmp_path / word) if word == "OUT" else word for word in words]


def spoil(folder: Path, query: str) -> None:
    """Change the catalogue behind the triggers' back."""
    with closing(sqlite3.connect(folder / "catalogue.sqlite")) as db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute(query)
        db.commit()


@pytest.mark.parametrize(
    "query",
    [
        "UPDATE documents SET body = '{' || body",
        "UPDATE items SET identifiers = 'x'",
        "UPDATE snapshots SET scope = '{'",
    ],
)
@pytest.mark.parametrize("words", [NAMED[2], NAMED[3], NAMED[5]], ids=" ".join)
def test_a_spoilt_row_is_one_line(
    env: dict[str, str], folder: Path, tmp_path: Path, query: str, words: tuple[str, ...]
) -> None:
    spoil(folder, query)
    item = ("--item", "aws:made.type0:ap-northeast-2:01-0") if words[0] == "show" else ()
    answer = relab(env, *words[:2], *(item or _there(words[2:], tmp_path)))
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "the catalogue is damaged" in answer.stderr


@pytest.mark.parametrize("words", [*NAMED, *OTHERS[:2]], ids=" ".join)
def test_a_vault_that_is_no_database_is_one_line(
    env: dict[str, str], folder: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    for path in folder.glob("catalogue.sqlite*"):
        path.write_bytes(b"not a database" * 1000)
    answer = relab(env, *words[:2], *_there(words[2:], tmp_path))
    assert answer.returncode == 1
    assert one_line(answer)
    assert "damaged" in answer.stderr


def test_a_vault_that_is_being_written_is_left_alone(env: dict[str, str], vault: Vault) -> None:
    with pytest.raises(KeyError), vault.saving("three", {}):
        for words in (("pin", "one"), ("prune", "--keep-last", "1", "--yes")):
            answer = relab(env, *words)
            assert answer.returncode == 11
            assert one_line(answer)
        verified = relab(env, "verify", "one")
        assert verified.returncode == 0
        assert "not written down" in verified.stderr
        raise KeyError


def test_export_and_import_by_the_program(
    env: dict[str, str], vault: Vault, tmp_path: Path, means: Means
) -> None:
    del env["RELAB_VAULT_KEY"]
    tree = tmp_path / "tree"
    done = relab(env, "export", "two", str(tree))
    assert (done.returncode, done.stdout) == (0, "")
    assert "48 items in 9 files" in done.stderr
    assert relab(env, "export", "two", str(tree)).returncode == 2
    assert relab(env, "export", "two", str(tree), "--force").returncode == 0
    other = make_vault(str(tmp_path / "other"), means, [means.key().recipient])
    env["RELAB_VAULT"] = other.where
    back = relab(env, "import", str(tree), "--name", "two", "--json")
    assert back.returncode == 0, back.stderr
    content = vault.reader().snapshot("two").content
    assert json.loads(back.stdout) == {
        "name": "two",
        "state": "partial",
        "items": 48,
        "content": content,
        "exported": content,
    }
    assert f"content {content}" in back.stderr


def test_an_edited_export_is_refused_or_told(env: dict[str, str], tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    relab(env, "export", "one", str(tree))
    file = tree / "items/01/aws/made.type0/01-0.yaml"
    file.write_text(file.read_text().replace("Size: 0", "Size: 5"))
    refused = relab(env, "import", str(tree), "--name", "three")
    assert refused.returncode == 1
    assert one_line(refused)
    assert f"{file}: was changed" in refused.stderr
    taken = relab(env, "import", str(tree), "--name", "three", "--edited")
    assert taken.returncode == 0
    assert "three: partial" in taken.stderr
    assert f"changed: {file.relative_to(tree)}" in taken.stderr
    difference = json.loads(relab(env, "diff", "one", "three", "--json").stdout)
    assert [[field["pointer"] for field in row["fields"]] for row in difference] == [
        ["/document/Size"]
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("import", "NONE", "--name", "x"),
        ("import", "EMPTY", "--name", "x"),
        ("import", "FILE", "--name", "x"),
        ("export", "one", "FILE"),
        ("export", "one", "FULL"),
        ("export", "one", "FULL", "--force"),
    ],
    ids=" ".join,
)
def test_a_folder_that_cannot_be_it_is_one_line(
    env: dict[str, str], tmp_path: Path, words: tuple[str, ...]
) -> None:
    for name in ("EMPTY", "FULL"):
        (tmp_path / name).mkdir()
    (tmp_path / "FILE").touch()
    (tmp_path / "FULL" / EVIL).touch()
    places = ("NONE", "EMPTY", "FILE", "FULL")
    answer = relab(env, *(str(tmp_path / word) if word in places else word for word in words))
    assert answer.returncode in {1, 2}
    assert one_line(answer)
    assert is_clean(answer.stderr)
