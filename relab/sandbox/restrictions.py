"""Whom the sandbox holds back, and how: read by the AWS gate and the Kubernetes interceptor."""

from dataclasses import dataclass, field

SLOW_SECONDS = 10.0
# How long calls that still run are waited for when the sandbox ends.
SHUTDOWN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Restrictions:
    """Names of people (`user07`) under each restriction; faults add and take away names."""

    expired: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    throttled: set[str] = field(default_factory=set)
    slow: set[str] = field(default_factory=set)
    unauthorized: set[str] = field(default_factory=set)
