"""How relab is asked to cycle on its command line, and how its answers are read."""

import json
from pathlib import Path

from relab.errors import Exit, RelabError
from relab.paths import state_dir
from tui import cycle_model as model
from tui.cycle_model import Known, Proof
from tui.cycle_moves import RunAsked, Way

UNREADABLE = (OSError, ValueError, TypeError, KeyError, RelabError)


def unfinished() -> tuple[str, ...]:
    """Return the arguments of `relab` that ask what can be gone on with."""
    return "cycle", "--unfinished", "--json"


def run(asked: RunAsked) -> tuple[str, ...]:
    """Return the arguments of `relab` that cycle, telling events.

    Only the way to the end may wipe: that was confirmed, for this very cycle.
    """
    losses = tuple(f"--accept-loss={kind}" for kind in asked.order.accepted)
    if asked.way is Way.BEGIN:
        name = (f"--name={asked.order.name}",) if asked.order.name else ()
        soft = ("--soft",) if asked.order.soft else ()
        return ("cycle", "--json", "--until=gate", *name, *soft, *losses)
    this = ("cycle", "--json", "--resume", f"--cycle={asked.cycle}")
    if asked.way is Way.GATE:
        return (*this, "--until=gate", *losses)
    return (*this, "--yes", f"--report={asked.report}")


def report(cycle: str) -> Path:
    """Return the file that tells of a cycle in the end, beside its book."""
    return state_dir() / "cycles" / cycle / "report.html"


def told_known(code: int, raw: str) -> Known:
    """Return what can be gone on with; one of `UNREADABLE` when it is no answer."""
    if code != Exit.OK:
        raise ValueError(f"exit {code}")
    return model.known(json.loads(raw))


def told_proof(path: str) -> Proof:
    """Return the proof that the gate wrote to `path`; one of `UNREADABLE` when it is none."""
    return model.proof(json.loads(Path(path).read_text(encoding="utf-8")))
