"""What went wrong with a connection, in a word of `relab.clouds.outcome`."""

import http.client

from relab.clouds.outcome import TIMEOUT, UNREACHABLE, shorten

# The second is how a socket says so that waits in the kernel.
LATE = (TimeoutError, BlockingIOError)


class Broken(Exception):
    """No answer, or not all of it: `status` is a word of `relab.clouds.outcome`."""

    def __init__(self, status: str, detail: object) -> None:
        super().__init__(shorten(detail))
        self.status = status


class Explained:
    """Turns what sockets and the library raise in a `with` block into Broken.

    `late` says what was waited for. A class, since each object enters it twice and a generator
    costs thrice as much.
    """

    __slots__ = ("_late",)

    def __init__(self, late: str = "no answer in time") -> None:
        self._late = late

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, _: object, error: BaseException | None, *__: object) -> None:
        """Raise Broken for an error of the connection."""
        if isinstance(error, LATE):
            raise Broken(TIMEOUT, self._late) from error
        if isinstance(error, OSError | http.client.HTTPException):
            raise Broken(UNREACHABLE, f"{type(error).__name__}: {error}") from error
