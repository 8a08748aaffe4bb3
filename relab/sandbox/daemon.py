"""The sandbox's background process: `python -m relab.sandbox.daemon`, started by `launch`."""

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import os
import secrets
import signal
import sys
from pathlib import Path

from aiohttp import web

from profiles.loader import BUILTIN, load
from relab.errors import RelabError
from relab.events import Progress, to_json
from relab.sandbox.control import Control
from relab.sandbox.files import Address, write_all
from relab.sandbox.guardians import Guardians
from relab.sandbox.place import Daemon, Place
from relab.sandbox.process import process
from relab.sandbox.restrictions import SHUTDOWN_SECONDS
from relab.sandbox.world import World

_WATCH_SECONDS = 0.5
# Thousands of machine images that no course starts.
_SPARED = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
_LOG = logging.getLogger("relab.sandbox")


class Reports:
    """Progress for whoever started the sandbox, as JSON lines; nobody has to read it."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def tell(self, progress: Progress) -> None:
        """Write one event."""
        line = json.dumps(to_json(progress)) + "\n"
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.write(self._descriptor, line.encode())

    def close(self) -> None:
        """Say that the sandbox is ready, by ending the stream after a last line."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.write(self._descriptor, b"ready\n")
            os.close(self._descriptor)
            self._descriptor = None


async def serve(place: Place, reports: Reports, guardians: Guardians) -> None:
    """Run a sandbox until it is told to end, or until all `guardians` are gone."""
    stop = _stop_on_signals()
    world = World(load(str(BUILTIN / "sandbox.yaml")), place.folder)
    control = Control(world, secrets.token_urlsafe(32), guardians)
    runner = web.AppRunner(control.app(), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    try:
        address = await world.start()
        await _listen(place, world, control, runner, address)
        async for progress in world.seed():
            reports.tell(progress)
        gc.freeze()
        gc.enable()
        control.ready = True
        reports.close()
        _LOG.info("ready: %s and %s", address.aws, address.kubernetes)
        await _ended(stop, guardians)
    finally:
        await runner.cleanup()
        await world.stop()
        place.clear()


async def _listen(
    place: Place, world: World, control: Control, runner: web.AppRunner, address: Address
) -> None:
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    write_all(place, world.profile, world.people, address)
    place.record(
        Daemon(
            process=process(os.getpid()),
            control=f"http://127.0.0.1:{runner.addresses[0][1]}",
            secret=control.secret,
            aws=address.aws,
            kubernetes=address.kubernetes,
        )
    )


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _ended(stop: asyncio.Event, guardians: Guardians) -> None:
    while not stop.is_set() and guardians.any_left():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _WATCH_SECONDS)


def main() -> int:
    """Serve; the last line of the log says why it could not."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--reports", type=int)
    parser.add_argument("--while-pid", type=int)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    os.environ.update(_SPARED)
    # What a start loads stays for good: to look through it for garbage takes a fifth of the start.
    gc.disable()
    guardians = Guardians(process(given.while_pid) if given.while_pid else None)
    try:
        asyncio.run(serve(Place(given.state), Reports(given.reports), guardians))
    except (RelabError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
