"""What stands between the gate and moto's ECR: each caller's token, true digests and sizes."""

import base64
import json
import time
from typing import Any

from aiohttp import web

from relab.sandbox.aws import sigv4
from relab.sandbox.aws.account import Account
from relab.sandbox.aws.gate import Backend
from relab.sandbox.registry.blobs import digest_of
from relab.sandbox.registry.images import find, size_of
from relab.sandbox.registry.tokens import LIFETIME_SECONDS, Tokens

_SERVICE = "AmazonEC2ContainerRegistry_V20150921."
Doc = dict[str, Any]


class Door:
    """A backend in front of `backend`."""

    def __init__(self, backend: Backend, account: Account, tokens: Tokens) -> None:
        self._backend = backend
        self._account = account
        self._tokens = tokens

    async def answer(self, request: web.Request, body: bytes) -> web.Response:
        """Answer `request`, which the gate has let through."""
        target = request.headers.get("X-Amz-Target", "")
        if target == f"{_SERVICE}PutImage":
            return await self._backend(request, with_digest(body))
        if target == f"{_SERVICE}CompleteLayerUpload":
            self._keep_layer(body)
        answer = await self._backend(request, body)
        if answer.status != 200:
            return answer
        if target == f"{_SERVICE}GetAuthorizationToken":
            return self._with_tokens(request, body, answer)
        if target == f"{_SERVICE}DescribeImages":
            return self._with_sizes(answer)
        return answer

    def _with_tokens(self, request: web.Request, body: bytes, answer: web.Response) -> web.Response:
        signed = sigv4.Request(request.method, request.raw_path, request.headers.get, body)
        signature = sigv4.read(signed)
        said: Doc = json.loads(answer.text or "{}")
        expires = time.time() + LIFETIME_SECONDS
        password = self._tokens.issue(signature.access_key if signature else "", expires)
        for item in said.get("authorizationData", []):
            item["authorizationToken"] = base64.b64encode(f"AWS:{password}".encode()).decode()
            item["expiresAt"] = expires
        return _response(said)

    def _with_sizes(self, answer: web.Response) -> web.Response:
        """Tell how large images are: moto tells the size of their configs."""
        said: Doc = json.loads(answer.text or "{}")
        for item in said.get("imageDetails", []):
            holder = self._account.ecr.repositories.get(item["repositoryName"])
            image = find(holder, item["imageDigest"]) if holder else None
            if holder is not None and image is not None:
                item["imageSizeInBytes"] = size_of(holder, image)
        return _response(said)

    def _keep_layer(self, body: bytes) -> None:
        """Keep the bytes that `upload-layer-part` has brought: moto drops them."""
        asked = _parsed(body)
        repository = self._account.ecr.repositories.get(str(asked.get("repositoryName")))
        upload = repository.uploads.get(str(asked.get("uploadId"))) if repository else None
        if upload is not None:
            self._account.blobs.keep(bytes(upload.layer_parts))


def _response(said: Doc) -> web.Response:
    return web.json_response(said, content_type="application/x-amz-json-1.1")


def with_digest(body: bytes) -> bytes:
    """Return a `PutImage` that names its manifest's digest: moto would make one up."""
    asked = _parsed(body)
    manifest = asked.get("imageManifest")
    if not isinstance(manifest, str) or "imageDigest" in asked:
        return body
    return json.dumps({**asked, "imageDigest": digest_of(manifest.encode())}).encode()


def _parsed(body: bytes) -> Doc:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
