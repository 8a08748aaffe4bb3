"""YAML that is read as JSON the second time: the same data, and never another text's."""

import os
from pathlib import Path

import pytest
import yaml

from relab import paths
from relab.lab.loader import ROOT
from relab.parsed import NotYaml, parsed

TEXTS = (Path("tui/texts"), Path("relab/checks/texts"))
SHIPPED = [ROOT / "lab-1-1" / "lab.yaml", *(file for at in TEXTS for file in at.glob("*.yaml"))]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return paths.cache_dir() / "parsed"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "some.yaml"
    path.write_text("a: [1, 2]\n")
    return path


def test_all_that_ships_is_kept_under_a_name_of_its_own(cache: Path) -> None:
    fresh = [parsed(path) for path in SHIPPED]
    assert len(SHIPPED) == len(list(cache.iterdir())) == 5
    assert fresh == [yaml.safe_load(path.read_text("utf-8")) for path in SHIPPED]
    assert fresh == [parsed(path) for path in SHIPPED]


def test_the_second_reading_parses_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = parsed(file)
    monkeypatch.setattr(yaml, "load", None)
    assert parsed(file) == first


def test_a_changed_text_is_parsed_anew(file: Path, cache: Path) -> None:
    assert parsed(file) == {"a": [1, 2]}
    at = file.stat()
    file.write_text("a: [1, 3]\n")
    os.utime(file, ns=(at.st_atime_ns, at.st_mtime_ns))
    assert parsed(file) == parsed(file) == {"a": [1, 3]}
    assert len(list(cache.iterdir())) == 1


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff", b'{"text": 1}', b'{"data": 1}'])
def test_a_damaged_cache_is_made_anew(file: Path, cache: Path, damage: bytes) -> None:
    parsed(file)
    (kept,) = cache.iterdir()
    kept.write_bytes(damage)
    assert parsed(file) == {"a": [1, 2]}
    assert kept.read_bytes().endswith(b'{"a": [1, 2]}}')


def test_a_cache_that_cannot_be_written_is_no_error(file: Path, cache: Path) -> None:
    cache.parent.parent.mkdir()
    cache.parent.write_text("a file in its way")
    assert parsed(file) == parsed(file) == {"a": [1, 2]}


@pytest.mark.parametrize("text", ["2026-01-02", "1: one", "[.nan]"])
def test_what_is_no_json_is_parsed_each_time(file: Path, cache: Path, text: str) -> None:
    file.write_text(text)
    assert repr(parsed(file)) == repr(parsed(file)) == repr(yaml.safe_load(text))
    assert not cache.exists()


@pytest.mark.parametrize(
    ("raw", "line", "what"),
    [
        (b"a: b\nc: [", 3, "not YAML"),
        (b"a: \x01", 1, "cannot be read"),
        (b"\xff", 1, "cannot be read"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(
    file: Path, raw: bytes, line: int, what: str
) -> None:
    file.write_bytes(raw)
    with pytest.raises(NotYaml, match=what) as caught:
        parsed(file)
    assert caught.value.line == line
