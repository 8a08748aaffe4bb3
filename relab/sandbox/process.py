"""Processes by pid and start time, so that a recycled pid is never taken for ours."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_STEP_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Process:
    """One process of this machine; `started` is the system's own mark of its start."""

    pid: int
    started: str

    def alive(self) -> bool:
        """Tell whether this very process still runs."""
        return bool(self.started) and _started(self.pid) == self.started

    def end(self, patience: float) -> None:
        """Ask it to end, and after `patience` seconds make it."""
        for number, limit in ((signal.SIGTERM, patience), (signal.SIGKILL, patience)):
            if not self.alive():
                return
            os.kill(self.pid, number)
            self._wait(limit)

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.alive() and time.monotonic() < deadline:
            time.sleep(_STEP_SECONDS)


def process(pid: int) -> Process:
    """Return the process `pid` as it runs now; one that does not run is never alive."""
    return Process(pid, _started(pid) or "")


def _started(pid: int) -> str | None:
    stat = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self/stat").exists():
        return _started_by_ps(pid)
    try:
        fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def _started_by_ps(pid: int) -> str | None:
    found = subprocess.run(
        ["ps", "-o", "lstart=,stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    start, _, state = found.stdout.strip().rpartition(" ")
    return None if not start or state.startswith("Z") else start
