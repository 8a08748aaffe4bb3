"""A child process that speaks JSON lines, watched without threads."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from relab import redact
from relab.events import from_json
from relab.text import safe

if TYPE_CHECKING:
    from relab.events import Event

LONGEST_LINE = 16 * 1024 * 1024
_MANNERS = 2.0
_KEPT_WORDS = 300


class Child:
    """One run of `command`; `last_words` is the last line it wrote to stderr."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self.command = command
        self.environ = dict(environ)
        self.last_words = ""
        self._process: Process | None = None
        self._listener: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the process; OSError when it cannot be."""
        self._process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self.environ,
            limit=LONGEST_LINE,
            start_new_session=os.name == "posix",
        )
        self._listener = asyncio.create_task(self._listen())

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process else None

    def send(self, order: Mapping[str, Any]) -> None:
        """Write `order` as a line; lost when the process is gone."""
        if self._process and self._process.stdin and self.pid:
            with suppress(OSError, RuntimeError):
                self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def events(self) -> AsyncIterator[Event]:
        """Yield the events it writes until it ends or closes its output."""
        assert self._process is not None and self._process.stdout is not None  # noqa: S101 - started
        while line := await self._line(self._process.stdout):
            try:
                yield from_json(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError):
                continue

    async def output(self) -> str:
        """Return all that it writes until it ends."""
        assert self._process is not None and self._process.stdout is not None  # noqa: S101 - started
        return (await self._process.stdout.read()).decode(errors="replace")

    async def _line(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readline()
        except ValueError:
            return b"\n"

    async def _listen(self) -> None:
        assert self._process is not None and self._process.stderr is not None  # noqa: S101 - started
        while line := await self._line(self._process.stderr):
            if words := line.decode(errors="replace").strip():
                self.last_words = safe(redact.text(words))[:_KEPT_WORDS]

    async def ended(self) -> int:
        """Wait for the end and return the exit code."""
        assert self._process is not None  # noqa: S101 - started
        code = await self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        if self._listener:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._listener), 0.2)
            self._listener.cancel()
        return code

    def interrupt(self) -> None:
        """Ask the process to end as Ctrl+C does; where there is no such signal, end it."""
        if self.pid:
            with suppress(ProcessLookupError):
                # Popen.send_signal looks for the end first, and would take the exit code away.
                os.kill(self.pid, signal.SIGINT if os.name == "posix" else signal.SIGTERM)

    async def stop(self) -> None:
        """End the process: by asking, then by force; it is gone afterwards."""
        if self._process is None:
            return
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), _MANNERS)
            except TimeoutError:
                with suppress(ProcessLookupError):
                    self._process.kill()
        await self.ended()
