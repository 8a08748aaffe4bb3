"""The environment in which a person's own `kubectl` and `aws` work on the sandbox."""

import shlex
from collections.abc import Callable, Mapping
from configparser import ConfigParser

from profiles.model import Profile
from profiles.naming import names
from relab.sandbox.people import ADMIN
from relab.sandbox.place import Place

_UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
Exports = Mapping[str, str | None]


def exports(
    place: Place, profile: Profile, tenant: str | None, environ: Mapping[str, str]
) -> Exports:
    """Return the variables to set, and those to unset (None), for `tenant` or the admin.

    The admin works with the instructor's number, and `environ` gives the NO_PROXY to extend.
    """
    called = names(profile, tenant or _instructor(profile))
    person = called.user if tenant else ADMIN
    return {
        "RELAB_PROFILE": profile.name,
        "KUBECONFIG": str(place.kubeconfig(person)),
        **_aws(place, profile, person),
        "USER_NUM": called.number,
        "NAMESPACE": called.namespaces[0],
        "S3_BUCKET": called.buckets[0],
        "NO_PROXY": _no_proxy(environ, "NO_PROXY"),
        "no_proxy": _no_proxy(environ, "no_proxy"),
        **dict.fromkeys(_UNSET),
    }


def _aws(place: Place, profile: Profile, person: str) -> Exports:
    keys = _keys(place, person)
    return {
        "AWS_ENDPOINT_URL": profile.aws.endpoint,
        "AWS_REGION": profile.aws.region,
        "AWS_DEFAULT_REGION": profile.aws.region,
        "AWS_ACCESS_KEY_ID": keys["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": keys["aws_secret_access_key"],
        "AWS_SHARED_CREDENTIALS_FILE": str(place.credentials),
        "AWS_CONFIG_FILE": str(place.aws_config),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def applied(found: Exports, environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` with the exports in it."""
    kept = {key: value for key, value in environ.items() if key not in found}
    return kept | {key: value for key, value in found.items() if value is not None}


def script(found: Exports, shell: str) -> str:
    """Return the exports as text for `shell` (sh, fish or powershell) to evaluate."""
    write = SHELLS[shell]
    return "".join(f"{write(key, value)}\n" for key, value in found.items())


def _sh(key: str, value: str | None) -> str:
    return f"unset {key}" if value is None else f"export {key}={shlex.quote(value)}"


def _fish(key: str, value: str | None) -> str:
    if value is None:
        return f"set -e {key}"
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {key} '{quoted}'"


def _powershell(key: str, value: str | None) -> str:
    if value is None:
        return f"Remove-Item Env:{key} -ErrorAction SilentlyContinue"
    quoted = value.replace("'", "''")
    return f"$env:{key} = '{quoted}'"


SHELLS: Mapping[str, Callable[[str, str | None], str]] = {
    "sh": _sh,
    "fish": _fish,
    "powershell": _powershell,
}


def _instructor(profile: Profile) -> str:
    numbers = (
        number for group in profile.roster if group.role == "instructor" for number in group.numbers
    )
    return next(numbers, profile.tenants[0])


def _keys(place: Place, person: str) -> Mapping[str, str]:
    parser = ConfigParser(interpolation=None)
    parser.read_string(place.credentials.read_text(encoding="utf-8"))
    return parser[person]


def _no_proxy(environ: Mapping[str, str], key: str) -> str:
    hosts = [item for item in environ.get(key, "").split(",") if item]
    return ",".join([*hosts, *(host for host in _LOOPBACK if host not in hosts)])
