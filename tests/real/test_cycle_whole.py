"""A cohort's end as its instructor lives it: a terminal of 80x24 in Korean, the real aws-nuke."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from relab.cycle.model import Stage
from relab.sandbox.session import Session
from tests.real.nuke_world import ALIAS, World, world
from tests.tui.terminal import Terminal, terminal

pytestmark = [
    pytest.mark.timeout(3000),
    pytest.mark.tmux,
    pytest.mark.skipif(not os.environ.get("RELAB_PROOF"), reason="a whole cycle: make proof"),
    pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed"),
]
RELAB = str(Path(sys.executable).with_name("relab"))
STAGES = ("저장", "검증", "관문", "비우기", "복원", "대조", "점검")
_STAGE = 900.0


@pytest.fixture
def made(changeable: Session, tmp_path: Path) -> Iterator[World]:
    with world(changeable, tmp_path) as found:
        yield found


def begun(screen: Terminal) -> None:
    """Go from the lab to the cycle, and begin one that is called `cohort`."""
    screen.wait("0.1 필수 도구 확인")
    screen.keys("d")
    screen.wait("아직 스냅샷이 없습니다")
    screen.keys("5")
    screen.wait("계정 123456789012(sandbox)", "Enter나 F2로 시작합니다", "관문에서 멈추며")
    screen.keys("Enter")
    screen.wait("새 기수 교체", "스냅샷 이름", "Enter는 시작")
    screen.keys(*"cohort", "Enter")


def confirmed(screen: Terminal) -> None:
    """Type the account's alias: nothing is begun without it."""
    screen.keys("F2")
    screen.wait("이 계정을 비울까요? 123456789012", f"별칭: {ALIAS}", "스냅샷: cohort")
    screen.keys("Enter")
    screen.wait(f"별칭({ALIAS})을 입력하기 전에는")
    screen.keys(*ALIAS, "Enter")


def test_from_the_first_key_to_the_report(made: World) -> None:
    before = made.buckets()
    with terminal(made.folder, f"{RELAB} --tenant 20 --lang ko", (80, 24), made.env) as screen:
        begun(screen)
        screen.wait("1 저장", "아무것도 지우지 않는 단계입니다")
        proof = screen.wait("관문 통과: 지울 것은 모두 스냅샷에 있고", seconds=3 * _STAGE)
        assert "계정 별칭을 묻습니다" in proof
        assert made.buckets() == before
        confirmed(screen)
        screen.wait("개 지워짐 (담긴 ", "스냅샷은 그대로 있습니다", seconds=_STAGE)
        screen.wait("✓ 4 비우기", seconds=_STAGE)
        assert made.buckets() < before
        over = ("cohort 스냅샷의 상태로 돌아왔습니다", "더 할 일은 없습니다")
        report = screen.wait(*over, seconds=3 * _STAGE)
        assert all(f"✓ {number} {name}" in report for number, name in enumerate(STAGES, 1))
        screen.keys("Escape", "Escape")
        screen.wait("0.1 필수 도구 확인")
        screen.keys("q")
        screen.wait("ended with 0")
    assert made.buckets() == before
    assert made.good("check", "--tenant", "all", "--json")
    [book] = Path(made.env["XDG_STATE_HOME"]).glob("relab/cycles/*/cycle.json")
    ends = {one["stage"]: one for one in json.loads(book.read_text("utf-8"))["stages"]}
    assert [ends[stage]["done"] for stage in Stage] == [True] * len(Stage)
    assert ends["prove"]["facts"]["different"] == 0
    assert "cohort" in book.with_name("report.html").read_text("utf-8")
