"""The lab in a real terminal: starts, moves, copies, quits, and leaves everything as it was."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import clean_environ
from tests.tui.terminal import PATIENCE, Terminal, terminal

pytestmark = [
    pytest.mark.tmux,
    pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed"),
]
RELAB = str(Path(sys.executable).with_name("relab"))
_OF_THIS_TERMINAL = {"TMUX", "COLUMNS", "LINES", "TERM"}
SIZES = {"80x24": (80, 24), "120x36": (120, 36)}


def environ(home: Path, **more: str) -> dict[str, str]:
    """Return the environment of a person at a fresh machine."""
    kept = {key: value for key, value in clean_environ().items() if key not in _OF_THIS_TERMINAL}
    own = {"HOME": str(home), "LANG": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true"}
    return kept | own | more


def real_profile(home: Path, **more: str) -> dict[str, str]:
    """Return an environment whose profile has no sandbox, and no credentials."""
    return environ(home, RELAB_PROFILE="ha-mlops", **more)


def processes_of(home: Path) -> list[str]:
    """Return the command lines that live in `home`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"HOME={home}".encode() in variables and b"relab" in b" ".join(words):
            found.append(b" ".join(words).decode())
    return found


def all_gone(home: Path) -> bool:
    deadline = time.monotonic() + PATIENCE
    while processes_of(home) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not processes_of(home)


WORDS = {
    "ko": ("필수 도구 확인", "내 번호와 환경 변수", "다음 단계로"),
    "en": ("Tools", "Your number and variables", "Go to the next step"),
}


@pytest.mark.parametrize("size", sorted(SIZES))
@pytest.mark.parametrize("language", sorted(WORDS))
def test_a_session_in_a_real_terminal(home: Path, tmp_path: Path, size: str, language: str) -> None:
    first, second, help_words = WORDS[language]
    command = f"{RELAB} --tenant 07 --lang {language}"
    with terminal(tmp_path, command, SIZES[size], real_profile(home)) as screen:
        screen.wait(f"0.1 {first}", "aws --version")
        screen.keys("1")
        screen.wait("tmux")
        assert screen.tmux("show-buffer").startswith("aws --version")
        screen.keys("Right")
        screen.wait(f"0.2 {second} (")
        screen.keys("?")
        screen.wait(help_words)
        screen.keys("Escape")
        screen.gone(help_words)
        screen.keys("q")
        ended_well(screen, 0)
    assert all_gone(home)


def ended_well(screen: Terminal, code: int) -> None:
    """Check the exit code, the main screen, and a terminal that echoes again."""
    shown = screen.wait(f"ended with {code}", "\necho")
    assert "╭" not in shown
    assert "Traceback" not in shown
    assert screen.tmux("display", "-p", "-t", "lab", "#{alternate_on} #{mouse_any_flag}") == "0 0\n"


@pytest.mark.parametrize("moment", ["picker", "lab", "help"])
def test_ctrl_c_ends_cleanly_at_any_moment(home: Path, tmp_path: Path, moment: str) -> None:
    tenant = "" if moment == "picker" else "--tenant 07"
    with terminal(tmp_path, f"{RELAB} {tenant} --lang en", (100, 30), real_profile(home)) as screen:
        if moment == "picker":
            screen.wait("Which number are you?")
        else:
            screen.wait("0.1 Tools")
        if moment == "help":
            screen.keys("F1")
            screen.wait("Type to search")
        screen.keys("C-c")
        ended_well(screen, 130)
    assert all_gone(home)


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP"])
def test_signals_end_it_with_their_code(home: Path, tmp_path: Path, name: str) -> None:
    number = getattr(signal, f"SIG{name}")
    command = f"{RELAB} --tenant 07 --lang en"
    with terminal(tmp_path, command, (100, 30), real_profile(home)) as screen:
        screen.wait("0.1 Tools")
        pid = screen.tmux("display", "-p", "-t", "lab", "#{pane_pid}").strip()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(children[0]), number)
        ended_well(screen, 128 + number)
    assert all_gone(home)


def test_jamo_of_the_input_method_work_as_keys(home: Path, tmp_path: Path) -> None:
    with terminal(tmp_path, f"{RELAB} --tenant 07", (120, 36), real_profile(home)) as screen:
        screen.wait("0.1 필수 도구 확인 (")
        screen.keys("ㅜ")
        screen.wait("0.2 내 번호와 환경 변수 (")
        screen.keys("ㅣ")
        screen.wait("Your number and variables (")
        screen.keys("ㅂ")
        ended_well(screen, 0)


