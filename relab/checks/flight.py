"""Answer each distinct question once, also when many threads ask it at the same time."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

Result = TypeVar("Result")


class SingleFlight(Generic[Result]):
    """Results by key: the first to ask does the work, the others wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[Hashable, Future[Result]] = {}

    def get(self, key: Hashable, work: Callable[[], Result]) -> Result:
        """Return the result of `work` for `key`, or raise what it raised."""
        with self._lock:
            flight = self._flights.get(key)
            if flight is None:
                flight = self._flights[key] = Future()
                mine = True
            else:
                mine = False
        if mine:
            fly(flight, work)
        return flight.result()


def fly(flight: Future[Result], work: Callable[[], Result]) -> None:
    """Do `work` and give its result, or what it raised, to all who wait for `flight`."""
    try:
        flight.set_result(work())
    except BaseException as error:
        flight.set_exception(error)
        raise
