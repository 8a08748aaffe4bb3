"""The whole sandbox, wiped and restored twice in a row: what stands already is not touched."""

import pytest

from tests.cli.desk import Desk, desk

__all__ = ["desk"]


@pytest.mark.timeout(900)
def test_a_second_restore_changes_nothing_on_the_wire(desk: Desk) -> None:
    desk.session.reset(empty=True)
    first = desk.relab("restore", "one", "--yes")
    assert first.returncode == 0, first.stderr
    assert len(desk.changes()) > 300
    before = desk.revision()
    second = desk.relab("restore", "one", "--yes")
    assert second.returncode == 0, second.stderr
    assert ", 0 not" in second.stdout + second.stderr
    assert desk.changes() == []
    assert desk.revision() == before