def test_a_small_terminal_says_so_and_recovers(home: Path, tmp_path: Path) -> None:
    command = f"{RELAB} --tenant 07 --lang en"
    with terminal(tmp_path, command, (60, 15), real_profile(home)) as screen:
        screen.wait("Terminal too small (60x15)")
        screen.tmux("resize-window", "-t", "lab", "-x", "80", "-y", "24")
        screen.wait("0.1 Tools", "Live")
        screen.tmux("resize-window", "-t", "lab", "-x", "50", "-y", "24")
        screen.wait("Terminal too small (50x24)")
        screen.keys("C-c")
        ended_well(screen, 130)


def test_a_wrong_tenant_or_profile_is_one_line(home: Path, tmp_path: Path) -> None:
    for command, words in (
        (f"{RELAB} --tenant 99", "no tenant '99'"),
        (f"RELAB_PROFILE=nowhere {RELAB}", "no profile 'nowhere'"),
    ):
        with terminal(tmp_path, command, (120, 36), real_profile(home)) as screen:
            shown = screen.wait("ended with 2")
            assert words in shown
            assert "Traceback" not in shown


def test_a_home_that_cannot_be_written_costs_only_the_resume(home: Path, tmp_path: Path) -> None:
    (home / ".local").write_text("not a folder")
    command = f"{RELAB} --tenant 07 --lang en"
    with terminal(tmp_path, command, (120, 36), real_profile(home)) as screen:
        screen.wait("0.1 Tools", "The state folder cannot be written")
        screen.keys("Right")
        screen.wait("0.2 Your number")
        screen.keys("q")
        ended_well(screen, 0)


def test_no_colour_means_no_colour(home: Path, tmp_path: Path) -> None:
    command = f"{RELAB} --tenant 07 --lang en"
    with terminal(tmp_path, command, (120, 36), real_profile(home, NO_COLOR="1")) as screen:
        screen.wait("0.1 Tools", "aws --version")
        coloured = screen.tmux("capture-pane", "-pe", "-t", "lab")
        assert "\x1b[38" not in coloured
        assert "\x1b[48" not in coloured
        screen.keys("q")


def test_the_lab_resumes_where_it_was_left(home: Path, tmp_path: Path) -> None:
    for step, key in (("0.1", "Right"), ("0.2", "Right"), ("0.3", "q")):
        with terminal(tmp_path, f"{RELAB} --tenant 07", (120, 36), real_profile(home)) as screen:
            screen.wait(f"─ {step} ")
            screen.keys(key)
            if key == "Right":
                screen.wait("─ 0.2 " if step == "0.1" else "─ 0.3 ")
                screen.keys("q")
            ended_well(screen, 0)


def test_the_sandbox_comes_up_breaks_and_goes_with_the_lab(home: Path, tmp_path: Path) -> None:
    fresh = environ(home, AWS_ACCESS_KEY_ID="AKIAOFSOMEBODYELSE00", KUBECONFIG="/nowhere")
    with terminal(tmp_path, f"{RELAB} --tenant 07 --lang en", (120, 36), fresh) as screen:
        screen.wait("0.1 Tools", "aws --version")
        screen.wait("✓ 1.1 Namespace", "✓ 3.1 S3 bucket")
        screen.keys("F2", *["Down"] * 5, "Enter")
        screen.wait("─ 1.1 Namespace", "kubectl get namespace kubeflow-user07")
        sandbox("break", "no-namespace", home)
        screen.wait("regressed", "There is no namespace")
        sandbox("mend", "no-namespace", home)
        screen.gone("regressed")
        screen.keys("q")
        ended_well(screen, 0)
    assert all_gone(home)


def sandbox(word: str, fault: str, home: Path) -> None:
    command = [RELAB, "sandbox", word, fault, "--tenant", "07"]
    subprocess.run(command, check=True, env=environ(home), capture_output=True)


@pytest.mark.parametrize(
    "more", [pytest.param({}, id="no terminal"), pytest.param({"TERM": "dumb"}, id="dumb")]
)
def test_without_a_terminal_the_report_is_printed_and_nothing_stays(
    home: Path, more: Mapping[str, str]
) -> None:
    done = subprocess.run(
        [RELAB, "--lang", "en"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environ(home, **more),
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "user01" in done.stdout
    assert "\x1b" not in done.stdout
    assert "sandbox" in done.stderr
    assert all_gone(home)


def test_a_dumb_terminal_gets_the_report_too(home: Path, tmp_path: Path) -> None:
    command = f"TERM=dumb {RELAB} --tenant 99"
    with terminal(tmp_path, command, (120, 36), environ(home)) as screen:
        assert "no tenant '99'" in screen.wait("ended with 2")


def test_nothing_outlives_a_killed_lab(home: Path, tmp_path: Path) -> None:
    command = f"{RELAB} --tenant 07 --lang en"
    with terminal(tmp_path, command, (120, 36), environ(home)) as screen:
        screen.wait("✓ 1.1 Namespace")
        pid = screen.tmux("display", "-p", "-t", "lab", "#{pane_pid}").strip()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        screen.wait("ended with 137")
    assert all_gone(home)
