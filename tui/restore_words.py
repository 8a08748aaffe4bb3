"""How relab is asked to restore on its command line, and how its answers are read."""

import json
from collections.abc import Sequence
from pathlib import Path

from relab.errors import Exit
from relab.paths import state_dir
from tui import restore_model as model
from tui.restore_model import Check, Plan, Unfinished
from tui.restore_moves import Order
from tui.restore_run import Run
from tui.vault_model import SHARED, rows

# What looks at the person's own machine says nothing about what was restored.
_OWN = "prep"
_ASKED = frozenset({Exit.OK, Exit.PARTIAL, Exit.CHECKS_FAILED})


def unfinished(snapshot: str) -> tuple[str, ...]:
    """Return the arguments of `relab` that ask what can be gone on with."""
    return "restore", snapshot, "--unfinished", "--json"


def plan(snapshot: str, order: Order) -> tuple[str, ...]:
    """Return the arguments of `relab` that plan `order`, and keep the plan."""
    words = ["restore", snapshot, "--plan", "--json", f"--tenants={order.tenants}"]
    words += [f"--only={pattern}" for pattern in order.only]
    words += [] if order.data else ["--no-data"]
    words += ["--exact"] if order.exact else []
    return (*words, f"--existing={order.existing}")


def run(found: Run) -> tuple[str, ...]:
    """Return the arguments of `relab` that restore, telling events.

    Removals are agreed to where the plan that the person has seen has some.
    """
    how = ["--resume"] if found.resumed else [f"--apply={found.plan.id}"]
    how += ["--exact"] if found.plan.choice.get("exact") else []
    return ("restore", found.plan.snapshot, *how, "--yes", "--json", f"--report={found.report}")


def checks(tenants: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments of `relab` that check the lab of `tenants`."""
    whose = ",".join(one for one in tenants if one != SHARED)
    return "check", f"--tenant={whose}", "--json"


def report(plan_id: str) -> Path:
    """Return the file that tells of a restore in the end, beside its plan and journal."""
    return state_dir() / "restores" / plan_id / "report.html"


def told_plan(code: int, raw: str) -> Plan:
    """Return the plan in `raw`; ValueError, TypeError or KeyError when it is no answer."""
    _only(code, frozenset({Exit.OK}))
    return model.plan(json.loads(raw))


def told_unfinished(code: int, raw: str) -> Unfinished:
    """Return what can be gone on with; ValueError, TypeError or KeyError for no answer."""
    _only(code, frozenset({Exit.OK}))
    return model.unfinished(json.loads(raw))


def told_checks(code: int, raw: str) -> tuple[Check, ...]:
    """Return the verdicts about the world; ValueError, TypeError or KeyError for no answer."""
    _only(code, _ASKED)
    return tuple(one for one in rows(Check, json.loads(raw)) if one.section != _OWN)


def _only(code: int, codes: frozenset[Exit]) -> None:
    if code not in codes:
        raise ValueError(f"exit {code}")
