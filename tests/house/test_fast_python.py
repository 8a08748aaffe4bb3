"""The Python that the environment is built with is uv's own choice, or one that is much faster."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

FIND = Path(__file__).parents[2] / "scripts" / "fast-python"
WANTED = ">=3.11"


def program(path: Path, lines: str) -> str:
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)
    return str(path)


def python(path: Path, seconds: str) -> str:
    """Make what tells of itself, and takes so long for the loop."""
    tells = f"*realpath*) echo {path};; *version_info*) echo 3.77;;"
    asked = f'case "$*" in {tells} *) echo {seconds};; esac'
    return program(path, asked)


def chosen(folder: Path, ours: str, *others: str, **kind: str) -> str:
    plain = {"implementation": "cpython", "variant": "default", **kind}
    listed = json.dumps([{"path": path, **plain} for path in (ours, *others)])
    answers = (
        f"case \"$2 $6\" in find*) echo {ours};; 'list 3.77' | 'list ') echo '{listed}';; esac"
    )
    words = (sys.executable, str(FIND), program(folder / "uv", answers), WANTED)
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(("seconds", "taken"), [("0.5", True), ("0.95", False), ("2", False)])
def test_another_is_taken_only_when_it_is_much_faster(
    tmp_path: Path, seconds: str, taken: bool
) -> None:
    ours, other = python(tmp_path / "ours", "1"), python(tmp_path / "other", seconds)
    assert chosen(tmp_path, ours, other) == (other if taken else WANTED)


def test_one_of_another_kind_is_not_taken(tmp_path: Path) -> None:
    ours, other = python(tmp_path / "ours", "1"), python(tmp_path / "other", "0.1")
    assert chosen(tmp_path, ours, other, variant="freethreaded") == WANTED


def test_what_does_not_run_is_passed_by(tmp_path: Path) -> None:
    ours, other = python(tmp_path / "ours", "1"), program(tmp_path / "other", "exit 1")
    assert chosen(tmp_path, ours, other, str(tmp_path / "none")) == WANTED


def test_where_uv_does_not_tell_its_choice_none_is_taken_in_its_place(tmp_path: Path) -> None:
    other = python(tmp_path / "other", "0.1")
    assert chosen(tmp_path, "", other) == WANTED


def test_without_any_python_uv_decides(tmp_path: Path) -> None:
    words = (sys.executable, str(FIND), str(tmp_path / "no-uv"), WANTED)
    run = subprocess.run(words, capture_output=True, text=True, check=True)
    assert (run.stdout.strip(), run.stderr) == (WANTED, "")
