"""Run a command in a pod: stdout as it comes, stdin from an iterator, all in bounded memory.

    where = Container("kubeflow-user07", "nb-0", "nb")
    running = Running(kube, target, where, ["tar", "-cf", "-", "."])
    for data in running.chunks():  # while it runs
        ...
    running.reply  ->  Reply("200") or Reply("exit 2", detail="tar: ...")

It speaks the API server's websocket protocol (`v5.channel.k8s.io`, else v4). The Kubernetes SDK's
own client keeps all output in memory and reads it as text. `websocket` is imported by the first
command.
"""

import json
import os
import socket
import ssl
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from relab import __version__
from relab.clouds import CONNECT_SECONDS, READ_SECONDS, KubeTarget
from relab.clouds.kube import Kube, reply_of
from relab.clouds.kubeconfig import NoKubeconfig
from relab.clouds.outcome import (
    NO_CREDENTIALS,
    TIMEOUT,
    UNEXPECTED,
    UNREACHABLE,
    Reply,
    shorten,
)

if TYPE_CHECKING:
    from urllib3 import PoolManager

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
_STDIN, _STDOUT, _STDERR, _ERROR, _CLOSE = 0, 1, 2, 3, 255
# One TLS record: what a socket that takes anything at all takes at once.
_CHUNK = 15 * 1024
_KEPT = 4096
_PATIENCE = 3


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a running pod."""

    namespace: str
    pod: str
    container: str


class Running:
    """A command, which runs while `chunks` is read; `reply` and `code` are set when it has ended.

    `code` is None when nobody knows how it ended. A command that failed has the status `exit N`.
    """

    def __init__(
        self,
        kube: Kube,
        target: KubeTarget,
        where: Container,
        argv: Sequence[str],
        stdin: Iterable[bytes] | None = None,
    ) -> None:
        self._kube, self._target, self._where = kube, target, where
        self._argv, self._stdin = argv, stdin
        self.reply = Reply(UNEXPECTED, detail="the command has not ended")
        self.code: int | None = None
        self._stderr = b""

    @property
    def stderr(self) -> str:
        """Return the end of what it wrote to stderr, at most 4 KiB."""
        return self._stderr.decode("utf-8", "replace")

    def chunks(self) -> Generator[bytes, None, None]:
        """Yield what it writes to stdout; nothing when it cannot be run.

        Closing the generator ends the command. Raises only what `stdin` raises.
        """
        line = self._connected()
        if line is None:
            return
        feeder = _Feeder(line, self._stdin) if self._stdin is not None else None
        try:
            yield from self._heard(line)
        finally:
            line.hang_up()
            if feeder is not None:
                feeder.join()
            line.close()
        if feeder is not None and feeder.error is not None:
            raise feeder.error

    def _connected(self) -> "_Line | None":
        import websocket
        from urllib3.exceptions import HTTPError

        try:
            line = _Line(self._kube, self._target, self._path())
        except NoKubeconfig as error:
            self.reply = Reply(NO_CREDENTIALS, detail=shorten(error))
        except websocket.WebSocketBadStatusException as error:
            self.reply = reply_of(error.status_code, error.resp_body or b"")
        except websocket.WebSocketTimeoutException as error:
            self.reply = Reply(TIMEOUT, detail=shorten(error))
        except (websocket.WebSocketException, HTTPError, OSError) as error:
            self.reply = Reply(UNREACHABLE, detail=shorten(error))
        else:
            if self._stdin is None or line.protocol == V5:
                return line
            line.close()
            detail = f"the API server does not know {V5}, without which stdin has no end"
            self.reply = Reply(UNEXPECTED, detail=detail)
        return None

    def _path(self) -> str:
        where = self._where
        query = [("command", word) for word in self._argv]
        query += [("container", where.container), ("stdout", "true"), ("stderr", "true")]
        query += [("stdin", "true")] if self._stdin is not None else []
        pod = (
            f"/api/v1/namespaces/{quote(where.namespace, safe='')}/pods/{quote(where.pod, safe='')}"
        )
        return f"{pod}/exec?{urlencode(query)}"

    def _heard(self, line: "_Line") -> Iterator[bytes]:
        import websocket

        try:
            while (data := line.receive()) is not None:
                channel, body = data[:1], data[1:]
                if channel == bytes([_STDOUT]) and body:
                    yield body
                elif channel == bytes([_STDERR]):
                    self._stderr = (self._stderr + body)[-_KEPT:]
                elif channel == bytes([_ERROR]):
                    self._end(body)
                    return
        except websocket.WebSocketTimeoutException:
            self.reply = Reply(TIMEOUT, detail="the API server says nothing any more")
            return
        except (websocket.WebSocketException, OSError) as error:
            self.reply = Reply(UNREACHABLE, detail=shorten(error))
            return
        detail = f"the connection ended before the command did; {self.stderr}"
        self.reply = Reply(UNREACHABLE, detail=shorten(detail))

    def _end(self, raw: bytes) -> None:
        """Take the Status that the API server sends when a command has ended."""
        status = _parsed(raw)
        if status.get("status") == "Success":
            self.code, self.reply = 0, Reply("200", {"stderr": self.stderr})
            return
        message = str(status.get("message") or raw[:_KEPT].decode("utf-8", "replace"))
        self.code = _exit_code(status)
        if self.code is None:
            said = str(status.get("code") or UNEXPECTED)
            self.reply = Reply(said, detail=shorten(message))
        else:
            self.reply = Reply(f"exit {self.code}", detail=shorten(self.stderr or message))


class _Line:
    """A websocket to one command. One lock holds it: TLS is no thing for two threads at once."""

    def __init__(self, kube: Kube, target: KubeTarget, path: str) -> None:
        from websocket import WebSocket

        caller, pool = kube.reach(target)
        header = [f"User-Agent: relab/{__version__}"]
        header += [f"Authorization: {said}"] if (said := caller.authorization()) else []
        header += [f"Impersonate-User: {target.impersonate}"] if target.impersonate else []
        made: Any = WebSocket  # has no types
        self._socket: Any = made(enable_multithread=False)
        wired = _wire(pool, caller.host)
        wired.settimeout(READ_SECONDS)
        # A descriptor of our own to wait on: the websocket closes its own as soon as it fails.
        self._wire = socket.socket(fileno=os.dup(wired.fileno()))
        try:
            self._socket.connect(
                "ws" + caller.host.removeprefix("http") + path,
                socket=wired,
                header=header,
                subprotocols=[V5, V4],
                suppress_origin=True,
            )
        except BaseException:
            wired.close()
            self._wire.close()
            raise
        self.protocol = self._socket.getsubprotocol()
        self._lock = threading.Lock()
        self._silent = 0

    def receive(self) -> bytes | None:
        """Return the next message, None when the other side has closed; ping while it is silent."""
        from websocket import ABNF, WebSocketConnectionClosedException

        while True:
            self._wait()
            with self._lock:
                try:
                    code, frame = self._socket.recv_data_frame(control_frame=True)
                except WebSocketConnectionClosedException:
                    return None
            if code == ABNF.OPCODE_CLOSE:
                return None
            if code in (ABNF.OPCODE_BINARY, ABNF.OPCODE_TEXT) and frame.data:
                return bytes(frame.data)

    def _wait(self) -> None:
        from urllib3.util.wait import wait_for_read
        from websocket import WebSocketTimeoutException

        while not _pending(self._socket) and not wait_for_read(self._wire, READ_SECONDS):
            self._silent += 1
            if self._silent > _PATIENCE:
                raise WebSocketTimeoutException("no answer to a ping")
            with self._lock:
                self._socket.ping()
        self._silent = 0

    def send(self, data: bytes) -> None:
        """Send a message once the connection takes one."""
        from urllib3.util.wait import wait_for_write

        while not wait_for_write(self._wire, READ_SECONDS):
            pass
        with self._lock:
            self._socket.send_binary(data)

    def hang_up(self) -> None:
        """End the connection and so the command; whoever waits on it, in any thread, wakes up."""
        with suppress(OSError):  # the other side was first
            self._wire.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back, once no thread waits on it."""
        self._socket.shutdown()
        self._wire.close()


