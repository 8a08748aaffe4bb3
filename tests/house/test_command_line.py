import subprocess
import sys
from importlib import import_module

import click
import pytest

from relab.cli import COMMANDS
from relab.cli import relab as root

HEAVY = ("textual", "boto3", "botocore", "kubernetes", "pydantic", "moto", "aiohttp")
PROBE = """
import sys
sys.argv = ["relab", *sys.argv[1:]]
from relab.cli import main
try:
    main()
except SystemExit as end:
    loaded = [name for name in %r if name in sys.modules]
    sys.exit(f"loaded {loaded}" if loaded else end.code)
"""


def relab(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "relab", *words], capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], ["check", "--help"], ["snapshot", "--help"]]
)
def test_help_and_version_load_no_sdk(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE % (HEAVY,), *words], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_every_command_says_what_it_does() -> None:
    def walk(command: click.Command) -> None:
        assert command.get_short_help_str(), command.name
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                assert child, name
                walk(child)

    for name in COMMANDS:
        walk(import_module(f"relab.cli.{name}").command)
    assert root.list_commands(click.Context(root)) == list(COMMANDS)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nonsense"], 2, "No such command 'nonsense' -> see relab --help"),
        (["profile", "--nonsense"], 2, "profile: No such option"),
        (["profile", "init"], 2, "profile init: Missing argument 'NAME'"),
        (["--lang", "fr"], 2, "--lang: no language 'fr'"),
        (["profile", "validate", "nowhere"], 2, "no profile 'nowhere'"),
        (["profile", "validate", "./none.yaml"], 2, "no profile './none.yaml'"),
        (["profile", "init", "x"], 2, "--account"),
    ],
)
def test_bad_input_is_one_clear_line(words: list[str], code: int, said: str) -> None:
    done = relab(*words)
    assert done.returncode == code
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert " -> " in done.stderr
    assert done.stdout == ""


def test_a_closed_pipe_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m relab profile schema | head -1",
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
