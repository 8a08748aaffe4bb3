"""Run the real checks on a sandbox, and say what moved."""

from collections.abc import Iterable, Sequence

from profiles.model import Profile
from relab.checks.engine import Options, run
from relab.checks.registry import CHECKS
from relab.events import CheckFinished, Verdict

SEEDED = {
    check.id: Verdict.SKIP if check.id == "prep.repository" else Verdict.PASS for check in CHECKS
}
Moves = dict[str, Verdict]


def results(
    profile: Profile,
    tenants: Sequence[str],
    checks: Sequence[str] = (),
    options: Options | None = None,
) -> list[CheckFinished]:
    """Return the results of checking `tenants`, the profile's files saying who asks."""
    events = run(profile, tenants, checks, environ={}, options=options)
    return [event for event in events if isinstance(event, CheckFinished)]


def verdicts(found: Iterable[CheckFinished], tenant: str) -> Moves:
    """Return each check's verdict for `tenant`."""
    return {result.check: result.verdict for result in found if result.tenant == tenant}


def moved(found: Iterable[CheckFinished], tenant: str) -> Moves:
    """Return the verdicts of `tenant` that are not as seeded."""
    return {
        check: verdict
        for check, verdict in verdicts(found, tenant).items()
        if SEEDED[check] is not verdict
    }


def only(found: Iterable[CheckFinished], check: str) -> CheckFinished:
    """Return the one result of `check`."""
    (result,) = (one for one in found if one.check == check)
    return result
