"""How long relab takes to its first frame, beside a minimal Textual app and two well-known ones.

    python -m bench start [--quick]

Every program is started in turn in a pseudo-terminal of 120x36 that answers like a terminal does;
the time runs from the start to the first output that holds the program's own marker, and RSS is
read right then. relab opens the lab of a real profile, so that no sandbox of one round burdens the
next. `relab --version` is compared with importing click. Exit 1 when a promise is missed.
"""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "bench"
COLUMNS, LINES = 120, 36
PATIENCE = 30.0
_QUICK, _ROUNDS = 5, 11
AT_MOST_MINIMAL = 2.0
AT_MOST_CLICK = 3.0
MINIMAL = """
from textual.app import App
from textual.widgets import Static

class Minimal(App):
    def compose(self):
        yield Static("MINIMAL-READY")

Minimal().run()
"""


@dataclass(frozen=True, slots=True)
class Program:
    """Something to start: `marker` is in the first frame that a person can use."""

    name: str
    command: Sequence[str]
    marker: str


class NoFrame(Exception):
    """A program that never drew its first frame."""


@dataclass(frozen=True, slots=True)
class Start:
    """One start: milliseconds to the first frame, and MB of memory then."""

    milliseconds: float
    megabytes: float


def main(quick: bool) -> int:
    """Run the comparison (without the peers when `quick`), print it, and return the exit code.

    What a quick run of few rounds reads as missed is decided by the rounds of a whole one.
    """
    return 0 if quick and not _run(_QUICK, quick) else _run(_ROUNDS, quick)


def _run(rounds: int, quick: bool) -> int:
    with tempfile.TemporaryDirectory() as home:
        programs = [*_own(Path(home)), *([] if quick else _peers(Path(home)))]
        starts = _measured(programs, rounds, Path(home))
        version, click = _version_and_click(rounds, Path(home))
    return _report(starts, version, click)


def _own(home: Path) -> list[Program]:
    minimal = home / "minimal.py"
    minimal.write_text(MINIMAL)
    relab = [str(Path(sys.executable).with_name("relab")), "--tenant", "07", "--lang", "ko"]
    return [
        Program("minimal Textual app", [sys.executable, str(minimal)], "MINIMAL-READY"),
        Program("relab", relab, "aws --version"),
    ]


def _peers(home: Path) -> list[Program]:
    log = home / "peer.log"
    log.write_text("".join(f"2026-01-05 line {number}\n" for number in range(200)))
    found: list[Program] = []
    for name, packages, arguments, marker in (
        # The newest tree-sitter ends with a segmentation fault under posting.
        ("posting", ["posting", "tree-sitter<0.26"], ["--collection", str(home)], "Collection"),
        ("toolong", ["toolong"], [str(log)], "line 199"),
    ):
        program = _installed(name, packages)
        if program:
            peer = Program(name, [program, *arguments], marker)
            found += [peer] if _starts(peer, home) else []
    return found


def _starts(peer: Program, home: Path) -> bool:
    try:
        _start(peer, _environ(home))
    except NoFrame as error:
        print(f"skipped: {error}")
        return False
    return True


def _installed(name: str, packages: Sequence[str]) -> str | None:
    """Return the program of package `name` in a virtual environment of its own, made once."""
    folder = CACHE / name
    program = folder / "bin" / {"toolong": "tl"}.get(name, name)
    uv = shutil.which("uv") or os.environ.get("UV")
    if not program.exists() and uv:
        CACHE.mkdir(parents=True, exist_ok=True)
        for command in (
            [uv, "venv", "-q", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "-q", "--python", str(folder / "bin" / "python"), *packages],
        ):
            subprocess.run(command, check=False, capture_output=True, timeout=300)
    if not program.exists():
        why = "cannot be installed" if uv else "no uv on PATH, and UV is not set"
        print(f"skipped: {name} ({why})")
        return None
    return str(program)


def _environ(home: Path) -> Mapping[str, str]:
    kept = {
        key: value for key, value in os.environ.items() if key in {"PATH", "LANG", "PYTHONPATH"}
    }
    return {
        **kept,
        "HOME": str(home),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "RELAB_PROFILE": "ha-mlops",
    }