class _Feeder(threading.Thread):
    """Sends stdin while the caller reads stdout; `error` is what its source raised."""

    def __init__(self, line: _Line, source: Iterable[bytes]) -> None:
        super().__init__(daemon=True)
        self._line, self._source = line, source
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        """Send all, then close stdin; stop when the command has ended before that."""
        from websocket import WebSocketException

        try:
            for data in self._source:
                for at in range(0, len(data), _CHUNK):
                    self._line.send(bytes([_STDIN]) + data[at : at + _CHUNK])
            self._line.send(bytes([_CLOSE, _STDIN]))
        except (WebSocketException, OSError, ValueError):
            pass  # the command's own reply says how it ended
        except Exception as error:  # noqa: BLE001 - it is the caller's, who gets it
            self.error = error
            self._line.hang_up()


def _wire(pool: "PoolManager", host: str) -> Any:
    """Return a new connected socket to `host`, with the trust and the login of `pool`."""
    one: Any = pool.connection_from_url(host)
    connection = one._new_conn()
    connection.timeout = CONNECT_SECONDS
    if one.proxy is not None:
        one._prepare_proxy(connection)
    else:
        connection.connect()
    return connection.sock


def _pending(line: Any) -> bool:
    wired = line.sock
    return isinstance(wired, ssl.SSLSocket) and wired.pending() > 0


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _exit_code(status: dict[str, Any]) -> int | None:
    causes = (status.get("details") or {}).get("causes") or ()
    found = next((item.get("message") for item in causes if item.get("reason") == "ExitCode"), "")
    return int(found) if str(found).isdigit() else None
