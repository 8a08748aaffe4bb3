"""Dumps of databases say the names that hold where they are loaded."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from relab.sandbox.session import Session
from restore.data import dumps, wording
from restore.trouble import NotDone
from snapshot.data.dumps import DUMP
from snapshot.data.restrict import key_for
from snapshot.vault.seal import Sealer
from snapshot.vault.vault import Vault
from tests.restore.pouring import Cellar
from tests.restore.test_data_cluster import needs_postgres, open_cellar, save

__all__ = ["open_cellar"]
OLD, NEW = "mlops-training-user07", "acme-mlops-training-user07"
SEALER = Sealer((), b"key")


def say(text: str) -> str:
    return text.replace(OLD, NEW)


def cut(text: bytes, size: int) -> Iterator[bytes]:
    yield from (text[at : at + size] for at in range(0, len(text), size))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_every_line_is_said_anew_wherever_chunks_cut_it(size: int) -> None:
    text = f"\\restrict abc\nCOPY a\n1\ts3://{OLD}/ü/a\n\\unrestrict abc\nlast {OLD}"
    found = b"".join(wording.said(cut(text.encode(), size), say, SEALER, "ns/name"))
    key = key_for(SEALER.fingerprints, "ns/name")
    assert found.decode() == say(text).replace("abc", key)
    assert wording.digest(cut(found, size)) == hashlib.sha256(found).hexdigest()


def test_bytes_that_are_no_text_stay_as_they_are() -> None:
    raw = b"a\xff\xfe\n" + OLD.encode()
    assert b"".join(wording.said([raw], say, SEALER, "n")) == b"a\xff\xfe\n" + NEW.encode()


def test_a_dump_that_is_no_text_is_not_loaded() -> None:
    with pytest.raises(NotDone, match="no text"):
        list(wording.said([b"PGDMP\0\1"], say, SEALER, "n"))


@needs_postgres
def test_a_database_gets_the_new_names_and_is_what_it_should_be(
    changeable: Session, vault: Vault, open_cellar: Cellar
) -> None:
    save(vault, changeable, DUMP)
    vessel = open_cellar.vessel(changeable.profile, DUMP, "mlflow-system")
    vessel = replace(vessel, saying=lambda _: say)
    done = dumps.pour(vessel)
    assert done.failed == ()
    assert done.made >= 1
    assert dumps.pour(vessel).made == 0
    second = save(vault, changeable, DUMP, "two")
    assert second
    entries = {e.item.key: e for e in vault.reader().entries(vault.reader().snapshot("two"))}
    blob = entries["mlflow-system/mlflow-user07"].blobs["dump"]
    text = b"".join(vault.blob(blob.digest)).decode()
    assert f"s3://{NEW}/" in text
    assert f"s3://{OLD}/" not in text
