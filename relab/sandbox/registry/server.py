"""The registry API of the sandbox on a port of its own: who calls, and what is answered."""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from aiohttp import web
from moto.ecr.models import Image

from relab.sandbox.aws.account import Account
from relab.sandbox.registry import images
from relab.sandbox.registry.blobs import Blob, in_memory
from relab.sandbox.registry.images import Pushed, repository
from relab.sandbox.registry.pieces import page, stream
from relab.sandbox.registry.refusals import Refusal, refuse, response
from relab.sandbox.registry.tokens import Tokens, basic
from relab.sandbox.registry.uploads import Upload, Uploads
from relab.sandbox.restrictions import SHUTDOWN_SECONDS, SLOW_SECONDS, Restrictions

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_CHUNK = 256 * 1024
_VERSION = {"Docker-Distribution-Api-Version": "registry/2.0"}
_NAME = "/v2/{name:.+}"


class RegistryServer:
    """Serves the images of `account` to whoever brings a password of `tokens`."""

    def __init__(self, account: Account, restrictions: Restrictions, tokens: Tokens) -> None:
        self._account = account
        self._restrictions = restrictions
        self._tokens = tokens
        self._uploads = Uploads()
        self._runner = web.AppRunner(
            self._app(), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS, auto_decompress=False
        )

    async def start(self, host: str) -> str:
        """Listen on a free port of `host` and return the address."""
        await self._runner.setup()
        await web.TCPSite(self._runner, host, 0).start()
        return f"http://{host}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close the port."""
        await self._runner.cleanup()

    def forget(self) -> None:
        """Give up all uploads."""
        self._uploads.forget()

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=0)
        one, begin = f"{_NAME}/blobs/uploads/{{upload}}", f"{_NAME}/blobs/uploads/"
        routes: list[tuple[str, str, Handler]] = [
            ("GET", "/v2/", self._ping),
            ("GET", f"{_NAME}/tags/list", self._tags),
            ("GET", f"{_NAME}/manifests/{{reference}}", self._manifest),
            ("PUT", f"{_NAME}/manifests/{{reference}}", self._put_manifest),
            ("POST", begin, self._begin),
            ("GET", one, self._progress),
            ("PATCH", one, self._add),
            ("PUT", one, self._finish),
            ("DELETE", one, self._cancel),
            ("GET", f"{_NAME}/blobs/{{digest}}", self._blob),
        ]
        app.add_routes([web.route(method, path, handle) for method, path, handle in routes])
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            await self._admit(request)
            answer = await handler(request)
        except Refusal as refusal:
            answer = response(refusal)
        except web.HTTPMethodNotAllowed:
            answer = response(Refusal("UNSUPPORTED", "ECR has no such operation"))
        except web.HTTPNotFound:
            answer = response(Refusal("NAME_UNKNOWN", "no such path"))
        if not answer.prepared:
            answer.headers.update(_VERSION)
        return answer

    async def _admit(self, request: web.Request) -> None:
        user, password = basic(request.headers.get("Authorization", ""))
        access_key = self._tokens.access_key(password) if user == "AWS" else None
        key = self._account.find_key(access_key) if access_key else None
        if key is None:
            refuse("UNAUTHORIZED", "authentication required")
        held = self._restrictions
        if key.person in held.slow:
            await asyncio.sleep(SLOW_SECONDS)
        if key.person in held.expired:
            refuse("UNAUTHORIZED", "Your authorization token has expired. Reauthenticate.")
        if key.person in held.throttled:
            refuse("TOOMANYREQUESTS", "Rate exceeded")
        if key.person in held.denied:
            refuse("DENIED", f"User: {key.arn} is not authorized")

    async def _ping(self, _: web.Request) -> web.Response:
        return web.json_response({})

    async def _tags(self, request: web.Request) -> web.Response:
        holder = repository(self._account, request.match_info["name"])
        tags = [tag for image in holder.images for tag in image.image_tags]
        return web.json_response({"name": holder.name, "tags": page(tags, request.query)})

    async def _manifest(self, request: web.Request) -> web.StreamResponse:
        holder = repository(self._account, request.match_info["name"])
        image = images.find(holder, request.match_info["reference"])
        if image is None:
            refuse("MANIFEST_UNKNOWN", "Requested image not found")
        return await stream(request, _bytes(image), _named(image))

    async def _put_manifest(self, request: web.Request) -> web.Response:
        holder = repository(self._account, request.match_info["name"])
        data = await request.content.read(images.MOST_BYTES + 1)
        while more := await request.content.read(images.MOST_BYTES + 1 - len(data)):
            data += more
        pushed = Pushed(request.match_info["reference"], request.content_type, data)
        digest = images.put(self._account, holder, pushed)
        return _created(f"/v2/{holder.name}/manifests/{digest}", digest)

    async def _blob(self, request: web.Request) -> web.StreamResponse:
        digest = request.match_info["digest"]
        found = self._linked(request.match_info["name"], digest)
        if found is None:
            refuse("BLOB_UNKNOWN", "blob unknown to registry")
        kind = {"Content-Type": "application/octet-stream", "Docker-Content-Digest": digest}
        return await stream(request, found, {**_VERSION, **kind})

    async def _begin(self, request: web.Request) -> web.Response:
        holder = repository(self._account, request.match_info["name"])
        mount, origin = request.query.get("mount", ""), request.query.get("from", "")
        if origin in self._account.ecr.repositories:
            found = self._linked(origin, mount)
            if found is not None:
                holder.layers[mount] = found.size
                return _created(f"/v2/{holder.name}/blobs/{mount}", mount)
        upload = self._uploads.begin(holder.name)
        if "digest" in request.query:
            return await self._finished(request, upload)
        return _accepted(upload)

    async def _progress(self, request: web.Request) -> web.Response:
        return _accepted(self._upload(request), status=204)

    async def _add(self, request: web.Request) -> web.Response:
        upload = self._upload(request)
        said = request.headers.get("Content-Range", "")
        await upload.add(request.content.iter_chunked(_CHUNK), said)
        return _accepted(upload)

    async def _finish(self, request: web.Request) -> web.Response:
        return await self._finished(request, self._upload(request))

    async def _cancel(self, request: web.Request) -> web.Response:
        upload = self._upload(request)
        self._uploads.end(upload)
        upload.cancel()
        return web.Response(status=204)

    async def _finished(self, request: web.Request, upload: Upload) -> web.Response:
        await upload.add(request.content.iter_chunked(_CHUNK))
        digest = request.query.get("digest", "")
        self._uploads.end(upload)
        upload.finish(digest, self._account.blobs)
        repository(self._account, upload.repository).layers[digest] = upload.size
        return _created(f"/v2/{upload.repository}/blobs/{digest}", digest)

    def _upload(self, request: web.Request) -> Upload:
        holder = repository(self._account, request.match_info["name"])
        return self._uploads.find(holder.name, request.match_info["upload"])

    def _linked(self, name: str, digest: str) -> Blob | None:
        linked = digest in repository(self._account, name).layers
        return self._account.blobs.find(digest) if linked else None


def _bytes(image: Image) -> Blob:
    return in_memory(image.image_manifest.encode())


def _named(image: Image) -> dict[str, str]:
    kind, digest = image.image_manifest_media_type, image.image_digest
    return {**_VERSION, "Content-Type": str(kind), "Docker-Content-Digest": digest}


def _created(path: str, digest: str) -> web.Response:
    headers = {"Location": quote(path, safe="/:"), "Docker-Content-Digest": digest}
    return web.Response(status=201, headers=headers)


def _accepted(upload: Upload, status: int = 202) -> web.Response:
    path = quote(f"/v2/{upload.repository}/blobs/uploads/{upload.id}")
    headers = {"Location": path, "Range": upload.range, "Docker-Upload-UUID": upload.id}
    return web.Response(status=status, headers=headers)
