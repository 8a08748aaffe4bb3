"""What is loaded when: nothing heavy before the first frame, nothing at all for --version."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("boto3", "botocore", "kubernetes", "sqlite_utils", "moto", "aiohttp", "pydantic")
BESIDE = ("snapshot", "restore", "relab.cycle", "relab.nuke", "relab.events.every", "tui.desk")
FIRST_FRAME = """
import asyncio, json, os, sys
os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"
from tui.app import RelabApp
from tui.options import Options

loaded = {}

class Watched(RelabApp):
    def on_ready(self):
        loaded["names"] = sorted(sys.modules)
        self.exit(0)

async def main():
    app = Watched(Options(tenant="07", live=True))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()

asyncio.run(main())
print(json.dumps(loaded["names"]))
"""


def loaded_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    return set(done.stdout.split("\n")[-2].replace('"', "").strip("[]").split(", "))


def test_the_first_frame_needs_no_cloud_no_store_and_no_pydantic() -> None:
    names = loaded_by(FIRST_FRAME)
    assert "textual.app" in names
    assert not names & set(HEAVY)


def test_the_first_frame_loads_nothing_of_saves_restores_and_wipes() -> None:
    assert not loaded_by(FIRST_FRAME) & set(BESIDE)


def test_the_second_first_frame_needs_no_yaml_parser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert "yaml" in loaded_by(FIRST_FRAME)
    assert "yaml" not in loaded_by(FIRST_FRAME)


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_neither_screen_nor_cloud(option: str) -> None:
    code = (
        f"import sys; sys.argv = ['relab', '{option}']\n"
        "from relab.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(', '.join(sorted(sys.modules)))"
    )
    names = loaded_by(code)
    assert "relab.cli" in names
    assert not names & {"textual", "rich", *HEAVY}


def test_the_worker_never_lives_in_this_process() -> None:
    code = "import sys, tui.live, tui.app, relab.cli.open\nprint(', '.join(sorted(sys.modules)))"
    assert not loaded_by(code) & {"relab.checks.engine", "relab.checks.probe", *HEAVY}