def _measured(
    programs: Sequence[Program], rounds: int, home: Path
) -> Mapping[str, Sequence[Start]]:
    starts: dict[str, list[Start]] = {program.name: [] for program in programs}
    for turn in range(rounds + 1):
        for program in programs:
            start = _start(program, _environ(home))
            if turn:  # the first turn warms the caches of the disk
                starts[program.name].append(start)
    return starts


def _start(program: Program, environ: Mapping[str, str]) -> Start:
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        os.execvpe(program.command[0], list(program.command), dict(environ))
    try:
        _read_until(terminal, program.marker, program.name)
        took = (time.perf_counter() - began) * 1000
        return Start(took, _megabytes(pid))
    finally:
        _end(pid, terminal)


def _read_until(terminal: int, marker: str, name: str) -> None:
    """Read until `marker` was drawn, answering the cursor question as a terminal does."""
    seen = b""
    deadline = time.monotonic() + PATIENCE
    while marker not in _plain(seen):
        if not select.select([terminal], [], [], max(deadline - time.monotonic(), 0))[0]:
            raise NoFrame(f"{name}: no first frame within {PATIENCE:.0f} s")
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            raise NoFrame(f"{name}: ended before its first frame") from None
        seen += chunk
        if b"\x1b[6n" in chunk:
            os.write(terminal, b"\x1b[1;2R")


def _plain(raw: bytes) -> str:
    return re.sub(r"\x1b\[[0-9;:?]*[a-zA-Z]", "", raw.decode(errors="replace"))


def _megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        found = re.search(r"VmRSS:\s+(\d+)", status.read_text())
        return int(found[1]) / 1024 if found else 0.0
    words = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True)
    return int(words.stdout) / 1024


def _end(pid: int, terminal: int) -> None:
    """End the program as a person does, so that it ends its own helpers; then by force."""
    with suppress(OSError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with suppress(OSError):
            if select.select([terminal], [], [], 0.02)[0]:
                os.read(terminal, 65536)
        if os.waitpid(pid, os.WNOHANG)[0]:
            break
    else:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    os.close(terminal)


def _version_and_click(rounds: int, home: Path) -> tuple[float, float]:
    relab = [str(Path(sys.executable).with_name("relab")), "--version"]
    click = [sys.executable, "-c", "import click"]
    taken = [(_milliseconds(relab, home), _milliseconds(click, home)) for _ in range(rounds + 1)]
    return _middle(taken, lambda pair: pair[0]), _middle(taken, lambda pair: pair[1])


def _milliseconds(command: Sequence[str], home: Path) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=dict(_environ(home)))
    return (time.perf_counter() - began) * 1000


def _middle(
    taken: Sequence[tuple[float, float]], key: Callable[[tuple[float, float]], float]
) -> float:
    return statistics.median(key(pair) for pair in taken[1:])


def _report(starts: Mapping[str, Sequence[Start]], version: float, click: float) -> int:
    milliseconds = {
        name: statistics.median(each.milliseconds for each in found)
        for name, found in starts.items()
    }
    megabytes = {
        name: statistics.median(each.megabytes for each in found) for name, found in starts.items()
    }
    print(f"{'program':<24}{'first frame':>12}{'RSS':>10}")
    for name in starts:
        print(f"{name:<24}{milliseconds[name]:>9.0f} ms{megabytes[name]:>7.0f} MB")
    print(f"{'relab --version':<24}{version:>9.0f} ms")
    print(f"{'python -c import click':<24}{click:>9.0f} ms")
    base, *peers = (name for name in starts if name != "relab")
    promises = {
        f"first frame at most {AT_MOST_MINIMAL:.0f} x the minimal app": (
            milliseconds["relab"] / milliseconds[base],
            AT_MOST_MINIMAL,
        ),
        f"RSS at most {AT_MOST_MINIMAL:.0f} x the minimal app": (
            megabytes["relab"] / megabytes[base],
            AT_MOST_MINIMAL,
        ),
        f"--version at most {AT_MOST_CLICK:.0f} x importing click": (
            version / click,
            AT_MOST_CLICK,
        ),
    }
    for peer in peers:
        promises[f"first frame before {peer}"] = (milliseconds["relab"] / milliseconds[peer], 1.0)
        promises[f"less memory than {peer}"] = (megabytes["relab"] / megabytes[peer], 1.0)
    for promise, (found, most) in promises.items():
        print(f"{'ok' if found <= most else 'MISSED':<8}{promise}: {found:.2f}")
    return int(any(found > most for found, most in promises.values()))


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv))
