"""What answers behind each tenant's `mlflow-server` service: health, version, experiments, a page.

One port a tenant tells them apart, since a port-forward carries bytes and no names.
"""

from collections.abc import Mapping, Sequence
from html import escape

from aiohttp import web

from relab.sandbox.restrictions import SHUTDOWN_SECONDS

VERSION = "2.16.2"
Experiment = Mapping[str, str]
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>MLflow</title></head>
<body><h1>MLflow {version}</h1><p>Tracking server of <b>{user}</b></p>
<table><tr><th>Experiment</th><th>Name</th><th>Artifacts</th></tr>
{rows}</table></body></html>
"""
_ROW = "<tr><td>{experiment_id}</td><td>{name}</td><td>{artifact_location}</td></tr>\n"


class TrackingServers:
    """A small HTTP server a tenant."""

    def __init__(self, experiments: Mapping[str, Sequence[Experiment]]) -> None:
        self.ports: dict[str, int] = {}
        self._experiments = experiments
        self._runners: list[web.AppRunner] = []

    async def start(self) -> None:
        """Listen on one free loopback port a tenant."""
        for tenant in self._experiments:
            runner = web.AppRunner(
                self._app(tenant), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS
            )
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.ports[tenant] = runner.addresses[0][1]
            self._runners.append(runner)

    async def stop(self) -> None:
        """Close every port."""
        for runner in self._runners:
            await runner.cleanup()

    def _app(self, tenant: str) -> web.Application:
        experiments = self._experiments[tenant]

        async def page(_: web.Request) -> web.Response:
            return web.Response(text=_page(tenant, experiments), content_type="text/html")

        async def search(_: web.Request) -> web.Response:
            return web.json_response({"experiments": [_shown(item) for item in experiments]})

        app = web.Application()
        app.router.add_get("/", page)
        app.router.add_get("/health", _health)
        app.router.add_get("/version", _version)
        app.router.add_route("*", "/api/2.0/mlflow/experiments/search", search)
        return app


async def _health(_: web.Request) -> web.Response:
    return web.Response(text="OK")


async def _version(_: web.Request) -> web.Response:
    return web.Response(text=VERSION)


def _page(tenant: str, experiments: Sequence[Experiment]) -> str:
    rows = "".join(
        _ROW.format(**{key: escape(value) for key, value in item.items()}) for item in experiments
    )
    return _PAGE.format(version=VERSION, user=escape(tenant), rows=rows)


def _shown(experiment: Experiment) -> dict[str, str]:
    return {**experiment, "lifecycle_stage": "active"}
