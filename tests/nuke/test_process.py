"""An aws-nuke that misbehaves comes to a clear end, and nothing is claimed that is not so."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from relab.clouds.aws import Keys
from relab.errors import RelabError
from relab.nuke import guardian
from relab.nuke.lines import Line, Row, Unknown, Wrong, read_json
from relab.nuke.process import Heard, Limits, Reading, environment, private, run
from relab.sandbox.process import process as running
from tests.nuke.world import script
from tests.waiting import eventually

LIMITS = Limits(seconds=60, silent=60, rounds=5)
SECRET = "canary/secret+key"


def said(**parts: Any) -> str:
    text = json.dumps({"level": "info", "msg": "", **parts})
    return f"cat <<'EOF'\n{text}\nEOF"


def scan(total: int) -> str:
    return said(msg=f"Scan complete: {total} total, {total} nukeable, 0 filtered.\n")


def thing(name: str, state: str = "new", code: int = 0) -> str:
    return said(owner="global", type="IAMUser", name=name, state=state, state_code=code)


def turn(waiting: int, finished: int) -> str:
    text = f"Removal requested: {waiting} waiting, 0 failed, 0 skipped, {finished} finished\n\n"
    return said(msg=text)


def hear(
    folder: Path, lines: Sequence[str], limits: Limits = LIMITS, reading: Reading | None = None
) -> tuple[list[Line], Heard]:
    found = run([str(script(folder, lines))], os.environ, reading or Reading(read_json), limits)
    seen: list[Line] = []
    while True:
        try:
            seen.append(next(found))
        except StopIteration as end:
            return seen, end.value


def test_a_dry_run_that_is_as_it_should_be(tmp_path: Path) -> None:
    lines = [thing("a"), thing("b", "filtered", 7), scan(2)]
    seen, heard = hear(tmp_path, lines)
    assert heard.problems() == ()
    assert [row.name for row in heard.to_go()] == ["a"]
    assert [row.name for row in heard.kept()] == ["b"]
    assert len(seen) == 3
    assert (heard.code, heard.ended) == (0, "")


@pytest.mark.parametrize(
    ("lines", "overlooked"),
    [
        ([thing("a", "new-dependency", 1), thing("b", "filtered", 7), scan(2)], True),
        ([thing("a", "new-dependency", 1), thing("b"), scan(2)], False),
        ([thing("a", "new-dependency", 1), scan(1), thing("a", "finished", 8), turn(0, 1)], False),
        ([thing("a", "filtered", 7), scan(1)], False),
        ([thing("a", "new-dependency", 1), scan(2)], False),
        ([thing("a", "new-dependency", 1), scan(1), "exit 1"], False),
    ],
)
def test_what_only_depends_on_others_is_overlooked(
    tmp_path: Path, lines: Sequence[str], overlooked: bool
) -> None:
    _, heard = hear(tmp_path, lines)
    assert heard.overlooked() is overlooked


def test_a_listing_that_failed_is_a_problem_although_it_ends_with_0(tmp_path: Path) -> None:
    wrong = said(level="error", msg="listing failed:\n x", resource_type="S3Bucket")
    seen, heard = hear(tmp_path, [wrong, scan(0)])
    assert heard.code == 0
    assert heard.problems() == ("S3Bucket: listing failed: x",)
    assert isinstance(seen[0], Wrong)


def test_a_scan_that_names_fewer_than_it_counts_is_a_problem(tmp_path: Path) -> None:
    _, heard = hear(tmp_path, [thing("a"), scan(2)])
    assert heard.problems() == ("it counted 2 things and named 1",)


def test_rubbish_is_a_problem(tmp_path: Path) -> None:
    seen, heard = hear(
        tmp_path, ["printf 'rub\\033[2Jbish\\377\\n'", "echo >&2 'panic: x'", scan(0)]
    )
    assert len([line for line in seen if isinstance(line, Unknown)]) == 2
    assert len(heard.problems()) == 2


def test_a_run_that_says_nothing_is_no_success(tmp_path: Path) -> None:
    _, heard = hear(tmp_path, ["exit 0"])
    assert heard.problems() == ("it did not say that its scan was complete",)


def test_an_exit_code_is_told(tmp_path: Path) -> None:
    _, heard = hear(tmp_path, [scan(0), "exit 3"])
    assert heard.problems() == ("it ended with exit code 3",)


def test_killed_half_way(tmp_path: Path) -> None:
    lines = [thing("a"), scan(1), thing("a", "pending", 3), "kill -9 $$"]
    _, heard = hear(tmp_path, lines)
    assert heard.ended == f"it was killed by signal {signal.SIGKILL.value}"
    assert heard.problems()
    assert not heard.finished
    assert [row.name for row in heard.unfinished()] == ["a"]


def test_one_that_loops_is_ended(tmp_path: Path) -> None:
    lines = [scan(0), "while true; do", turn(4, 1), "sleep 0.01; done"]
    _, heard = hear(tmp_path, lines)
    assert heard.ended == "it went round 5 times without getting on, and was ended"


def test_one_that_gets_on_is_not_ended_for_looping(tmp_path: Path) -> None:
    rounds = [turn(10 - number, number) for number in range(11)]
    _, heard = hear(tmp_path, [scan(0), *rounds])
    assert heard.problems() == ()
    assert heard.finished


def test_one_that_asks_a_question_gets_no_answer(tmp_path: Path) -> None:
    """It reads the end of the file at once, and its question is no line that is known."""
    question = "echo 'Do you want to continue? Enter account alias to continue.'"
    lines = [question, 'if read -r answer; then echo "got $answer"; else exit 1; fi']
    _, heard = hear(tmp_path, lines)
    assert heard.code == 1
    assert any("Do you want to continue?" in problem for problem in heard.problems())


def test_one_that_says_nothing_any_more_is_ended(tmp_path: Path) -> None:
    _, heard = hear(tmp_path, [scan(0), "sleep 100"], Limits(seconds=60, silent=0.3))
    assert heard.ended == "it said nothing for 0 s, and was ended"


def test_one_that_runs_for_too_long_is_ended(tmp_path: Path) -> None:
    lines = [scan(0), "while true; do echo; sleep 0.05; done"]
    _, heard = hear(tmp_path, lines, Limits(seconds=0.5))
    assert heard.ended == "it ran for more than 0 s, and was ended"


def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    child = f"(trap '' TERM; while true; do touch {mark}; sleep 0.05; done) &"
    hear(tmp_path, [child, scan(0), "wait"], Limits(seconds=60, silent=0.5))
    mark.unlink(missing_ok=True)
    time.sleep(0.3)
    assert not mark.exists()


def test_a_check_of_the_scan_ends_it_before_it_begins(tmp_path: Path) -> None:
    mark = tmp_path / "removed"
    lines = [thing("a"), scan(1), f"sleep 3; touch {mark}"]

    def check(heard: Heard) -> str:
        return f"{len(heard.to_go())} came"

    _, heard = hear(tmp_path, lines, reading=Reading(read_json, check))
    assert heard.ended == "1 came"
    assert not mark.exists()


def test_whoever_stops_listening_ends_it(tmp_path: Path) -> None:
    path = script(tmp_path, [f"echo $$ > {tmp_path}/pid", thing("a"), "sleep 100"])
    found = run([str(path)], os.environ, Reading(read_json), LIMITS)
    assert isinstance(next(found), Row)
    found.close()
    assert not running(int((tmp_path / "pid").read_text())).alive()


def test_it_may_end_by_itself_even_when_its_guardian_is_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text(
        "import runpy, subprocess, time\n"
        "class Slow(subprocess.Popen):\n"
        "    def __init__(self, *args, **options):\n"
        "        super().__init__(*args, **options)\n"
        "        time.sleep(1)\n"
        "subprocess.Popen = Slow\n"
        f"runpy.run_path({guardian.__file__!r}, run_name='__main__')\n"
    )
    monkeypatch.setattr(guardian, "__file__", str(slow))
    mark = tmp_path / "mark"
    lines = [
        f"trap 'sleep 0.2; touch {mark}; exit' TERM",
        thing("a"),
        "while true; do sleep 0.1; done",
    ]
    found = run([str(script(tmp_path, lines))], os.environ, Reading(read_json), LIMITS)
    assert isinstance(next(found), Row)
    found.close()
    assert mark.exists()


def test_one_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(RelabError, match="cannot be run"):
        next(run([str(tmp_path / "none")], os.environ, Reading(read_json), LIMITS))


def test_it_sees_the_caller_and_nothing_else_of_the_environment() -> None:
    around = {
        "PATH": os.environ["PATH"],
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "AWS_PROFILE": "other",
        "AWS_NUKE_LOG_FORMAT": "kv",
        "AWS_SESSION_TOKEN": "other",
        "LOGLEVEL": "error",
        "HOME": "/home/person",
    }
    seen = environment(around, Keys("AKIA", SECRET), "ap-northeast-2")
    assert seen["AWS_SECRET_ACCESS_KEY"] == SECRET
    assert seen["HTTPS_PROXY"] == "http://127.0.0.1:1"
    assert not seen.keys() & {"AWS_PROFILE", "AWS_NUKE_LOG_FORMAT", "AWS_SESSION_TOKEN", "HOME"}
    assert "LOGLEVEL" not in seen
    assert environment(around, Keys("A", "s", "t"), "r")["AWS_SESSION_TOKEN"] == "t"
    shut_in = environment(around, Keys("A", "s"), "r", "http://127.0.0.1:4566")
    assert shut_in["HTTPS_PROXY"] == shut_in["https_proxy"] != around["HTTPS_PROXY"]
    assert shut_in["NO_PROXY"] == "127.0.0.1"
    assert SECRET not in repr(Keys("AKIA", SECRET))


def test_the_configuration_is_private_and_goes_with_the_run() -> None:
    with private("regions: []\n") as path:
        assert path.read_text() == "regions: []\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.parent.exists()


def test_it_does_not_outlive_a_relab_that_was_killed(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    program = script(tmp_path, [f"while true; do date +%N > {mark}; sleep 0.05; done"])
    code = (
        "import os; from relab.nuke.process import *; from relab.nuke.lines import read_json;"
        f"list(run([{str(program)!r}], os.environ, Reading(read_json), Limits(60)))"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as relab:
        assert eventually(mark.exists)
        relab.kill()
    assert eventually(lambda: mark.read_text() == _later(mark))


def _later(mark: Path) -> str:
    time.sleep(0.5)
    return mark.read_text()
