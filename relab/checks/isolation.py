"""Whether tenants are closed to each other, asked as the tenant and nobody else.

Only the API's own 403 to the tenant proves that a namespace is closed: no answer, an expired token
or a refused impersonation proves nothing.
"""

from relab.checks import ask
from relab.checks.case import Case
from relab.clouds.outcome import Outcome
from relab.events import Finding


def neighbour_closed(case: Case, at: str = "") -> Finding:
    """Return whether the neighbour's namespace refuses the tenant."""
    other = case.neighbour.namespaces[0]
    answer = case.ask(ask.pods_strictly(other))
    if answer.outcome is Outcome.DENIED:
        return case.passed("isolation.closed", at=at, other=other, identity=answer.identity)
    case.told(answer)
    return case.warned("isolation.open", "isolation.ask", at=at, other=other)


def own_open(case: Case, namespace: str, at: str) -> Finding:
    """Return whether the tenant itself can read its own namespace."""
    answer = case.ask(ask.pods_strictly(namespace))
    if answer.outcome is Outcome.DENIED:
        return case.failed("isolation.own-closed", "isolation.own-ask", at=at, own=namespace)
    case.told(answer)
    return case.passed("isolation.own-open", at=at, own=namespace, identity=answer.identity)
