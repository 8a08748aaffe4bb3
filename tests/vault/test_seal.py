"""Secrets: sealed before they reach the disk, equal when equal, opened only with the key."""

import pickle
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from relab.errors import NoKey, RelabError
from relab.resources.item import Item
from snapshot.vault import keys
from snapshot.vault.home import FolderHome
from snapshot.vault.opening import Means, find_key, make_vault, open_vault
from snapshot.vault.seal import Sealer, unsealed
from snapshot.vault.store_local import LocalStore
from snapshot.vault.vault import Vault
from tests.vault.world import CANARY, harm, item, save_all, save_unit, saved, world

FORMS = (CANARY.encode(), CANARY.encode("utf-16-le"), CANARY.encode().hex().encode())


def every_byte(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_no_secret_is_ever_on_the_disk(vault: Vault, folder: Path) -> None:
    """Look while the save is open, the write-ahead log included, and after it."""
    with vault.saving("one", {}) as saving:
        for work in world():
            save_unit(saving, work)
            assert (folder / "catalogue.sqlite-wal").stat().st_size
            assert not any(form in every_byte(folder) for form in FORMS)
        saving.finish()
    assert not any(form in every_byte(folder) for form in FORMS)
    assert b"made.type3" in every_byte(folder), "the search sees what is in clear"


def test_a_secret_comes_back_with_the_key(vault: Vault) -> None:
    save_all(vault, "one", world(1, 1, 1))
    entry = next(vault.reader().entries(saved(vault, "one")))
    assert CANARY not in repr(entry.item)
    assert vault.unsealed(entry) == item(world()[0], 0)


def test_without_the_key_everything_else_works(vault: Vault, key_path: Path, folder: Path) -> None:
    save_all(vault, "one")
    key_path.unlink()
    environ = {keys.FILE_VARIABLE: str(key_path)}
    keyless = Vault(LocalStore(folder), FolderHome(folder), find_key(environ, lambda: None))
    assert not harm(keyless)
    assert keyless.verify("one", deep=True).recorded
    assert keyless.stats().sealed_values == 1
    with keyless.saving("two", {}) as saving:
        with saving.unit("u") as unit:
            unit.add(Item("aws", "t", "r", "plain", {}))
        with pytest.raises(NoKey, match="no key"), saving.unit("s") as unit:
            unit.add(Item("aws", "t", "r", "secret", {"a": "b"}), secrets=["/document/a"])
        saving.finish()
    plain = next(keyless.reader().entries(saved(keyless, "two")))
    assert keyless.unsealed(plain) == plain.item
    sealed = next(keyless.reader().entries(saved(keyless, "one")))
    with pytest.raises(NoKey) as caught:
        keyless.unsealed(sealed)
    assert caught.value.exit_code == 12
    assert str(key_path) in str(caught.value)


def test_another_persons_key_neither_opens_nor_seals(
    vault: Vault, folder: Path, tmp_path: Path
) -> None:
    save_all(vault, "one")
    keys.create(tmp_path / "other.key")
    find = find_key({keys.FILE_VARIABLE: str(tmp_path / "other.key")}, lambda: None)
    other = Vault(LocalStore(folder), FolderHome(folder), find)
    with pytest.raises(NoKey, match="sealed for another key"):
        other.unsealed(next(other.reader().entries(saved(other, "one"))))
    with pytest.raises(NoKey, match="sealed for another key"):
        save_all(other, "two")


def test_a_second_recipient_can_open(tmp_path: Path, key: keys.Key, means: Means) -> None:
    rescue = keys.create(tmp_path / "rescue.key")
    vault = make_vault(str(tmp_path / "v"), means, [key.recipient, rescue.recipient])
    save_all(vault, "one", world(1, 1, 1))
    entry = next(vault.reader().entries(saved(vault, "one")))
    assert unsealed(entry, lambda: rescue) == item(world()[0], 0)


def test_equal_secrets_are_equal_without_being_opened(key: keys.Key) -> None:
    sealer = Sealer((key.recipient,), key.fingerprints)
    first, second, other = sealer.seal("a"), sealer.seal("a"), sealer.seal("b")
    assert first.fingerprint == second.fingerprint != other.fingerprint
    assert first.data != second.data


def test_fingerprints_cannot_be_guessed_without_the_key(key: keys.Key, tmp_path: Path) -> None:
    stranger = keys.create(tmp_path / "stranger.key")
    mine = Sealer((key.recipient,), key.fingerprints).seal("1234")
    theirs = Sealer((key.recipient,), stranger.fingerprints).seal("1234")
    assert mine.fingerprint != theirs.fingerprint


@pytest.mark.parametrize("value", ["text", "", 7, None, ["a", {"b": 1}], {"k": "\x00\ud800"}])
def test_any_value_can_be_sealed(key: keys.Key, value: object) -> None:
    sealer = Sealer((key.recipient,), key.fingerprints)
    thing = Item("aws", "t", "r", "k", {"list": [{"a/b": {"~": value}}], "rest": 1})
    entry = sealer.entry(thing, {}, ["/document/list/0/a~1b/~0"])
    assert entry.item.document["list"][0]["a/b"]["~"].keys() == {"$sealed"}
    assert unsealed(entry, lambda: key) == thing


@pytest.mark.parametrize(
    "pointer",
    ["/document/none", "/document/list/9", "/document/list/x", "/nothing", "/document/rest/a"],
)
def test_a_pointer_that_leads_nowhere_is_an_error(key: keys.Key, pointer: str) -> None:
    sealer = Sealer((key.recipient,), key.fingerprints)
    thing = Item("aws", "t", "r", "k", {"list": [1], "rest": 1})
    with pytest.raises(RelabError, match="no value at"):
        sealer.entry(thing, {}, [pointer])


def test_a_token_that_somebody_planted_is_not_opened(vault: Vault) -> None:
    save_all(vault, "one", world(1, 1, 1))
    token = next(vault.reader().entries(saved(vault, "one"))).item.document["Password"]
    with vault.saving("two", {}) as saving:
        with saving.unit("u") as unit:
            unit.add(Item("kubernetes", "v1/ConfigMap", "c", "mine", {"data": token}))
        saving.finish()
    entry = next(vault.reader().entries(saved(vault, "two")))
    assert vault.unsealed(entry).document == {"data": token}


def test_a_sealer_travels_and_tells_no_secret(key: keys.Key) -> None:
    sealer = Sealer((key.recipient,), key.fingerprints)
    assert pickle.loads(pickle.dumps(sealer)) == sealer
    assert key.identity not in repr(key) + repr(sealer)
    assert key.identity.encode() not in pickle.dumps(sealer)
    assert repr(key.fingerprints) not in repr(sealer)


def test_the_key_is_for_its_owner_only(key: keys.Key, key_path: Path) -> None:
    del key
    assert stat.S_IMODE(key_path.stat().st_mode) == 0o600
    key_path.chmod(0o644)
    with pytest.raises(NoKey, match="chmod 600"):
        keys.load(key_path, lambda: None)


def test_a_key_is_never_overwritten(key: keys.Key, key_path: Path) -> None:
    with pytest.raises(FileExistsError):
        keys.create(key_path)
    assert keys.load(key_path, lambda: None) == key


def test_a_file_that_holds_no_key(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.touch(0o600)
    path.write_bytes(b"AGE-SECRET-KEY-1NONSENSE\n\xff")
    with pytest.raises(NoKey, match="no age identity"):
        keys.load(path, lambda: None)


def test_a_key_with_a_passphrase(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "locked.key"
    key = keys.create(path, "correct horse")
    assert key.identity.encode() not in path.read_bytes()
    with pytest.raises(NoKey, match="passphrase is wrong"):
        keys.load(path, lambda: "battery staple")
    with pytest.raises(NoKey, match=keys.PASSPHRASE_VARIABLE):
        keys.load(path, lambda: None)
    environ = {keys.FILE_VARIABLE: str(path), keys.PASSPHRASE_VARIABLE: "correct horse"}
    means = Means(find_key(environ, lambda: None), lambda: pytest.fail("no bucket here"))
    make_vault(str(folder), means, [key.recipient])
    save_all(open_vault(str(folder), means), "one", world(1, 1, 1))


@pytest.mark.skipif(not shutil.which("age"), reason="age is not on this machine")
def test_age_itself_opens_a_box(key: keys.Key, key_path: Path) -> None:
    box = Sealer((key.recipient,), key.fingerprints).seal("hello")
    done = subprocess.run(
        ["age", "-d", "-i", str(key_path)], input=box.data, capture_output=True, check=True
    )
    assert done.stdout == b'"hello"'
