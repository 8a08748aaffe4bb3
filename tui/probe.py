"""Ask the terminal whether it draws ambiguous signs two cells wide.

The question is sent before the toolkit is imported and the answer is read after, so that it costs
no time. A terminal that does not answer is taken to be narrow.
"""

import os
import re
import select
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

VARIABLE = "RELAB_GLYPHS"
_ASK = b"\r\xe2\x97\x8f\x1b[6n\r\x1b[K"
_ANSWER = re.compile(rb"\x1b\[\d+;(\d+)R")
_NARROW_COLUMN = 2
_PATIENCE = 0.05


@dataclass
class Probe:
    """A question on its way; `wide()` reads the answer once."""

    descriptor: int | None
    fixed: bool = False
    _read: bytearray = field(default_factory=bytearray)

    def wide(self, patience: float = _PATIENCE) -> bool:
        """Return whether ambiguous signs are wide, waiting up to `patience` seconds to know."""
        if self.descriptor is None:
            return self.fixed
        end = time.monotonic() + patience
        while not (found := _ANSWER.search(self._read)):
            left = max(end - time.monotonic(), 0)
            if not select.select([self.descriptor], [], [], left)[0]:
                return False
            self._read += os.read(self.descriptor, 1024)
        return int(found[1]) > _NARROW_COLUMN


@contextmanager
def asked(environ: Mapping[str, str]) -> Iterator[Probe]:
    """Send the question and give a `Probe`; the terminal's settings are back at the end.

    `RELAB_GLYPHS=ascii` or `unicode` answers in place of the terminal.
    """
    choice = environ.get(VARIABLE, "")
    if choice in {"ascii", "unicode"} or sys.platform == "win32" or not sys.stdin.isatty():
        yield Probe(None, fixed=choice == "ascii")
        return
    import termios

    stdin = sys.stdin.fileno()
    before: list[Any] = termios.tcgetattr(stdin)
    quiet = [*before]
    quiet[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(stdin, termios.TCSANOW, quiet)
    try:
        os.write(sys.stdout.fileno(), _ASK)
        yield Probe(stdin)
    finally:
        termios.tcsetattr(stdin, termios.TCSANOW, before)
