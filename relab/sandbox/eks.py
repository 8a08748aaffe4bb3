"""The tokens of `aws eks get-token`: a presigned GetCallerIdentity, checked without a call."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from relab.sandbox.aws import sigv4
from relab.sandbox.aws.account import Account
from relab.sandbox.people import Person
from relab.sandbox.restrictions import Restrictions

_PREFIX = "k8s-aws-v1."
_CLUSTER_HEADER = "x-k8s-aws-id"
_ACTION = ("Action", "GetCallerIdentity")
# EKS honours a token for 15 minutes after it was signed, whatever expiry the URL names.
_LIFETIME = timedelta(minutes=15)


def reader(
    account: Account, cluster: str, restrictions: Restrictions
) -> Callable[[str], Person | None]:
    """Return a function from a token to the person whose key signed it for `cluster`, or None."""

    def person_of(token: str) -> Person | None:
        request = _request(token, cluster)
        signature = sigv4.read(request) if request else None
        if request is None or signature is None or not _fitting(request, signature):
            return None
        key = account.find_key(signature.access_key)
        if key is None or not sigv4.valid(request, signature, key.secret):
            return None
        person = account.person_of(signature.access_key)
        return None if person and person.name in restrictions.expired else person

    return person_of


def _request(token: str, cluster: str) -> sigv4.Request | None:
    if not token.startswith(_PREFIX):
        return None
    text = token.removeprefix(_PREFIX)
    try:
        url = urlsplit(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    except (binascii.Error, ValueError):
        return None
    headers = {"host": url.netloc, _CLUSTER_HEADER: cluster}
    return sigv4.Request("GET", f"{url.path or '/'}?{url.query}", headers.get)


def _fitting(request: sigv4.Request, signature: sigv4.Signature) -> bool:
    named = {"host", _CLUSTER_HEADER} <= set(signature.headers)
    return (
        named
        and signature.service == "sts"
        and signature.lifetime is not None
        and _ACTION in request.query
        and not signature.older_than(_LIFETIME, datetime.now(UTC))
    )
