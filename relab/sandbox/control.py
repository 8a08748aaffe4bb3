"""The control endpoint of a running sandbox: break, mend, reset and status, behind a secret."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from profiles.naming import tenant_number
from relab.errors import UsageError
from relab.sandbox.faults.about import ABOUT
from relab.sandbox.guardians import Guardians
from relab.sandbox.process import process
from relab.sandbox.world import World
from relab.text import safe

Answer = dict[str, Any]
ALL = "all"


@dataclass(frozen=True, slots=True)
class Order:
    """What a caller asks for, checked: a fault of the table, and the tenant it needs, if any."""

    fault: str
    tenant: str | None


class Control:
    """Carries out orders on a world, one at a time."""

    def __init__(self, world: World, secret: str, guardians: Guardians) -> None:
        self._world = world
        self._guardians = guardians
        self.secret = secret
        self._turn = asyncio.Lock()
        self.ready = False

    def app(self) -> web.Application:
        """Return the endpoint's application."""
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/status", self._handler(self._status))
        app.router.add_post("/keep", self._handler(self._keep))
        app.router.add_post("/break", self._handler(self._break))
        app.router.add_post("/mend", self._handler(self._mend))
        app.router.add_post("/reset", self._handler(self._reset))
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self.secret.encode()):
            return web.json_response({"error": "unknown secret"}, status=401)
        try:
            return await handler(request)
        except UsageError as error:
            return web.json_response({"error": error.what, "fix": error.fix}, status=400)

    def _handler(self, answer: Callable[[Answer], Awaitable[Answer]]) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            body = await request.json() if request.can_read_body else {}
            async with self._turn:
                return web.json_response(await answer(body))

        return handle

    async def _status(self, _: Answer) -> Answer:
        return {
            "ready": self.ready,
            "counts": asdict(self._world.counts()),
            "faults": [asdict(fault) for fault in self._world.faults],
        }

    async def _keep(self, body: Answer) -> Answer:
        pid = body.get("while_pid")
        self._guardians.add(process(int(pid)) if pid else None)
        return {"kept": True}

    async def _break(self, body: Answer) -> Answer:
        order = self._order(body)
        return {**asdict(order), "changed": self._world.break_(order.fault, order.tenant)}

    async def _mend(self, body: Answer) -> Answer:
        if body.get("fault") != ALL:
            order = self._order(body)
            return {**asdict(order), "changed": self._world.mend(order.fault, order.tenant)}
        tenant = self._tenant(body)
        wanted = [item for item in self._world.faults if tenant in (None, item.tenant)]
        for item in reversed(wanted):
            self._world.mend(item.fault, item.tenant)
        mended = [asdict(item) for item in wanted]
        return {"fault": ALL, "tenant": tenant, "changed": bool(wanted), "mended": mended}

    async def _reset(self, body: Answer) -> Answer:
        await self._world.reset(empty=bool(body.get("empty")))
        return {"counts": asdict(self._world.counts())}

    def _order(self, body: Answer) -> Order:
        name = str(body.get("fault"))
        fault = ABOUT.get(name)
        if fault is None:
            raise UsageError(f"no fault '{safe(name)}'", fix=f"choose one of {', '.join(ABOUT)}")
        if fault.of == "platform":
            return Order(name, None)
        tenant = self._tenant(body)
        if tenant is None:
            raise UsageError(f"fault '{name}' needs a tenant", fix="add --tenant NN")
        return Order(name, tenant)

    def _tenant(self, body: Answer) -> str | None:
        raw = body.get("tenant")
        return tenant_number(self._world.profile, str(raw)) if raw else None
