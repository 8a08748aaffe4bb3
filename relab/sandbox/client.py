"""Orders to a running sandbox, over its control endpoint. Loads neither moto nor aiohttp."""

import json
import urllib.error
import urllib.request
from typing import Any

from relab.errors import RelabError, UsageError
from relab.sandbox.place import Daemon, Place

_TIMEOUT_SECONDS = 60.0


def running(place: Place) -> Daemon:
    """Return the running daemon; RelabError when there is none."""
    daemon = place.daemon()
    if daemon is None:
        raise RelabError("the sandbox is not running", fix="relab sandbox up")
    return daemon


def status(place: Place) -> dict[str, Any]:
    """Return `ready`, `counts` and the active `faults` (with `tenant` null for the platform)."""
    return ask(place, "GET", "/status")


def keep(place: Place, while_pid: int | None) -> None:
    """Let the running sandbox live as long as process `while_pid` too, or for good (None)."""
    ask(place, "POST", "/keep", {"while_pid": while_pid})


def break_(place: Place, fault: str, tenant: str | None) -> dict[str, Any]:
    """Put `fault` in force; the answer's `changed` is false when it already was."""
    return ask(place, "POST", "/break", {"fault": fault, "tenant": tenant})


def mend(place: Place, fault: str, tenant: str | None) -> dict[str, Any]:
    """Undo `fault`, or `all`; the answer's `changed` is false when nothing was in force."""
    return ask(place, "POST", "/mend", {"fault": fault, "tenant": tenant})


def reset(place: Place, *, empty: bool) -> dict[str, Any]:
    """Wipe everything and seed again, unless `empty`."""
    return ask(place, "POST", "/reset", {"empty": empty})


def ask(place: Place, method: str, path: str, body: object = None) -> dict[str, Any]:
    """Return the endpoint's answer; UsageError for a wrong order, RelabError when it is silent."""
    daemon = running(place)
    request = urllib.request.Request(  # noqa: S310 - the address is our own file's, on loopback
        f"{daemon.control}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {daemon.secret}", "Content-Type": "application/json"},
    )
    # No proxy of the environment may come between us and the loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        raise _refused(error) from error
    except (OSError, ValueError) as error:
        raise RelabError(
            "the sandbox does not answer",
            where=daemon.control,
            fix="relab sandbox down, then relab sandbox up",
        ) from error


def _refused(error: urllib.error.HTTPError) -> RelabError:
    try:
        said = json.load(error)
        return UsageError(str(said["error"]), fix=str(said.get("fix", "")))
    except (ValueError, KeyError):
        return RelabError(f"the sandbox answered {error.code}", fix="read its log")
