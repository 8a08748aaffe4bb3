"""What faults may touch, and the moves that several of them share."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from profiles.model import Profile
from profiles.naming import Names, names
from relab.sandbox.aws.account import Account
from relab.sandbox.faults.board import Undo
from relab.sandbox.faults.capture import recorded
from relab.sandbox.kube import Cluster
from relab.sandbox.kube.model import Doc
from relab.sandbox.restrictions import Restrictions


@dataclass(frozen=True, slots=True)
class Scene:
    """The parts of a running sandbox."""

    profile: Profile
    account: Account
    cluster: Cluster
    restrictions: Restrictions
    _paused: Counter[str] = field(default_factory=Counter)

    def names(self, tenant: str) -> Names:
        """Return what `tenant` is called."""
        return names(self.profile, tenant)

    def change(self, change: Callable[[], None]) -> Undo:
        """Change Kubernetes objects and return what takes it back."""
        return recorded(self.cluster, change)

    def change_tenant(self, tenant: str, change: Callable[[], None]) -> Undo:
        """Do the same while the Profile's controller leaves the tenant alone, until undone."""
        profile = self.names(tenant).profiles[0]
        self._pause(profile)
        undo = self.change(change)

        def back() -> None:
            undo()
            self._resume(profile)

        return back

    def _pause(self, profile: str) -> None:
        self._paused[profile] += 1
        self.cluster.pause_profile(profile)

    def _resume(self, profile: str) -> None:
        self._paused[profile] -= 1
        if not self._paused[profile]:
            self.cluster.resume_profile(profile)

    def forget(self) -> None:
        """Drop every pause and restriction."""
        for profile in list(self._paused):
            self.cluster.resume_profile(profile)
        self._paused.clear()
        for held in (
            self.restrictions.expired,
            self.restrictions.denied,
            self.restrictions.throttled,
            self.restrictions.slow,
            self.restrictions.unauthorized,
        ):
            held.clear()

    def remove(self, documents: Iterable[Doc]) -> None:
        """Delete `documents` as a user would; what they own goes with them."""
        for doc in documents:
            meta = doc["metadata"]
            self.cluster.delete(doc["apiVersion"], doc["kind"], meta["name"], meta.get("namespace"))
