"""The helper processes: events in, orders out, death, back-off, and no orphan."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from relab.events import CheckFinished, Event, RunFinished, Trouble, Verdict, to_json
from tests.tui.world import LAB, evidence, finished, round_of
from tui import live, rounds
from tui.live import Live, checks_of
from tui.moves import HelperDown, HelperUp, Move
from tui.process import Child
from tui.rounds import Rounds

DEADLINE = 20.0


def script(tmp_path: Path, body: str) -> list[str]:
    path = tmp_path / "helper.py"
    path.write_text(body)
    return [sys.executable, str(path)]


def echo_of(*events: Event) -> str:
    lines = "\n".join(json.dumps(to_json(event)) for event in events)
    return f"import sys\nsys.stdout.write({lines + chr(10)!r})\nsys.stdout.flush()\n"


async def heard(child: Child) -> list[Event]:
    await child.start()
    try:
        return [event async for event in child.events()]
    finally:
        await child.stop()


async def test_events_of_a_child_arrive_in_order(tmp_path: Path) -> None:
    sent = list(round_of(finished(), finished("prep.tools")))
    assert await heard(Child(script(tmp_path, echo_of(*sent)), os.environ)) == sent


async def test_foreign_and_huge_lines_do_no_harm(tmp_path: Path) -> None:
    from dataclasses import replace

    big = replace(finished(), evidence=(evidence(answer="x" * 1_000_000),))
    noise = 'print("not json")\nprint("[1, 2]")\nprint(\'{"event": "Nothing"}\')\n'
    assert await heard(Child(script(tmp_path, noise + echo_of(big)), os.environ)) == [big]


async def test_the_last_words_are_kept_without_secrets_and_controls(tmp_path: Path) -> None:
    body = (
        "import sys\nsys.stderr.write('first\\n\\x1b[31mboom AKIAABCDEFGHIJKLMNOP\\n')\n"
        "sys.exit(3)\n"
    )
    child = Child(script(tmp_path, body), os.environ)
    await child.start()
    assert await asyncio.wait_for(child.ended(), DEADLINE) == 3
    assert child.last_words == "\\x1b[31mboom [redacted]"


async def test_a_child_that_ignores_sigterm_is_ended_all_the_same(tmp_path: Path) -> None:
    body = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('{}', flush=True)\ntime.sleep(600)\n"
    )
    child = Child(script(tmp_path, body), os.environ)
    await child.start()
    pid = child.pid
    assert pid
    await asyncio.sleep(0.3)
    await child.stop()
    assert child.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_orders_to_a_dead_child_are_lost_quietly(tmp_path: Path) -> None:
    child = Child(script(tmp_path, "pass\n"), os.environ)
    await child.start()
    await child.ended()
    child.send({"do": "quit"})


WORKER = """
import json, os, sys
from pathlib import Path
log = Path(os.environ["HELPER_LOG"])
count = len(log.read_text().splitlines()) if log.exists() else 0
with log.open("a") as file:
    file.write("started\\n")
if count < 2:
    sys.stderr.write("no such luck\\n")
    sys.exit(9)
for line in sys.stdin:
    order = json.loads(line)
    with log.open("a") as file:
        file.write(line)
    if order["do"] == "run":
        print(json.dumps({"event": "RunFinished", "run": order["run"],
                          "at": "2026-01-05T01:00:01+00:00", "seconds": 0.1}), flush=True)
