"""Trees that were damaged, edited or forged end in one line; nothing is kept."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyrage import encrypt, x25519

from relab.errors import Exit, NoKey, RelabError
from snapshot.tree import disk, text
from snapshot.tree.shape import armour
from snapshot.vault import keys
from snapshot.vault.keys import Key
from snapshot.vault.opening import Means, make_vault, open_vault
from snapshot.vault.vault import Vault
from tests.snapshot.trees import edit, exported, forge, forge_manifest, imported, save_world

FILE = "items/01/aws/made.type/01-0.yaml"
LINES = "items/01/aws/s3.object/"
Harm = Callable[[Path], object]


@pytest.fixture
def tree(vault: Vault, tmp_path: Path) -> Path:
    save_world(vault, gap=False)
    exported(vault, "one", tmp_path / "tree")
    return tmp_path / "tree"


@pytest.fixture
def other(tmp_path: Path, means: Means) -> Vault:
    return make_vault(str(tmp_path / "other"), means, [means.key().recipient])


def refused(vault: Vault, tree: Path, **options: Any) -> RelabError:
    with pytest.raises(RelabError) as error:
        imported(vault, tree, **options)
    reader = vault.reader()
    assert reader.snapshots() == reader.unfinished() == []
    assert "\n" not in str(error.value)
    return error.value


def swap(tree: Path, name: str, target: str | Path) -> None:
    (tree / name).rename(tree.parent / "moved")
    (tree / name).symlink_to(target)


def change(name: str, old: bytes, new: bytes) -> Harm:
    def harm(tree: Path) -> None:
        data = (tree / name).read_bytes()
        assert old in data
        (tree / name).write_bytes(data.replace(old, new, 1))

    return harm


def flip(pattern: str) -> Harm:
    def harm(tree: Path) -> None:
        path = min(tree.glob(pattern))
        path.write_bytes(path.read_bytes()[:-1] + b"!")

    return harm


def cut(pattern: str) -> Harm:
    def harm(tree: Path) -> None:
        path = min(tree.glob(pattern))
        path.write_bytes(path.read_bytes()[:-1])

    return harm


def instead(make: Callable[[Path], None]) -> Harm:
    def harm(tree: Path) -> None:
        (tree / FILE).unlink()
        make(tree / FILE)

    return harm


@pytest.mark.parametrize(
    ("harm", "named", "said"),
    [
        (lambda tree: (tree / FILE).unlink(), FILE, "missing"),
        (change(FILE, b"Size: 0", b"Size: 1"), FILE, "changed since"),
        (flip("items/01/aws/s3.object/*"), LINES, "changed since"),
        (lambda tree: (tree / "items/02/new.yaml").touch(), "items/02/new.yaml", "not from"),
        (lambda tree: (tree / "items/.DS_Store").touch(), "items/.DS_Store", "not from"),
        (flip("blobs/*/*"), "blobs/", "not what was exported"),
        (cut("blobs/*/*"), "blobs/", "not what was exported"),
        (lambda tree: min(tree.glob("blobs/*/*")).unlink(), "blobs/", "missing"),
        (flip("units.jsonl"), "units.jsonl", "changed since"),
        (lambda tree: (tree / "units.jsonl").unlink(), "units.jsonl", "missing"),
        (change("snapshot.yaml", b"cohort: 2026-1", b"cohort: 2026-2"), "snapshot.y", "changed"),
        (change("snapshot.yaml", b"state: complete", b"state: partial"), "snapshot.y", "changed"),
        (change("snapshot.yaml", b"format: 1", b"format: 2"), "snapshot.yaml", "format 2"),
        (change("snapshot.yaml", b"format: 1", b"format: true"), "snapshot.yaml", "int"),
        (lambda tree: (tree / "snapshot.yaml").write_bytes(b"{"), "snapshot.yaml", ""),
        (lambda tree: (tree / "snapshot.yaml").write_bytes(b"[]"), "snapshot.yaml", ""),
        (lambda tree: (tree / "snapshot.yaml").unlink(), "tree", "no export"),
        (lambda tree: swap(tree, FILE, "/etc/passwd"), FILE, "link"),
        (lambda tree: swap(tree, FILE, tree.parent / "moved"), FILE, "link"),
        (lambda tree: swap(tree, "items/01/aws", tree.parent / "moved"), "items/01/aws", ""),
        (lambda tree: swap(tree, "items", tree.parent / "moved"), "", ""),
        (lambda tree: swap(tree, "blobs", tree.parent / "moved"), "blobs/", "link"),
        (lambda tree: swap(tree, "snapshot.yaml", tree.parent / "moved"), "snapshot.yaml", "link"),
        (instead(os.mkfifo), FILE, "no plain file"),
        (instead(Path.mkdir), FILE, "no plain file"),
    ],
)  # fmt: skip
def test_damage_is_one_line_that_names_the_file(
    other: Vault, tree: Path, harm: Harm, named: str, said: str
) -> None:
    harm(tree)
    error = refused(other, tree)
    assert named in error.where
    assert said in error.what


def forged(name: str, old: str, new: str) -> Harm:
    def harm(tree: Path) -> None:
        path = min(tree.glob(name))
        written = path.read_text(encoding="utf-8")
        assert old in written
        path.write_text(written.replace(old, new, 1), encoding="utf-8")
        forge(tree)

    return harm


def files(*names: str) -> Harm:
    """List other files than there are, with digests that are well-formed."""

    def more(units: list[dict[str, Any]]) -> None:
        units[0]["files"] |= dict.fromkeys(names, "0" * 64)

    return lambda tree: forge(tree, more)


BOMB = "observed: &a [x, x]\nb: &b [*a, *a]\nobserved2: [*b, *b]\n#"


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (forged(FILE, "Size: 0", "Size: 9"), "not those that were exported"),
        (forged(FILE, "tenant: '01'", "tenant: 1"), "tenant: "),
        (forged(FILE, "tenant: '01'", "tenant: ['01']"), "tenant: "),
        (forged(FILE, "tenant: '01'", "tenannt: '01'"), "tenan"),
        (forged(FILE, "region: ", "region: 2024-01-01\nx: "), "quotes"),
        (forged(FILE, "document:", "documents:"), "document: Field required"),
        (forged(FILE, "observed:", BOMB), "anchor"),
        (forged(FILE, "key: ", "? !!python/object/apply:os.abort []\n: "), ""),
        (forged(FILE, "size: 3", "size: 4"), "size"),
        (forged(FILE, "size: 3", "size: -3"), "size: "),
        (forged(FILE, "digest: ", "digest: ../../../etc/passwd\n    x: "), "digest"),
        (forged(FILE, "YWdl", "????"), "sealed /document/Password"),
        (forged(FILE, "-----BEGIN", "-----BEGUN"), "no armoured age file"),
        (forged(FILE, "/document/Password", "/document/Passwort"), "no such token"),
        (forged(FILE, "$sealed: ", "$sealed: 0"), "no such token"),
        (forged(f"{LINES}*", '"Size":0', '"Size":NaN'), "NaN"),
        (forged(f"{LINES}*", '"Size":0', '"Size":1e999'), "document: "),
        (forged(f"{LINES}*", '"Size":0', '"Size":0,"Size":1'), "twice"),
        (forged(f"{LINES}*", '"key":', '"kez":'), "key: Field required"),
        (files("../../../etc/passwd"), "no path inside"),
        (files("/etc/passwd"), "no path inside"),
        (files("items/../../x.yaml"), "no path inside"),
        (files("items//x.yaml"), "no path inside"),
        (files("items/x\0.yaml"), "no path inside"),
        (files("snapshot.yaml"), "no path inside"),
        (files("items/none.yaml"), "missing"),
        (lambda tree: forge(tree, lambda units: units[0].pop("name")), "name: Field required"),
        (lambda tree: forge(tree, lambda units: units.append(units[1])), "units that were"),
        (
            lambda tree: forge(tree, lambda units: units[1]["coverage"][0].update(state="fine")),
            "no state 'fine'",
        ),
        (lambda tree: forge_manifest(tree, lambda fields: fields.update(state="saving")), "state"),
        (lambda tree: forge_manifest(tree, lambda fields: fields.update(scope=[])), "scope"),
        (lambda tree: forge_manifest(tree, lambda fields: fields.update(items="1")), "items: "),
        (lambda tree: forge_manifest(tree, lambda fields: fields.update(more=1)), "more: "),
    ],
)  # fmt: skip
def test_a_forged_tree_is_refused(other: Vault, tree: Path, harm: Harm, said: str) -> None:
    harm(tree)
    error = refused(other, tree)
    assert said in error.what
    assert error.exit_code == Exit.FAILED


def test_a_huge_file_is_not_read(other: Vault, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "LARGEST", 4096)
    with (tree / FILE).open("r+b") as file:
        file.truncate(1 << 40)
    assert "larger" in refused(other, tree).what


def test_what_could_not_be_imported_is_not_exported(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_world(vault)
    monkeypatch.setattr(disk, "LARGEST", 100)
    with pytest.raises(RelabError, match="larger than"):
        exported(vault, "one", tmp_path / "tree")


def test_an_edited_tree_is_taken_knowingly_and_told(other: Vault, tree: Path) -> None:
    edit(tree / FILE, lambda fields: fields["document"].update(Size=77))
    copy = (tree / FILE).read_bytes().replace(b"01-0", b"new")
    (tree / "items/added.yaml").write_bytes(copy)
    (tree / "items/01/aws/made.type/01-1.yaml").unlink()
    done = imported(other, tree, edited=True)
    assert done.edits.changed == (FILE,)
    assert done.edits.added == ("items/added.yaml",)
    assert done.edits.removed == ("items/01/aws/made.type/01-1.yaml",)
    assert (done.state, done.items) == ("partial", 11)
    assert done.content != done.exported
    reader = other.reader()
    snapshot = reader.snapshot("back")
    [line] = [one for one in reader.coverage(snapshot) if one.service == "relab"]
    assert (line.state, line.count) == ("changed-meanwhile", 3)
    assert done.exported in line.detail
    found = {entry.item.key: entry.item for entry in reader.entries(snapshot)}
    assert found["01-0"].document["Size"] == 77
    assert "01-1" not in found
    assert found["new"].document["Size"] == 77


def test_edits_alone_do_not_open_the_door(other: Vault, tree: Path) -> None:
    swap(tree, FILE, "/etc/passwd")
    assert "link" in refused(other, tree, edited=True).what


def test_an_edit_of_the_list_is_refused_even_then(other: Vault, tree: Path) -> None:
    flip("units.jsonl")(tree)
    assert "changed" in refused(other, tree, edited=True).what


def test_one_thing_twice_is_named(other: Vault, tree: Path) -> None:
    (tree / "items/copy.yaml").write_bytes((tree / FILE).read_bytes())
    error = refused(other, tree, edited=True)
    assert "stands in two files" in error.what
    assert error.where.endswith("items/copy.yaml")


def test_an_untouched_tree_is_complete_with_edited_too(other: Vault, tree: Path) -> None:
    done = imported(other, tree, edited=True)
    assert (done.state, done.content) == ("complete", done.exported)


def false_box(tree: Path, vault: Vault, value: bytes) -> None:
    """Seal another value under the fingerprint of a true one, as anybody can."""
    path = tree / FILE
    fields = text.load(path.read_bytes(), "")
    data = encrypt(value, [x25519.Recipient.from_str(vault.key.recipient)])
    for box in fields["sealed"].values():
        box["box"] = armour(data)
    path.write_bytes(text.dump(fields))
    forge(tree)


def test_a_false_secret_never_takes_the_place_of_the_true_one(other: Vault, tree: Path) -> None:
    false_box(tree, other, b'"mine now"')
    assert "fingerprint" in refused(other, tree).what


def test_without_the_key_it_is_said_that_boxes_were_not_opened(
    tree: Path, tmp_path: Path, means: Means
) -> None:
    def none() -> Key:
        raise NoKey("none")

    recipients = [means.key().recipient]
    place = str(tmp_path / "other")
    assert imported(make_vault(place, means, recipients), tree).unchecked == 0
    keyless = open_vault(place, Means(none, lambda: pytest.fail("no bucket here")))
    assert imported(keyless, tree, "again").unchecked == 1
    stranger = keys.create(tmp_path / "another.key")
    theirs = make_vault(
        str(tmp_path / "theirs"), Means(lambda: stranger, means.client), [stranger.recipient]
    )
    assert imported(theirs, tree).unchecked == 1
    assert theirs.reader().snapshot("back").content == keyless.reader().snapshot("again").content
