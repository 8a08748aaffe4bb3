"""What tests of `relab snapshot` share: the entry point, and a vault with two snapshots."""

import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pytest

from relab.cli import main
from relab.resources.item import Item
from snapshot.vault.model import Coverage, Covered
from snapshot.vault.vault import Vault
from tests.conftest import clean_environ
from tests.vault.world import SCOPE, SECRETS, Work, item, save_all, save_unit, world

EVIL = "\x1b[31mred\u202e\n"


def environ(vault: Vault, key: Path, home: Path) -> dict[str, str]:
    where = {"RELAB_VAULT": vault.where, "RELAB_VAULT_KEY": str(key)}
    return clean_environ() | {"HOME": str(home), **where}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the program said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def relab(env: Mapping[str, str], *words: str) -> Answer:
    """Run the program's entry point in this process, without a terminal."""
    out, err = StringIO(), StringIO()
    with (
        patch.dict(os.environ, env, clear=True),
        patch.object(sys, "argv", ["relab", "snapshot", *words]),
        patch.object(sys, "stdin", StringIO()),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        main()
    return Answer(int(end.value.code or 0), out.getvalue(), err.getvalue())


def fill(vault: Vault) -> None:
    """Save `one`, and `two` with an item gone, changed and new, many new objects and a gap."""
    save_all(vault, "one", world(2, 2, 2))
    with vault.saving("two", SCOPE, cohort="2026-2") as saving:
        for work in world(2, 2, 2)[1:]:
            save_unit(saving, work)
        with saving.unit("changed") as unit:
            old = item(Work("01", "made.type0"), 0)
            new = {**old.document, "Size": 7, "Password": "another"}
            body = saving.put_blob([b"another body"])
            unit.add(replace(old, document=new), {"body": body}, SECRETS)
            unit.add(replace(old, key=EVIL, tenant="02", document={EVIL: EVIL}, observed={}))
            for number in range(40):
                one = Item("aws", "s3.object", "r", f"b/{number:02}", {}, tenant="01")
                unit.add(one, {"body": saving.put_blob([b"x" * number])})
            unit.cover(Coverage("made", "made.gap", "r", "01", Covered.DENIED, 3, f"no {EVIL}"))
        saving.finish()


def is_clean(text: str) -> bool:
    """Tell whether a terminal shows `text` as it is: nothing but lines of printable characters."""
    return all(line.isprintable() for line in text.split("\n"))


def one_line(answer: Answer) -> bool:
    """Tell whether the program said one clear line, and nothing else."""
    said = answer.stderr
    return said.startswith("relab: ") and said.count("\n") == 1 and answer.stdout == ""
