"""Who is asking: bearer tokens, service-account tokens and impersonation headers."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from relab.sandbox.kube.model import AUTHENTICATED, User
from relab.sandbox.kube.paths import Asked
from relab.sandbox.kube.rbac import Authorizer, refusal
from relab.sandbox.kube.status import bad_request, unauthorized

Authenticator = Callable[[str], User | None]

_SA_PREFIX = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class Issued:
    """A service-account token made by this server; `until` is a monotonic time in seconds."""

    user: User
    until: float


class Authentication:
    """Turns a token into a user: the given ones first, then issued ones, then other verifiers."""

    def __init__(self, tokens: Mapping[str, User], authenticators: Sequence[Authenticator]) -> None:
        self._tokens = tokens
        self._authenticators = tuple(authenticators)
        self._issued: dict[str, Issued] = {}

    def user_of(self, token: str) -> User | None:
        """Return the user a token stands for, with the groups every user has; None if unknown."""
        user = self._tokens.get(token) or self._issued_to(token)
        if user is None:
            found = (verify(token) for verify in self._authenticators)
            user = next((one for one in found if one is not None), None)
        return with_groups(user) if user is not None else None

    def _issued_to(self, token: str) -> User | None:
        issued = self._issued.get(token)
        return issued.user if issued and issued.until > time.monotonic() else None

    def issue(self, namespace: str, name: str, uid: str, seconds: int) -> str:
        """Return a new token for a service account, good for `seconds`."""
        alive = {key: one for key, one in self._issued.items() if one.until > time.monotonic()}
        token = secrets.token_urlsafe(32)
        user = User(f"{_SA_PREFIX}{namespace}:{name}", uid, ())
        self._issued = alive | {token: Issued(user, time.monotonic() + seconds)}
        return token

    def identify(self, headers: Mapping[str, str], authorizer: Authorizer) -> User:
        """Return the user of a request, after impersonation; raises 401 or 403."""
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        user = self.user_of(token.strip()) if scheme.lower() == "bearer" else None
        if user is None:
            raise unauthorized()
        return _impersonated(user, headers, authorizer)


def with_groups(user: User) -> User:
    """Return the user with the groups that its name and being known imply."""
    implied = [AUTHENTICATED]
    if user.name.startswith(_SA_PREFIX):
        namespace = user.name.removeprefix(_SA_PREFIX).partition(":")[0]
        implied += ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"]
    missing = tuple(group for group in implied if group not in user.groups)
    return replace(user, groups=user.groups + missing) if missing else user


def _impersonated(user: User, headers: Mapping[str, str], authorizer: Authorizer) -> User:
    name = headers.get("Impersonate-User", "")
    all_values = getattr(
        headers, "getall", lambda key, default: [headers[key]] if key in headers else default
    )
    groups: list[str] = list(all_values("Impersonate-Group", []))
    uid = headers.get("Impersonate-Uid", "")
    if not name:
        if groups or uid:
            raise bad_request("requested impersonation without impersonating a user")
        return user
    for wanted in _impersonation(name, groups, uid):
        if not authorizer.allows(user, wanted):
            raise refusal(user, wanted)
    return with_groups(User(name, uid, tuple(groups)))


def _impersonation(name: str, groups: Sequence[str], uid: str) -> list[Asked]:
    namespace, _, account = name.removeprefix(_SA_PREFIX).partition(":")
    if name.startswith(_SA_PREFIX):
        wanted = [Asked("impersonate", "", "serviceaccounts", namespace, account)]
    else:
        wanted = [Asked("impersonate", "", "users", "", name)]
    wanted += [Asked("impersonate", "", "groups", "", group) for group in groups]
    if uid:
        wanted.append(Asked("impersonate", "authentication.k8s.io", "uids", "", uid))
    return wanted
