"""What became of a question to a cloud, as a small closed set.

A reply keeps its `status` (an HTTP code, an AWS error code or one of the words below); `outcome_of`
alone says what a status means, so a live reply and a recorded one are judged alike. Only `MISSING`
says that a thing is not there: no other failure may be read as absence.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

TIMEOUT = "timeout"
UNREACHABLE = "unreachable"
NO_CREDENTIALS = "no-credentials"
NO_IDENTITY = "no-identity"
UNEXPECTED = "unexpected"
DETAIL_LENGTH = 300


class Outcome(StrEnum):
    """How a question ended."""

    OK = "ok"
    MISSING = "missing"
    DENIED = "denied"
    EXPIRED = "expired"
    NO_CREDENTIALS = "no-credentials"
    NO_IDENTITY = "no-identity"
    THROTTLED = "throttled"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    UNAVAILABLE = "unavailable"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: its status, its JSON-able body when all went well, else a line of `detail`."""

    status: str
    body: Any = None
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether the question was answered."""
        return self.status in _OK


_OK = frozenset({"200", "201", "202"})
_WORDS = {
    TIMEOUT: Outcome.TIMEOUT,
    UNREACHABLE: Outcome.UNREACHABLE,
    NO_CREDENTIALS: Outcome.NO_CREDENTIALS,
    NO_IDENTITY: Outcome.NO_IDENTITY,
}
_HTTP = {
    "401": Outcome.EXPIRED,
    "403": Outcome.DENIED,
    "429": Outcome.THROTTLED,
    "502": Outcome.UNAVAILABLE,
    "503": Outcome.UNAVAILABLE,
    "504": Outcome.UNAVAILABLE,
}
_AWS = {
    Outcome.MISSING: """
        NoSuchBucket RepositoryNotFoundException LifecyclePolicyNotFoundException
        ServerSideEncryptionConfigurationNotFoundError NoSuchPublicAccessBlockConfiguration
    """,
    Outcome.DENIED: """
        AccessDenied AccessDeniedException UnauthorizedOperation AllAccessDisabled
        NotAuthorized OptInRequired AccountProblem AuthorizationError AuthorizationErrorException
    """,
    Outcome.EXPIRED: """
        ExpiredToken ExpiredTokenException InvalidClientTokenId UnrecognizedClientException
        InvalidAccessKeyId InvalidToken TokenRefreshRequired SignatureDoesNotMatch AuthFailure
        InvalidSignatureException IncompleteSignature MissingAuthenticationToken RequestExpired
        RequestTimeTooSkewed NotSignedUp
    """,
    Outcome.THROTTLED: """
        Throttling ThrottlingException ThrottledException TooManyRequestsException SlowDown
        RequestThrottled RequestThrottledException RequestLimitExceeded BandwidthLimitExceeded
        PriorRequestNotComplete LimitExceededException EC2ThrottledException
        ProvisionedThroughputExceededException
    """,
    Outcome.UNAVAILABLE: """
        ServiceUnavailable ServiceUnavailableException InternalError ServerException
    """,
}
_AWS_CODES = {code: outcome for outcome, codes in _AWS.items() for code in codes.split()}


def outcome_of(source: str, status: str) -> Outcome:
    """Return what `status` means when `source` (`aws`, `kubernetes`, `local`) said it.

    A bare 404 counts as `MISSING` only from Kubernetes, whose client has seen the API's own
    Status object; from AWS it is a route that does not exist.
    """
    if status in _OK:
        return Outcome.OK
    if status == "404" and source != "aws":
        return Outcome.MISSING
    by_code = _AWS_CODES if source == "aws" else {}
    return _WORDS.get(status) or _HTTP.get(status) or by_code.get(status) or Outcome.UNEXPECTED


def shorten(detail: object) -> str:
    """Return `detail` on one line of at most `DETAIL_LENGTH` characters."""
    line = " ".join(str(detail).split())
    return line if len(line) <= DETAIL_LENGTH else line[: DETAIL_LENGTH - 1] + "…"
