"""The only places that build AWS and Kubernetes clients; everything else is handed one.

A target says where and as whom; it is plain data, so naming it imports no SDK.
"""

import gc
from dataclasses import dataclass

CONNECT_SECONDS = 3.0
READ_SECONDS = 8.0
_OBJECTS = 50_000


def expect_many_objects() -> None:
    """Let the garbage collector look less often: what the SDKs make is kept, not freed.

    What is there already is not looked at again.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS)


@dataclass(frozen=True, slots=True)
class AwsTarget:
    """An AWS region as one caller; None for the endpoint or credentials means the SDK's."""

    region: str
    endpoint: str | None = None
    credentials_file: str | None = None
    profile_name: str | None = None


@dataclass(frozen=True, slots=True)
class KubeTarget:
    """A cluster as one caller: kubeconfig file and context, None for kubectl's default.

    `impersonate` is sent as `Impersonate-User`.
    """

    kubeconfig: str | None = None
    context: str | None = None
    impersonate: str | None = None
