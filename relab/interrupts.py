"""Ctrl+C at a safe moment: never inside somebody else's lock.

Python raises KeyboardInterrupt between any two steps of the main thread, also between taking a
lock and the block that gives it back. Threads that need that lock then wait for ever, and who
waits for the threads does, too.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def postponed(wake: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """Yield a `check`: Ctrl+C raises KeyboardInterrupt where it is called, or after the block.

    A second one, of somebody who will not wait, raises at once.

    `wake` is called at once when it comes, as a signal handler: it may do no more than put
    something in a `SimpleQueue`. Nothing changes outside the main thread, or where the program
    has its own way with Ctrl+C.
    """
    came = False

    def hear(*_: object) -> None:
        nonlocal came
        if came:
            raise KeyboardInterrupt
        came = True
        wake()

    def check() -> None:
        nonlocal came
        if came:
            came = False
            raise KeyboardInterrupt

    if not _is_ours():
        yield check
        return
    signal.signal(signal.SIGINT, hear)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    check()


def _is_ours() -> bool:
    in_main = threading.current_thread() is threading.main_thread()
    return in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
