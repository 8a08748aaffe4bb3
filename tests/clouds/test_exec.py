"""Commands in pods over a real websocket: the emulator's, and servers that misbehave."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import web

from relab.clouds import KubeTarget
from relab.clouds.exec import V4, V5, Container, Running
from relab.clouds.kube import Kube
from relab.clouds.outcome import Outcome, outcome_of
from relab.sandbox.kube import Cluster
from tests.kube.emulator import TOKENS, world_of
from tests.kube.emulator import running as emulator
from tests.kube.world import World

WEB = Container("default", "web", "c")
ARCHIVE = b"\0\xff" * 3_000_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with emulator(Cluster(tokens=TOKENS)) as server:
        made = world_of(server, tmp_path_factory.mktemp("exec"))
        container = {"name": "c", "image": "i"}
        pod = {"metadata": {"name": "web"}, "spec": {"containers": [container]}}
        base = "/api/v1/namespaces/default/pods"
        _, stored, _ = made.raw("POST", base, pod)
        stored["status"] = {"phase": "Running"}
        assert made.raw("PUT", f"{base}/web/status", stored)[0] == 200
        yield made


def run(
    world: World,
    *argv: str,
    stdin: Iterator[bytes] | None = None,
    where: Container = WEB,
    user: str = "admin",
) -> tuple[Running, bytes]:
    target = KubeTarget(str(world.kubeconfig()), user)
    one = Running(Kube(), target, where, argv, stdin)
    return one, b"".join(one.chunks())


def test_a_command(world: World) -> None:
    one, said = run(world, "echo", "안녕")
    assert (one.reply.status, one.code, said.decode()) == ("200", 0, "안녕\n")


def test_bytes_both_ways_with_their_end(world: World) -> None:
    pieces = (ARCHIVE[at : at + 100_000] for at in range(0, len(ARCHIVE), 100_000))
    one, said = run(world, "cat", stdin=pieces)
    assert one.reply.ok
    assert said == ARCHIVE
    one, said = run(world, "wc", "-c", stdin=iter([ARCHIVE]))
    assert said.split() == [b"6000000"]


def test_output_is_never_held_whole(world: World) -> None:
    run(world, "sh", "-c", "cat > /tmp/big", stdin=iter([ARCHIVE]))
    target = KubeTarget(str(world.kubeconfig()), "admin")
    sizes = [len(data) for data in Running(Kube(), target, WEB, ["cat", "/tmp/big"]).chunks()]
    assert sum(sizes) == len(ARCHIVE)
    assert max(sizes) <= 64 * 1024


def test_leaving_ends_the_command(world: World) -> None:
    target = KubeTarget(str(world.kubeconfig()), "admin")
    chunks = Running(Kube(), target, WEB, ["sh", "-c", "echo a; sleep 1000"]).chunks()
    assert next(chunks) == b"a\n"
    chunks.close()
    for _ in range(100):
        if not any(thread.name.startswith("exec") for thread in threading.enumerate()):
            return
        threading.Event().wait(0.05)
    pytest.fail("the command still runs")


def test_a_failed_command_tells_its_last_words(world: World) -> None:
    one, said = run(world, "sh", "-c", "echo some; cat /nowhere; exit 9")
    assert (one.reply.status, one.code, said) == ("exit 9", 9, b"some\n")
    assert one.reply.detail == "cat: /nowhere: No such file or directory"
    assert outcome_of("kubernetes", one.reply.status) is Outcome.UNEXPECTED
    one, _ = run(world, "cobol")
    assert one.code == 127


@pytest.mark.parametrize(
    ("user", "pod", "outcome"),
    [
        ("admin", "none", Outcome.MISSING),
        ("bob", "web", Outcome.DENIED),
        ("expired", "web", Outcome.EXPIRED),
    ],
)
def test_refusals(world: World, user: str, pod: str, outcome: Outcome) -> None:
    one, said = run(world, "ls", where=Container("default", pod, "c"), user=user)
    assert (outcome_of("kubernetes", one.reply.status), one.code, said) == (outcome, None, b"")
    assert one.reply.detail


def test_an_error_of_stdin_is_the_callers(world: World) -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise LookupError("the blob is damaged")

    target = KubeTarget(str(world.kubeconfig()), "admin")
    one = Running(Kube(), target, WEB, ["cat"], broken())
    with pytest.raises(LookupError, match="damaged"):
        list(one.chunks())
    assert not one.reply.ok


def test_a_command_that_does_not_read_its_stdin(world: World) -> None:
    one, _ = run(world, "true", stdin=iter([b"x" * 100_000] * 200))
    assert one.code == 0


Answer = Callable[[web.WebSocketResponse], Awaitable[None]]


@contextmanager
def serving(folder: Path, answer: Answer, *protocols: str) -> Iterator[KubeTarget]:
    """Run an API server that knows `protocols` and answers every exec by `answer`."""
    loop = asyncio.new_event_loop()

    async def handle(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=protocols, autoping=answer is not _deaf)
        await socket.prepare(request)
        await answer(socket)
        return socket

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/{path:.*}", handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner

    runner = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        path = folder / "config"
        cluster = {"server": f"http://127.0.0.1:{runner.addresses[0][1]}"}
        rows = {
            "current-context": "x",
            "clusters": [{"name": "x", "cluster": cluster}],
            "users": [{"name": "x", "user": {"token": "t"}}],
            "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        }
        path.write_text(json.dumps(rows))
        yield KubeTarget(str(path))
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _short(socket: web.WebSocketResponse) -> None:
    await socket.send_bytes(b"\1half of an archi")
    await socket.close()


async def _cut(socket: web.WebSocketResponse) -> None:
    await socket.send_bytes(b"\1half of an archi")
    transport = socket._req.transport if socket._req else None
    assert transport is not None
    transport.abort()


async def _troubled(socket: web.WebSocketResponse) -> None:
    status = {"status": "Failure", "code": 500, "message": "error dialing backend"}
    await socket.send_bytes(b"\3" + json.dumps(status).encode())


async def _nonsense(socket: web.WebSocketResponse) -> None:
    await socket.send_bytes(b"\3not a Status")


async def _deaf(socket: web.WebSocketResponse) -> None:
    await socket.send_bytes(b"\1something")
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("answer", "status", "detail"),
    [
        (_short, "unreachable", "before the command did"),
        (_cut, "unreachable", ""),
        (_troubled, "500", "error dialing backend"),
        (_nonsense, "unexpected", "not a Status"),
        (_deaf, "timeout", "nothing any more"),
    ],
)
def test_what_does_not_end_well_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer, status: str, detail: str
) -> None:
    monkeypatch.setattr("relab.clouds.exec.READ_SECONDS", 0.1)
    with serving(tmp_path, answer, V5, V4) as target:
        one = Running(Kube(), target, WEB, ["tar"])
        list(one.chunks())
    assert (one.reply.status, one.code) == (status, None)
    assert detail in one.reply.detail


def test_a_server_that_cannot_be_told_the_end_of_stdin(tmp_path: Path) -> None:
    with serving(tmp_path, _troubled, V4) as target:
        one = Running(Kube(), target, WEB, ["psql"], iter([b"x"]))
        assert list(one.chunks()) == []
    assert "stdin has no end" in one.reply.detail


def test_nobody_listens(tmp_path: Path) -> None:
    with serving(tmp_path, _troubled, V5) as target:
        pass
    one = Running(Kube(), target, WEB, ["ls"])
    assert list(one.chunks()) == []
    assert one.reply.status == "unreachable"
    one = Running(Kube(), KubeTarget(str(tmp_path / "none")), WEB, ["ls"])
    assert list(one.chunks()) == []
    assert one.reply.status == "no-credentials"
