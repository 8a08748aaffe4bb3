"""AWS's own words for a refusal, in the format of each protocol."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import uuid4
from xml.sax.saxutils import escape


class Wire(StrEnum):
    """How a service writes its errors."""

    S3 = "s3"
    QUERY = "query"
    EC2 = "ec2"
    JSON = "json"
    REST_JSON = "rest-json"


class Reason(StrEnum):
    """Why a request is refused."""

    UNSIGNED = "unsigned"
    UNKNOWN_KEY = "unknown-key"
    WRONG_SECRET = "wrong-secret"  # noqa: S105 - a reason, not a password
    EXPIRED_LINK = "expired-link"
    EXPIRED = "expired"
    DENIED = "denied"
    THROTTLED = "throttled"


@dataclass(frozen=True, slots=True)
class Words:
    """A status, an error code and a message; `{action}` and `{arn}` may stand in the message."""

    status: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, ready to send."""

    status: int
    headers: Mapping[str, str]
    body: bytes


_NO_TOKEN = "Request is missing Authentication Token"  # noqa: S105 - a message, not a password
_BAD_TOKEN = "The security token included in the request is invalid."  # noqa: S105 - the same
_OLD_TOKEN = "The security token included in the request is expired"  # noqa: S105 - the same
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method."
)
_NOT_ALLOWED = (
    "User: {arn} is not authorized to perform: {action} "
    "because no identity-based policy allows the {action} action"
)

_QUERY = {
    Reason.UNSIGNED: Words(403, "MissingAuthenticationToken", _NO_TOKEN),
    Reason.UNKNOWN_KEY: Words(403, "InvalidClientTokenId", _BAD_TOKEN),
    Reason.WRONG_SECRET: Words(403, "SignatureDoesNotMatch", _MISMATCH),
    Reason.EXPIRED_LINK: Words(403, "SignatureDoesNotMatch", "Signature expired"),
    Reason.EXPIRED: Words(403, "ExpiredToken", _OLD_TOKEN),
    Reason.DENIED: Words(403, "AccessDenied", _NOT_ALLOWED),
    Reason.THROTTLED: Words(400, "Throttling", "Rate exceeded"),
}
_JSON = {
    Reason.UNSIGNED: Words(400, "MissingAuthenticationTokenException", _NO_TOKEN),
    Reason.UNKNOWN_KEY: Words(400, "UnrecognizedClientException", _BAD_TOKEN),
    Reason.WRONG_SECRET: Words(400, "InvalidSignatureException", _MISMATCH),
    Reason.EXPIRED_LINK: Words(400, "InvalidSignatureException", "Signature expired"),
    Reason.EXPIRED: Words(400, "ExpiredTokenException", _OLD_TOKEN),
    Reason.DENIED: Words(400, "AccessDeniedException", _NOT_ALLOWED),
    Reason.THROTTLED: Words(400, "ThrottlingException", "Rate exceeded"),
}
_S3 = {
    Reason.UNSIGNED: Words(403, "AccessDenied", "Access Denied"),
    Reason.UNKNOWN_KEY: Words(
        403,
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
    ),
    Reason.WRONG_SECRET: Words(403, "SignatureDoesNotMatch", _MISMATCH),
    Reason.EXPIRED_LINK: Words(403, "AccessDenied", "Request has expired"),
    Reason.EXPIRED: Words(400, "ExpiredToken", "The provided token has expired."),
    Reason.DENIED: Words(403, "AccessDenied", "Access Denied"),
    Reason.THROTTLED: Words(503, "SlowDown", "Please reduce your request rate."),
}
_AUTH_FAILURE = Words(401, "AuthFailure", "AWS was not able to validate the provided credentials")
_EC2 = _QUERY | {
    Reason.UNKNOWN_KEY: _AUTH_FAILURE,
    Reason.WRONG_SECRET: _AUTH_FAILURE,
    Reason.DENIED: Words(403, "UnauthorizedOperation", "You are not authorized"),
    Reason.THROTTLED: Words(503, "RequestLimitExceeded", "Request limit exceeded."),
}
_REST_JSON = _JSON | {
    Reason.UNKNOWN_KEY: Words(403, "UnrecognizedClientException", _BAD_TOKEN),
    Reason.WRONG_SECRET: Words(403, "InvalidSignatureException", _MISMATCH),
    Reason.EXPIRED: Words(403, "ExpiredTokenException", _OLD_TOKEN),
    Reason.DENIED: Words(403, "AccessDeniedException", _NOT_ALLOWED),
    Reason.THROTTLED: Words(429, "ThrottlingException", "Rate exceeded"),
}
_WORDS: Mapping[Wire, Mapping[Reason, Words]] = {
    Wire.S3: _S3,
    Wire.QUERY: _QUERY,
    Wire.EC2: _EC2,
    Wire.JSON: _JSON,
    Wire.REST_JSON: _REST_JSON,
}
_XML = {
    Wire.S3: "<Error><Code>{code}</Code><Message>{message}</Message>"
    "<RequestId>{id}</RequestId></Error>",
    Wire.QUERY: "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
    "<Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>",
    Wire.EC2: "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message>"
    "</Error></Errors><RequestID>{id}</RequestID></Response>",
}


def refusal(wire: Wire, reason: Reason, *, action: str, arn: str) -> Reply:
    """Return the answer AWS gives for `reason`; `action` is such as `ecr:ListImages`."""
    words = _WORDS[wire][reason]
    message = words.message.format(action=action, arn=arn)
    number = str(uuid4())
    if wire in _XML:
        text = _XML[wire].format(code=words.code, message=escape(message), id=number)
        headers = {"Content-Type": "application/xml", "x-amzn-RequestId": number}
        return Reply(words.status, headers, f'<?xml version="1.0"?>{text}'.encode())
    body = json.dumps({"__type": words.code, "message": message}).encode()
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "x-amzn-ErrorType": words.code,
        "x-amzn-RequestId": number,
    }
    return Reply(words.status, headers, body)