"""


@asynccontextmanager
async def running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Live, list[Move | Event]]]:
    """Give a `Live` whose worker is the script above, and the events it tells."""
    told: list[Move | Event] = []
    path = tmp_path / "worker.py"
    path.write_text(WORKER)
    monkeypatch.setenv("HELPER_LOG", str(tmp_path / "log"))
    monkeypatch.setattr(live, "PYTHON", (sys.executable, str(path)))
    monkeypatch.setattr(live, "_FIRST_WAIT", 0.05)
    world = Live(LAB, "ha-mlops", False, told.append)
    try:
        yield world, told
    finally:
        await world.stop()


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "nothing came"
        await asyncio.sleep(0.01)


async def test_a_worker_that_dies_is_started_again_more_and_more_slowly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, monkeypatch) as (world, told):
        world.start()
        await world.choose("07")
        await until(lambda: any(isinstance(event, RunFinished) for event in told))
    downs = [event for event in told if isinstance(event, HelperDown)]
    assert [down.reason for down in downs] == ["no such luck"] * 2
    assert downs[1].retry > downs[0].retry
    assert isinstance(told[-1], RunFinished | HelperUp)
    orders = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()[3:]]
    assert orders[0]["tenants"] == ["07"]
    assert orders[0]["checks"] == list(checks_of(LAB))


async def test_an_order_hurries_a_worker_that_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, monkeypatch) as (world, told):
        monkeypatch.setattr(live, "_FIRST_WAIT", 500.0)
        world.start()
        await world.choose("07")
        for deaths in (1, 2):
            await until(lambda n=deaths: sum(isinstance(e, HelperDown) for e in told) == n)  # type: ignore[misc] # bound early on purpose
            await asyncio.sleep(0.05)
            assert world.ask(["prep.tools"]) is False
        await until(lambda: any(isinstance(event, RunFinished) for event in told))


async def test_nothing_is_left_after_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, monkeypatch) as (world, told):
        world.start()
        await world.choose("07")
        await until(lambda: any(isinstance(event, RunFinished) for event in told))
        worker = world._worker
        assert worker is not None
        pid = worker.pid
        assert pid is not None
        await world.stop()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_rounds_follow_each_other_at_their_pace() -> None:
    turns = Rounds("07")
    order = turns.ask(["prep.tools"], 100.0)
    assert order["checks"] == ["prep.tools"]
    assert not turns.due(200.0, 100.0)
    turns.finished("another", 101.0)
    assert turns.run
    turns.finished(order["run"], 101.0)
    assert not turns.due(101.0 + rounds.EVERY - 0.1, 101.0)
    assert turns.due(101.0 + rounds.EVERY, 101.0)


def test_nobody_there_means_fewer_rounds() -> None:
    turns = Rounds("07", ended=1000.0)
    gone = 1000.0 - rounds.IDLE_AFTER
    assert not turns.due(1000.0 + rounds.EVERY, gone)
    assert turns.due(1000.0 + rounds.EVERY_IDLE, gone)


def test_a_round_that_hangs_is_given_up() -> None:
    turns = Rounds("07")
    turns.ask([], 0.0)
    assert not turns.overdue(rounds.LONGEST)
    assert turns.overdue(rounds.LONGEST + 1)


def test_the_whole_lab_is_asked_now_and_then() -> None:
    turns = Rounds("07", whole=100.0)
    assert not turns.is_whole_due(101.0)
    assert turns.is_whole_due(100.0 + rounds.EVERY_WHOLE)
    assert not turns.is_whole_due(101.0 + rounds.EVERY_WHOLE)


def test_an_answer_that_changes_has_the_whole_lab_asked_soon() -> None:
    turns = Rounds("07", ended=100.0, whole=100.0)
    turns.answered("storage.bucket", Verdict.PASS)
    soon = 100.0 + rounds.EVERY_CHANGE
    assert not turns.is_whole_due(soon)
    turns.answered("storage.bucket", Verdict.FAIL)
    assert not turns.is_whole_due(soon - 1)
    turns.ended = soon
    assert turns.due(soon, soon)
    assert turns.is_whole_due(soon)
    assert not turns.is_whole_due(soon + rounds.EVERY_CHANGE)


def test_each_round_has_a_name_of_its_own() -> None:
    turns, others = Rounds("07"), Rounds("07")
    names = [turns.ask([], 0.0)["run"] for _ in range(3)] + [others.ask([], 0.0)["run"]]
    assert len(set(names)) == 4


async def test_the_real_worker_answers() -> None:
    child = Child(
        (sys.executable, "-m", "relab.checks.worker", "--profile", "ha-mlops"), os.environ
    )
    await child.start()
    child.send({"do": "run", "run": "r", "tenants": ["07"], "checks": ["prep.number"]})
    try:
        async with asyncio.timeout(DEADLINE):
            async for event in child.events():
                if isinstance(event, CheckFinished | Trouble):
                    break
            else:
                pytest.fail(f"it ended: {child.last_words}")
    finally:
        await child.stop()
