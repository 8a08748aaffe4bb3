"""Ctrl+C at any moment of a save: it ends, and can be gone on with."""

import concurrent.futures
import os
import random
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import pytest

from relab.errors import Exit
from relab.interrupts import postponed
from snapshot.vault import keys
from snapshot.vault.opening import Means, open_vault
from snapshot.vault.vault import Vault
from tests.snapshot.fakes import save, shop

SAVES = 40
PATIENCE_SECONDS = 120
_POOLS = os.path.dirname(concurrent.futures.__file__)  # noqa: PTH120 - compared with frames' names
_STORM = "import sys; from tests.snapshot.test_interrupts import storm; storm(*sys.argv[1:])"


def storm(place: str, key: str) -> None:
    """Interrupt each of `SAVES` saves, in processes of their own, inside a pool's own code."""
    means = Means(lambda: keys.load(Path(key), lambda: None), _no_client)
    chance = random.Random(7)
    for number in range(SAVES):
        line = chance.randrange(2500)
        if not (child := os.fork()):
            _one(open_vault(place, means), f"n{number}", line)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) in (Exit.OK, Exit.CANCELLED)


def _one(vault: Vault, name: str, line: int) -> NoReturn:
    code = Exit.FAILED
    try:
        sys.settrace(_interrupting(line))
        save(vault, name, [shop(40)])
        code = Exit.OK
    except KeyboardInterrupt:
        code = Exit.CANCELLED
    except Exception:  # noqa: BLE001 - told to the test
        traceback.print_exc()
    os._exit(code)


def _interrupting(line: int) -> Callable[[FrameType, str, Any], Any]:
    """Return a tracer that sends Ctrl+C when the main thread is at line `line` of a pool's code."""
    left = line

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.startswith(_POOLS):
            return None
        left -= event == "line"
        if left == 0:
            left = -1
            signal.raise_signal(signal.SIGINT)
        return trace

    return trace


def _no_client() -> NoReturn:
    raise AssertionError("the vault is a folder")


def test_a_save_ends_and_can_be_gone_on_with(vault: Vault, key_path: Path) -> None:
    whole = save(vault, "whole", [shop(40)])
    words = [sys.executable, "-c", _STORM, vault.where, str(key_path)]
    done = subprocess.run(words, stderr=subprocess.PIPE, timeout=PATIENCE_SECONDS, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert not vault.check()
    begun = {found.name for found in vault.reader().unfinished()}
    assert len(begun) > SAVES / 4
    for name in sorted(begun)[:3]:
        assert save(vault, name, [shop(40)], resume=True).content == whole.content


def test_it_is_raised_where_it_does_no_harm_and_nowhere_else() -> None:
    woken: list[bool] = []
    reached = False
    with postponed(lambda: woken.append(True)) as check:
        signal.raise_signal(signal.SIGINT)
        reached = bool(woken)
        with pytest.raises(KeyboardInterrupt):
            check()
        check()
    assert reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_it_is_not_lost_when_nobody_looked() -> None:
    with pytest.raises(KeyboardInterrupt), postponed(lambda: None):
        signal.raise_signal(signal.SIGINT)


def test_a_second_one_is_raised_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), postponed(lambda: None):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("it was not raised")


def test_who_has_their_own_way_with_it_keeps_it() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        with postponed(heard.clear) as check:
            signal.raise_signal(signal.SIGINT)
            check()
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]
