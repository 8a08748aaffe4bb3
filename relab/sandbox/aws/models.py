"""botocore's models, read once a process instead of once a session.

moto opens sessions by the dozen, and each would read the same megabytes of JSON again.
"""

from typing import Any

from botocore.loaders import Loader

_READ: dict[Any, Any] = {}


def share_models() -> None:
    """Let all loaders of this process, those made from now on, use what any of them has read."""
    if getattr(Loader.__init__, "shares", False):
        return
    original = Loader.__init__

    def made(self: Loader, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        setattr(self, "_cache", _READ)  # noqa: B010 - the stubs do not know it

    setattr(made, "shares", True)  # noqa: B010 - functions declare no attributes
    setattr(Loader, "__init__", made)  # noqa: B010 - mypy lets nobody assign to a method
