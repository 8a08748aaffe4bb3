"""A Kubernetes API server in memory, for the sandbox: real clients work on it.

It knows nothing of the lab, of AWS or of profiles files; the sandbox seeds it through `Cluster`.
"""

from relab.sandbox.kube.cluster import Cluster
from relab.sandbox.kube.model import Denial, Incoming, User
from relab.sandbox.kube.status import ApiError

__all__ = ["ApiError", "Cluster", "Denial", "Incoming", "User"]
