"""Waiting for what comes true a while later."""

import time
from collections.abc import Callable


def eventually(is_so: Callable[[], bool]) -> bool:
    """Wait until `is_so`, for as long as a loaded machine may need; tell whether it came."""
    for _ in range(300):
        if is_so():
            return True
        time.sleep(0.1)
    return False
