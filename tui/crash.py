"""What is left of a failure of the screen itself: a report on disk, one line for the person."""

import traceback

from relab import __version__, redact
from relab.errors import RelabError
from relab.paths import state_dir


def report(error: BaseException | None) -> RelabError:
    """Write down `error` and return what to tell the person; local values are not written."""
    lines = "".join(traceback.format_exception(error)) if error else ""
    path = state_dir() / "crash.txt"
    failure = RelabError(
        f"the screen failed: {type(error).__name__}",
        where=f"relab {__version__}",
        fix=f"open it again, it goes on where it was; the report is in {path}",
    )
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(redact.text(lines), encoding="utf-8")
    except OSError:
        failure.fix = "open it again, it goes on where it was; 'relab check' works without it"
    failure.__cause__ = error
    return failure
