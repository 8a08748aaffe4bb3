"""The catalogue: migrated, never newer than known, and not to be changed by any tool."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from relab.errors import NoVault, RelabError, UsageError
from snapshot.vault.catalogue import FILE, Catalogue
from snapshot.vault.migrations import MIGRATIONS, format_of, migrate
from snapshot.vault.opening import Means, make_vault, open_vault
from snapshot.vault.vault import Vault
from snapshot.vault.views import VIEWS
from tests.vault.world import harm, save_all, save_unit, saved, world


@pytest.fixture
def path(tmp_path: Path) -> Path:
    catalogue = Catalogue(tmp_path / FILE)
    catalogue.create()
    catalogue.close()
    return tmp_path / FILE


def connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA foreign_keys = ON")
    return db


def add_note(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE snapshots ADD COLUMN note TEXT NOT NULL DEFAULT ''")


def breaks(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE half (id INTEGER)")
    raise ZeroDivisionError


def test_an_older_catalogue_is_migrated_after_a_copy(path: Path) -> None:
    with closing(connect(path)) as db:
        migrate(db, path, (*MIGRATIONS, add_note))
        assert format_of(db) == len(MIGRATIONS) + 1
        assert db.execute("SELECT note FROM snapshots").fetchall() == []
        assert db.execute("SELECT * FROM snapshot_summary").fetchall() == []
    with closing(connect(path.with_suffix(f".format-{len(MIGRATIONS)}.sqlite"))) as copy:
        assert format_of(copy) == len(MIGRATIONS)


def test_a_migration_that_fails_leaves_all_as_it_was(path: Path) -> None:
    with closing(connect(path)) as db:
        before = db.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        with pytest.raises(ZeroDivisionError):
            migrate(db, path, (*MIGRATIONS, add_note, breaks))
        assert db.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall() == before
        assert format_of(db) == len(MIGRATIONS)


def test_a_newer_catalogue_is_refused_in_one_line(vault: Vault, folder: Path, means: Means) -> None:
    save_all(vault, "one", world(1, 1, 1))
    with closing(connect(folder / FILE)) as db:
        db.execute("INSERT INTO migrations VALUES (99, '2030-01-01', '9.9')")
    other = open_vault(str(folder), means)
    for use in (lambda: other.reader().snapshots(), lambda: save_all(other, "two")):
        with pytest.raises(RelabError) as caught:
            use()
        assert "format 99" in str(caught.value)
        assert "upgrade relab" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_no_vault(tmp_path: Path, means: Means) -> None:
    with pytest.raises(NoVault, match="relab vault init") as caught:
        open_vault(str(tmp_path / "nowhere"), means)
    assert caught.value.exit_code == 10
    assert not (tmp_path / "nowhere").exists()


def test_a_vault_is_not_made_twice(vault: Vault, folder: Path, means: Means) -> None:
    del vault
    with pytest.raises(UsageError, match="a vault already"):
        make_vault(str(folder), means, [means.key().recipient])


def test_a_vault_that_could_not_be_made_is_none(
    folder: Path, means: Means, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("snapshot.vault.migrations.VIEWS", {"broken": "no SQL"})
        with pytest.raises(RelabError):
            make_vault(str(folder), means, [means.key().recipient])
    with pytest.raises(NoVault):
        open_vault(str(folder), means)
    save_all(make_vault(str(folder), means, [means.key().recipient]), "one", world(1, 1, 1))


@pytest.mark.parametrize("place", ["ftp://somewhere/x", "s3://", "http://bucket"])
def test_what_is_no_place_for_a_vault(place: str, means: Means) -> None:
    with pytest.raises(UsageError, match="is no vault"):
        open_vault(place, means)


STATEMENTS = [
    "UPDATE items SET key = 'x'",
    "DELETE FROM items",
    "UPDATE documents SET body = '{}'",
    "DELETE FROM documents",
    "UPDATE blobs SET size = 1",
    "DELETE FROM blobs",
    "UPDATE sealed_values SET box = x'00'",
    "DELETE FROM sealed_values",
    "UPDATE item_blobs SET blob = 1",
    "DELETE FROM item_blobs",
    "INSERT INTO item_blobs SELECT item, 'more', blob FROM item_blobs",
    "DELETE FROM item_sealed",
    "INSERT INTO item_sealed SELECT item, '/more', sealed FROM item_sealed",
    "UPDATE units SET name = 'x'",
    "DELETE FROM units",
    "DELETE FROM unit_items",
    "INSERT INTO unit_items SELECT unit + 1, item FROM unit_items",
    "UPDATE coverage SET state = 'captured'",
    "DELETE FROM coverage",
    "INSERT INTO coverage SELECT * FROM coverage",
    "DELETE FROM snapshot_units",
    "INSERT INTO snapshot_units SELECT snapshot, unit + 1 FROM snapshot_units WHERE unit = 1",
    "DELETE FROM snapshots",
    "UPDATE snapshots SET name = 'x'",
    "UPDATE snapshots SET content = 'x'",
    "UPDATE snapshots SET state = 'saving'",
    "UPDATE snapshots SET state = 'partial'",
    "UPDATE snapshots SET items = 0",
]


@pytest.mark.parametrize("foreign_keys", ["ON", "OFF"])
@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_tool_changes_a_snapshot(
    vault: Vault, folder: Path, statement: str, foreign_keys: str
) -> None:
    """Foreign keys are off in other tools, so the triggers must do."""
    save_all(vault, "one", world(1, 2, 2))
    with closing(connect(folder / FILE)) as db:
        db.execute(f"PRAGMA foreign_keys = {foreign_keys}")
        with pytest.raises(sqlite3.IntegrityError, match="snapshots are immutable"):
            db.execute(statement)
    assert not harm(vault)


def test_a_pin_and_a_verification_change_no_content(vault: Vault) -> None:
    save_all(vault, "one", world(1, 2, 2))
    before = saved(vault, "one")
    vault.pin("one")
    vault.verify("one", deep=True)
    after = saved(vault, "one")
    assert (after.pinned, bool(after.verified_at), after.content) == (True, True, before.content)


def test_views_show_finished_snapshots_only(vault: Vault, folder: Path) -> None:
    with vault.saving("unfinished", {}) as saving:
        save_unit(saving, world()[0])
    with closing(connect(folder / FILE)) as db:
        for view in set(VIEWS) - {"unfinished_saves", "shared_documents"}:
            assert db.execute(f"SELECT * FROM {view}").fetchall() == [], view
        assert db.execute("SELECT name, units FROM unfinished_saves").fetchall() == [
            ("unfinished", 1)
        ]


def test_a_reader_sees_one_state_while_a_save_goes_on(vault: Vault) -> None:
    save_all(vault, "one", world(2, 1, 300))
    entries = vault.reader().entries(saved(vault, "one"))
    first = next(entries)
    save_all(vault, "two", world(3, 1, 300))
    assert len([first, *entries]) == 600


def test_a_copy_of_the_folder_is_a_vault(
    vault: Vault, folder: Path, tmp_path: Path, means: Means
) -> None:
    save_all(vault, "one")
    shutil.copytree(folder, tmp_path / "copy")
    copy = open_vault(str(tmp_path / "copy"), means)
    assert copy.verify("one", deep=True).findings == ()
    save_all(copy, "two")
    assert saved(copy, "two").content == saved(vault, "one").content


DOCS = Path(__file__).parents[2] / "docs" / "vault.md"


def test_every_table_view_and_column_is_documented(path: Path) -> None:
    """Each has a row in the page's tables: `name` and, beside it, every `column`."""
    text = DOCS.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)$", text, re.MULTILINE))
    with closing(connect(path)) as db:
        names = db.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
        ).fetchall()
        for (name,) in names:
            assert name in rows, f"{name} is not documented"
            for column in db.execute("SELECT name FROM pragma_table_info(?)", (name,)):
                assert f"`{column[0]}`" in rows[name], f"{name}.{column[0]} is not documented"
        assert set(rows) == {name for (name,) in names}, "the page has more than the catalogue"


def test_every_query_of_the_page_runs(vault: Vault, folder: Path) -> None:
    save_all(vault, "before-the-wipe")
    text = DOCS.read_text(encoding="utf-8")
    queries = re.findall(r"^```sql\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(queries) >= 6
    answers = 0
    with closing(connect(folder / FILE)) as db:
        for query in queries:
            answers += bool(db.execute(query).fetchall())
    assert answers > len(queries) // 2


def test_every_sqlite_utils_line_of_the_page_runs(vault: Vault, folder: Path) -> None:
    import shlex

    from click.testing import CliRunner
    from sqlite_utils.cli import cli

    save_all(vault, "before-the-wipe")
    text = DOCS.read_text(encoding="utf-8").replace("\\\n", "")
    lines = re.findall(r"^sqlite-utils (.*)$", text, re.MULTILINE)
    assert len(lines) >= 3
    for line in lines:
        words = shlex.split(line.replace("$RELAB_VAULT", str(folder)))
        answer = CliRunner().invoke(cli, words)
        assert answer.exit_code == 0, (line, answer.output)
        assert answer.output.strip()
