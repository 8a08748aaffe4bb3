"""aws-nuke is found where a person says, and taken only when its version is one that is known."""

import os
import re
from pathlib import Path

import pytest

from relab.errors import RelabError, UsageError
from relab.nuke import binary
from relab.nuke.binary import PINNED, find, install, installed, probe
from tests.nuke.world import script

GOOD = f"echo 'aws-nuke version {PINNED}'"


def path_of(folder: Path) -> dict[str, str]:
    return {"PATH": str(folder)}


def test_the_one_that_the_profile_names_comes_first(tmp_path: Path) -> None:
    script(tmp_path, ["echo 'aws-nuke version 3.65.0'"])
    named = script(tmp_path, [GOOD], "mine")
    assert find(str(named), path_of(tmp_path)).path == named
    assert find(None, path_of(tmp_path)).version == (3, 65, 0)


def test_the_installed_one_is_taken_where_the_one_on_path_does_not_do(tmp_path: Path) -> None:
    script(tmp_path, ["echo 'aws-nuke version 3.1.0'"])
    with pytest.raises(RelabError, match=r"aws-nuke 3\.1\.0 is not supported"):
        find(None, path_of(tmp_path))
    installed().parent.mkdir(parents=True)
    script(installed().parent, [GOOD])
    assert find(None, path_of(tmp_path)).path == installed()


def test_none_at_all(tmp_path: Path) -> None:
    with pytest.raises(RelabError, match="not on this machine") as error:
        find(None, path_of(tmp_path))
    assert error.value.fix == "relab nuke install"


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (["echo 'aws-nuke version 3.0.0-dev'"], "3.0.0-dev is not supported"),
        (["echo 'aws-nuke version 4.0.0'"], "4.0.0 is not supported"),
        (["echo 'version: v2.15.0'"], "2.15.0 is not supported"),
        (["echo 'hello'"], "this is no aws-nuke: it says 'hello'"),
        (["exit 1"], "this is no aws-nuke"),
        (["printf '\\033[2J\\377'"], "this is no aws-nuke"),
    ],
)
def test_a_wrong_version_is_named(tmp_path: Path, lines: list[str], what: str) -> None:
    with pytest.raises(RelabError) as error:
        probe(script(tmp_path, lines))
    assert what in str(error.value)
    assert "relab nuke install" in error.value.fix


def test_one_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binary, "_SECONDS", 0.2)
    with pytest.raises(RelabError, match="does not answer"):
        probe(script(tmp_path, ["sleep 5"]))


def test_a_folder_is_no_aws_nuke(tmp_path: Path) -> None:
    with pytest.raises(RelabError, match="cannot be run"):
        probe(tmp_path)


def test_version_2_prints_text_only(tmp_path: Path) -> None:
    found = probe(script(tmp_path, ["echo 'version:     v2.16.0'"]))
    assert (found.told, found.structured) == ("2.16.0", False)


def test_it_is_asked_without_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    seen = tmp_path / "seen"
    probe(script(tmp_path, [f"env > {seen}", GOOD]))
    assert "canary" not in seen.read_text()


def test_without_go_it_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no Go on this machine") as error:
        install(path_of(tmp_path))
    assert "nuke.binary" in error.value.fix
    assert not installed().exists()


def test_what_go_says_when_it_fails_is_told_and_nothing_stays(tmp_path: Path) -> None:
    script(tmp_path, ["echo >&2 'verifying module: checksum mismatch'; exit 1"], "go")
    with pytest.raises(RelabError, match="checksum mismatch"):
        install(path_of(tmp_path))
    assert [one.name for one in installed().parent.iterdir()] == [".lock"]


def test_go_is_told_to_change_nothing_of_what_is_pinned(tmp_path: Path) -> None:
    """A stand-in for Go writes down how it was called, and makes what was asked for."""
    made = f"#!/bin/sh\\n{GOOD.replace(chr(39), chr(34))}\\n"
    call = f'echo "$GOFLAGS $GOWORK $PWD $*" > {tmp_path}/call'
    script(
        tmp_path,
        [call, f"for a; do last=$o; o=$a; done; printf '{made}' > $last; chmod +x $last"],
        "go",
    )
    environ = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    found = install(environ)
    assert found.path == installed()
    called = (tmp_path / "call").read_text()
    assert called.startswith("-mod=readonly off ")
    assert called.rstrip().endswith(binary.MODULE)
    (tmp_path / "go").unlink()
    assert install(path_of(tmp_path)) == found


def test_the_module_pins_the_version_with_its_checksums() -> None:
    folder = Path(binary.__file__).parent / "module"
    pins = re.findall(rf"{binary.MODULE} v(\S+)", (folder / "go.mod").read_text())
    assert pins == [PINNED]
    sums = (folder / "go.sum").read_text()
    assert f"{binary.MODULE} v{PINNED} h1:" in sums
