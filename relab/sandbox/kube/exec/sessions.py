"""pods/NAME/exec over a websocket: a message's first byte names the stream it belongs to."""

import asyncio
import json
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Waiting
from typing import Any, TypeVar

from aiohttp import WSMessage, WSMsgType, web

from relab.sandbox.kube.exec import outcome
from relab.sandbox.kube.exec.process import Process, execute
from relab.sandbox.kube.exec.streams import CHUNK, Gone, Lines, Nothing, Sink, Source
from relab.sandbox.kube.model import Doc

V4, V5 = "v4.channel.k8s.io", "v5.channel.k8s.io"
STDIN, STDOUT, STDERR, ERROR, CLOSE = 0, 1, 2, 3, 255
_HELD = 16
_LOOK_SECONDS = 0.2
_LOG = logging.getLogger(__name__)
T = TypeVar("T")
Start = Callable[[Lines, Sink, Sink, threading.Event], Process]


class Session:
    """One command of one client: its threads are ended when the client leaves."""

    def __init__(self, socket: web.WebSocketResponse, streams: dict[str, bool]) -> None:
        self._socket, self._streams = socket, streams
        self._loop = asyncio.get_running_loop()
        self._inbox: asyncio.Queue[bytes] = asyncio.Queue(_HELD)
        self._gone = threading.Event()

    async def run(self, start: Start, argv: list[str]) -> None:
        """Run the process that `start` makes and tell how it ended."""
        process = start(self._stdin(), self._out("stdout"), self._out("stderr"), self._gone)
        work = self._thread(process)
        hearing = asyncio.create_task(self._hear())
        try:
            both: set[asyncio.Future[Any]] = {work, hearing}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await self._tell(_status(work, argv))
        finally:
            self._gone.set()
            hearing.cancel()
            await asyncio.gather(work, hearing, return_exceptions=True)

    def _thread(self, process: Process) -> "asyncio.Future[int]":
        pool = ThreadPoolExecutor(1, thread_name_prefix="exec")
        work = self._loop.run_in_executor(pool, execute, process)
        pool.shutdown(wait=False)
        return work

    async def _hear(self) -> None:
        async for message in self._socket:
            data = _bytes(message)
            if data[:2] == bytes([CLOSE, STDIN]):
                await self._inbox.put(b"")
            elif data[:1] == bytes([STDIN]) and len(data) > 1:
                await self._inbox.put(data[1:])

    async def _tell(self, status: Doc) -> None:
        try:
            await self._socket.send_bytes(bytes([ERROR]) + json.dumps(status).encode())
            await self._socket.close()
        except ConnectionError:
            _LOG.debug("the client left before it was told")

    def _stdin(self) -> Lines:
        source: Source = _Inbox(self) if self._streams["stdin"] else Nothing()
        return Lines(source)

    def _out(self, name: str) -> Sink:
        if name == "stderr" and self._streams["tty"]:
            name = "stdout"
        if not self._streams[name]:
            return Nothing()
        return _Channel(self, STDOUT if name == "stdout" else STDERR)

    def take(self) -> bytes:
        """Return what the client said next; for the command's threads."""
        return self._wait(self._inbox.get())

    def send(self, channel: int, data: bytes) -> None:
        """Send bytes, waiting while the client does not read; for the command's threads."""
        try:
            self._wait(self._socket.send_bytes(bytes([channel]) + data))
        except ConnectionError as error:
            raise Gone from error

    def _wait(self, wanted: Awaitable[T]) -> T:
        async def get() -> T:
            return await wanted

        asked: Future[T] = asyncio.run_coroutine_threadsafe(get(), self._loop)
        while True:
            if self._gone.is_set():
                asked.cancel()
                raise Gone
            try:
                return asked.result(_LOOK_SECONDS)
            except Waiting:
                continue


class _Inbox:
    """What the client sends to stdin."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ended = False

    def read(self) -> bytes:
        """Return the next bytes; empty once the client has closed stdin."""
        data = b"" if self._ended else self._session.take()
        self._ended = not data
        return data


class _Channel:
    """Stdout or stderr of the client."""

    def __init__(self, session: Session, channel: int) -> None:
        self._session, self._channel = session, channel

    def write(self, data: bytes) -> None:
        """Send `data` in chunks."""
        for at in range(0, len(data), CHUNK):
            self._session.send(self._channel, data[at : at + CHUNK])


def _bytes(message: WSMessage) -> bytes:
    found: Any = message.data
    if message.type is WSMsgType.TEXT:
        return str(found).encode()
    return bytes(found) if message.type is WSMsgType.BINARY else b""


def _status(work: "asyncio.Future[int]", argv: list[str]) -> Doc:
    error = work.exception()
    if error is None:
        return outcome.ended(argv, work.result())
    if not isinstance(error, Gone):
        _LOG.error("exec %s", argv[0], exc_info=error)
    return outcome.broken(str(error) or type(error).__name__)
