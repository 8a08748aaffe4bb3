"""Copy text out of a terminal: by the desktop's tool, by tmux, by the terminal, and to a file.

No single way works everywhere (ssh, tmux, mouse capture), so all that apply are tried and the
answer names those that worked.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from relab.paths import state_dir

_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class CopyReport:
    """Which ways took the text: programs that said so, and the file (None if not writable)."""

    programs: tuple[str, ...]
    file: Path | None

    @property
    def notice(self) -> str:
        """The text that says which way worked."""
        if self.programs:
            return "notice.copied-by"
        return "notice.copied-terminal" if self.file else "notice.copied-blind"


def programs(environ: Mapping[str, str], platform: str = sys.platform) -> list[list[str]]:
    """Return the commands that can take the text on this machine, in order."""
    candidates: list[list[str]] = []
    if platform == "darwin":
        candidates.append(["pbcopy"])
    elif platform == "win32" or "WSL_DISTRO_NAME" in environ:
        candidates.append(["clip.exe"])
    elif environ.get("WAYLAND_DISPLAY"):
        candidates.append(["wl-copy"])
    elif environ.get("DISPLAY") and "SSH_TTY" not in environ:
        candidates.append(["xclip", "-selection", "clipboard"])
    if environ.get("TMUX"):
        candidates.append(["tmux", "load-buffer", "-w", "-"])
    return [command for command in candidates if shutil.which(command[0])]


async def _take(command: list[str], text: str) -> bool:
    devnull = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=devnull, stderr=devnull
        )
    except OSError:
        return False
    try:
        await asyncio.wait_for(process.communicate(text.encode()), _SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
    return process.returncode == 0


def _to_file(text: str) -> Path | None:
    path = state_dir() / "clipboard.txt"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError:
        return None
    return path


async def copy(text: str, environ: Mapping[str, str]) -> CopyReport:
    """Hand `text` to every program that applies and to the file; return what worked."""
    commands = programs(environ)
    took = await asyncio.gather(*(_take(command, text) for command in commands))
    names = tuple(command[0] for command, ok in zip(commands, took, strict=True) if ok)
    return CopyReport(names, _to_file(text))
