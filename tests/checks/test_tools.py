"""A tool's version is asked once for as long as the files that decide it stay."""

import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relab.checks import tools
from relab.checks.toolfile import decided_by
from relab.paths import cache_dir

Install = Callable[[str, str], Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return what writes program `name` with `text`, the only ones on PATH beside sh and env."""
    folder = tmp_path / "place/bin"
    folder.mkdir(parents=True)
    (tmp_path / "place/lib/python3.11/site-packages").mkdir(parents=True)
    monkeypatch.setenv("PATH", str(folder))

    def program(name: str, text: str) -> Path:
        path = folder / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return program


def python(version: str, log: Path) -> str:
    """Return a Python script that says `version` and leaves a line in `log`."""
    says = f"print({version!r}); open({str(log)!r}, 'a').write('x')"
    return f"#!{sys.executable}\nimport sys\n{says}\n"


def test_a_version_is_asked_once_until_its_script_or_packages_change(
    install: Install, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    script = install("aws", python("aws-cli/2", log))
    first, second = tools.versions(), tools.versions()
    assert (first["aws"], second["aws"], log.read_text()) == ("aws-cli/2", "aws-cli/2", "x")
    assert tools.REMEMBERED not in first
    assert list(second[tools.REMEMBERED]) == ["aws"]
    assert (second["kubectl"], second["git"]) == (None, None)
    (tmp_path / "place/lib/python3.11/site-packages/awscli-3.dist-info").mkdir()
    assert tools.REMEMBERED not in tools.versions()
    assert tools.REMEMBERED in tools.versions()
    script.write_text(python("aws-cli/3", log))
    assert tools.versions()["aws"] == "aws-cli/3"
    assert log.read_text() == "xxx"


def test_what_is_forgotten_or_unreadable_is_asked_again(install: Install, tmp_path: Path) -> None:
    log = tmp_path / "log"
    install("aws", python("aws-cli/2", log))
    tools.versions()
    kept = cache_dir() / "tools.json"
    for garbage in ("", "[]", '{"aws": 1}', '{"aws": {"files": [["x"]], "said": "a"}}', "\x00"):
        kept.write_text(garbage)
        assert tools.versions()["aws"] == "aws-cli/2"
    tools.forget()
    assert not kept.exists()
    assert tools.REMEMBERED not in tools.versions()
    assert log.read_text() == "x" * 7


def test_nothing_is_remembered_where_nothing_can_be_written(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    install("aws", python("aws-cli/2", tmp_path / "log"))
    assert [tools.versions()["aws"], tools.versions()["aws"]] == ["aws-cli/2"] * 2
    assert (tmp_path / "log").read_text() == "xx"


def test_a_broken_tool_is_never_remembered(install: Install) -> None:
    install("aws", f"#!{sys.executable}\nraise SystemExit(1)\n")
    assert [tools.versions(), tools.versions()] == [{"aws": "", "kubectl": None, "git": None}] * 2


SCRIPTS = {
    "picks": "#!/bin/sh\nexec /opt/$CHOICE/aws\n",
    "env": "#!/usr/bin/env python3\n",
    "empty": "",
}


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_that_may_pick_another_program_is_unknown(install: Install, text: str) -> None:
    assert decided_by(str(install("aws", text))) == ()


def test_a_python_that_looks_elsewhere_is_unknown(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = str(install("aws", python("aws-cli/2", tmp_path / "log")))
    assert decided_by(script)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert decided_by(script) == ()


def test_a_program_is_known_by_its_own_name_only(tmp_path: Path) -> None:
    true = shutil.which("true", path=os.defpath) or sys.executable
    shutil.copy(true, tmp_path / "kubectl-1.32")
    shutil.copy(true, tmp_path / "snap")
    link = tmp_path / "kubectl"
    link.symlink_to(tmp_path / "kubectl-1.32")
    ((path, *_),) = decided_by(str(link))
    assert path == str(tmp_path / "kubectl-1.32")
    link.unlink()
    link.symlink_to(tmp_path / "snap")
    assert decided_by(str(link)) == ()


@pytest.mark.parametrize("manager", ["pyenv", "asdf"])
def test_a_shim_is_asked_where_it_leads(install: Install, tmp_path: Path, manager: str) -> None:
    real = tmp_path / "real/bin/aws"
    real.parent.mkdir(parents=True)
    (tmp_path / "real/lib/python3.11/site-packages").mkdir(parents=True)
    real.write_text(python("aws-cli/2", tmp_path / "log"))
    chooser = install(manager, f'#!/bin/sh\n[ "$1 $2" = "which aws" ] && echo {real}\n')
    shim = install("aws", f'#!/bin/sh\nset -e\nexec "{chooser}" exec "$program" "$@"\n')
    found: list[Any] = [path for path, *_ in decided_by(str(shim))]
    assert found[:2] == [str(shim), str(real)]
    install(manager, "#!/bin/sh\nexit 1\n")
    assert decided_by(str(shim)) == ()
    install(manager, f"#!/bin/sh\necho {shim}\n")
    assert decided_by(str(shim)) == ()


def test_a_shim_is_asked_with_the_variables_that_it_sets(install: Install, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "aws"
    real.parent.mkdir()
    real.write_bytes(b"\x7fELF")
    manager = install("pyenv", f'#!/bin/sh\n[ "$PYENV_ROOT" = /its/own ] && echo {real}\n')
    text = f'#!/bin/sh\nexport PYENV_ROOT="/its/own"\nexec "{manager}" exec "$program" "$@"\n'
    shim = install("aws", text)
    assert [path for path, *_ in decided_by(str(shim))] == [str(shim), str(real)]


def test_what_was_begun_early_is_heard_once(install: Install, tmp_path: Path) -> None:
    install("aws", f"#!/bin/sh\necho x >> {tmp_path}/log\necho aws-cli/2\n")
    tools.hear_early()
    assert tools.versions() == {"aws": "aws-cli/2", "kubectl": None, "git": None}
    assert (tmp_path / "log").read_text() == "x\n"
    assert tools.versions()["aws"] == "aws-cli/2"
    assert (tmp_path / "log").read_text() == "x\nx\n"
