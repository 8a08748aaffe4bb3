"""What the ledger calls it when a question to AWS was not answered."""

from collections.abc import Mapping

from relab.clouds.outcome import Outcome
from relab.resources.record import Why
from snapshot.vault.model import Covered

OF_OUTCOME: Mapping[Outcome, Covered] = {
    Outcome.DENIED: Covered.DENIED,
    Outcome.THROTTLED: Covered.THROTTLED,
}
OF_WHY: Mapping[Why, Covered] = {
    Why.DENIED: Covered.DENIED,
    Why.THROTTLED: Covered.THROTTLED,
    Why.UNSUPPORTED: Covered.UNSUPPORTED,
    Why.GONE: Covered.CHANGED,
    Why.FAILED: Covered.FAILED,
}
