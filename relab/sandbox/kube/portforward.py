"""pods/NAME/portforward over a websocket: SPDY frames from kubectl, channels from other clients."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from aiohttp import WSMsgType, web

from relab.sandbox.kube import spdy
from relab.sandbox.kube.backends import Address, Backends
from relab.sandbox.kube.call import Call
from relab.sandbox.kube.status import bad_request

_TUNNEL, _CHANNELS = "SPDY/3.1+portforward.k8s.io", "v4.channel.k8s.io"
_CHUNK = 64 * 1024
_MAX_MESSAGE = 16 * 1024 * 1024
Send = Callable[[bytes], Awaitable[None]]
Finder = Callable[[int], Address | None]


class Pipe:
    """One forwarded connection: from the client to a local address, and back by `send`."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._inbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._fed = False

    def feed(self, payload: bytes) -> None:
        """Take bytes from the client; none means that it has said all."""
        if payload:
            self._inbox.put_nowait(payload)
        elif not self._fed:
            self._fed = True
            self._inbox.put_nowait(b"")

    async def run(self, target: Address) -> None:
        """Carry bytes both ways until the local end closes; raises OSError where it refuses."""
        reader, writer = await asyncio.open_connection(*target)
        upward = asyncio.create_task(self._up(writer))
        try:
            while chunk := await reader.read(_CHUNK):
                await self._send(chunk)
        finally:
            upward.cancel()
            writer.close()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await upward

    async def _up(self, writer: asyncio.StreamWriter) -> None:
        while payload := await self._inbox.get():
            writer.write(payload)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


class Tunnel:
    """A kubectl session: SPDY streams in pairs, `error` and `data`, one pair a connection."""

    def __init__(self, socket: web.WebSocketResponse, find: Finder) -> None:
        self._socket, self._find = socket, find
        self._codec = spdy.Codec()
        self._pipes: dict[int, Pipe] = {}
        self._errors: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve the session until the client leaves."""
        try:
            async for message in self._socket:
                if message.type is WSMsgType.BINARY:
                    for frame in self._codec.feed(message.data):
                        await self._take(frame)
        finally:
            await _cancel(self._tasks)

    async def _take(self, frame: spdy.Frame) -> None:
        match frame.kind:
            case 0 if frame.stream in self._pipes:
                pipe = self._pipes[frame.stream]
                if frame.data:
                    pipe.feed(frame.data)
                if frame.flags & spdy.FIN:
                    pipe.feed(b"")
            case spdy.SYN_STREAM:
                await self._socket.send_bytes(self._codec.reply(frame.stream))
                self._accept(frame)
            case spdy.RST_STREAM if frame.stream in self._pipes:
                self._pipes.pop(frame.stream).feed(b"")
            case spdy.PING:
                await self._socket.send_bytes(spdy.pong(frame))

    def _accept(self, frame: spdy.Frame) -> None:
        request = frame.headers.get("requestid", "")
        if frame.headers.get("streamtype") == "error":
            self._errors[request] = frame.stream
            return

        async def send(payload: bytes) -> None:
            await self._socket.send_bytes(spdy.data(frame.stream, payload))

        pipe = self._pipes[frame.stream] = Pipe(send)
        port = int(frame.headers.get("port") or 0)
        task = asyncio.create_task(self._forward(pipe, frame.stream, request, port))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forward(self, pipe: Pipe, stream: int, request: str, port: int) -> None:
        problem = await _carry(pipe, self._find(port), port)
        errors = self._errors.pop(request, 0)
        self._pipes.pop(stream, None)
        with contextlib.suppress(ConnectionResetError):
            await self._socket.send_bytes(spdy.data(stream, b"", end=True))
            if errors:
                await self._socket.send_bytes(spdy.data(errors, problem.encode(), end=True))


class Channels:
    """The older form: a message's first byte names a port's data or error channel."""

    def __init__(self, socket: web.WebSocketResponse, find: Finder, ports: list[int]) -> None:
        self._socket, self._find, self._ports = socket, find, ports

    async def run(self) -> None:
        """Serve one connection a port until the client leaves."""
        pipes = [Pipe(self._sender(2 * place)) for place in range(len(self._ports))]
        for channel in range(2 * len(self._ports)):
            mark = self._ports[channel // 2].to_bytes(2, "little")
            await self._socket.send_bytes(bytes([channel]) + mark)
        tasks = {
            asyncio.create_task(self._forward(place, pipe)) for place, pipe in enumerate(pipes)
        }
        try:
            async for message in self._socket:
                if message.type is WSMsgType.BINARY and len(message.data) > 1:
                    place = message.data[0] // 2
                    if place < len(pipes):
                        pipes[place].feed(message.data[1:])
        finally:
            await _cancel(tasks)

    def _sender(self, channel: int) -> Send:
        async def send(payload: bytes) -> None:
            await self._socket.send_bytes(bytes([channel]) + payload)

        return send

    async def _forward(self, place: int, pipe: Pipe) -> None:
        port = self._ports[place]
        problem = await _carry(pipe, self._find(port), port)
        with contextlib.suppress(ConnectionResetError):
            if problem:
                await self._socket.send_bytes(bytes([2 * place + 1]) + problem.encode())
            await self._socket.close()


async def _carry(pipe: Pipe, target: Address | None, port: int) -> str:
    """Run a pipe to its end and return what went wrong, or ""."""
    if target is None:
        return f"error forwarding port {port} to pod: connection refused"
    try:
        await pipe.run(target)
    except ConnectionResetError:
        return ""
    except OSError as error:
        return f"error forwarding port {port} to pod: {error.strerror or error}"
    return ""


async def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    pending = list(tasks)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)


def handler(backends: Backends) -> Callable[[Call], Awaitable[web.StreamResponse]]:
    """Return the handler of pods/NAME/portforward."""

    async def forward(call: Call) -> web.StreamResponse:
        namespace, name = call.route.namespace, call.route.name
        pod = backends.running_pod(call.kind, namespace, name)
        socket = web.WebSocketResponse(protocols=(_TUNNEL, _CHANNELS), max_msg_size=_MAX_MESSAGE)
        if not socket.can_prepare(call.request).ok:
            raise bad_request("Upgrade request required")

        def find(port: int) -> Address | None:
            return backends.of_pod(namespace, pod, port)

        await socket.prepare(call.request)
        ports = [int(port) for port in call.request.query.getall("ports", []) if port.isdigit()]
        if socket.ws_protocol == _CHANNELS:
            await Channels(socket, find, ports).run()
        else:
            await Tunnel(socket, find).run()
        return socket

    return forward
