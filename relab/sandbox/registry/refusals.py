"""The registry API's errors: a code, its status, and the JSON that says so."""

from http import HTTPStatus
from typing import NoReturn

from aiohttp import web

_STATUS = {
    "BLOB_UNKNOWN": HTTPStatus.NOT_FOUND,
    "BLOB_UPLOAD_INVALID": HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    "BLOB_UPLOAD_UNKNOWN": HTTPStatus.NOT_FOUND,
    "DENIED": HTTPStatus.FORBIDDEN,
    "DIGEST_INVALID": HTTPStatus.BAD_REQUEST,
    "MANIFEST_BLOB_UNKNOWN": HTTPStatus.BAD_REQUEST,
    "MANIFEST_INVALID": HTTPStatus.BAD_REQUEST,
    "MANIFEST_UNKNOWN": HTTPStatus.NOT_FOUND,
    "NAME_UNKNOWN": HTTPStatus.NOT_FOUND,
    "SIZE_INVALID": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "TAG_INVALID": HTTPStatus.BAD_REQUEST,
    "TOOMANYREQUESTS": HTTPStatus.TOO_MANY_REQUESTS,
    "UNAUTHORIZED": HTTPStatus.UNAUTHORIZED,
    "UNSUPPORTED": HTTPStatus.METHOD_NOT_ALLOWED,
}


class Refusal(Exception):
    """A request that is answered with the error `code` and a `message`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def refuse(code: str, message: str) -> NoReturn:
    """End the request with an error."""
    raise Refusal(code, message)


def response(refusal: Refusal) -> web.Response:
    """Return the answer that says `refusal`."""
    error = {"code": refusal.code, "message": refusal.message}
    headers = {}
    if refusal.code == "UNAUTHORIZED":
        headers["WWW-Authenticate"] = 'Basic realm="sandbox",service="ecr.amazonaws.com"'
    return web.json_response({"errors": [error]}, status=_STATUS[refusal.code], headers=headers)
