"""A real terminal for tests: tmux on a socket of its own."""

import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 40.0


@dataclass(frozen=True)
class Terminal:
    """One pane; `socket` tells this server from any other."""

    socket: Path

    def tmux(self, *arguments: str) -> str:
        command = ["tmux", "-f", "/dev/null", "-S", str(self.socket), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def keys(self, *names: str) -> None:
        for name in names:
            self.tmux("send-keys", "-t", "lab", name)
            time.sleep(0.15)

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p", "-t", "lab")

    def wait(self, *words: str, seconds: float = PATIENCE) -> str:
        """Return the screen once it holds all `words`, which takes at most `seconds`."""
        deadline = time.monotonic() + seconds
        while not all(word in (shown := self.screen()) for word in words):
            assert time.monotonic() < deadline, f"{words} never came:\n{shown}"
            time.sleep(0.1)
        return shown

    def gone(self, word: str) -> None:
        """Wait until the screen does not hold `word` any more."""
        deadline = time.monotonic() + PATIENCE
        while word in (shown := self.screen()):
            assert time.monotonic() < deadline, f"{word} stays:\n{shown}"
            time.sleep(0.1)


@contextmanager
def terminal(
    folder: Path, command: str, size: tuple[int, int], environ: Mapping[str, str]
) -> Iterator[Terminal]:
    """Run `command` in a shell of a new terminal; the shell tells the exit code when it ends."""
    found = Terminal(folder / f"tmux-{uuid.uuid4().hex[:8]}")
    inside = f"{command}; echo ended with $?; stty -a | grep -o -- '-*echo ' | head -1; exec cat"
    start = ["tmux", "-f", "/dev/null", "-S", str(found.socket), "new-session", "-d", "-s", "lab"]
    width, height = size
    sized = [*start, "-x", str(width), "-y", str(height), inside]
    subprocess.run(sized, check=True, env=dict(environ))
    try:
        yield found
    finally:
        subprocess.run(
            ["tmux", "-S", str(found.socket), "kill-server"], check=False, capture_output=True
        )
