"""The session file: resume, privacy, damage, and a home that cannot be written."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from relab import redact
from relab.events import (
    Differs,
    Event,
    GapMet,
    RestoreFinished,
    RestoreStarted,
    SaveFinished,
    SaveStarted,
    StepDone,
    StepFailed,
    UnitSaved,
    Verdict,
    Verified,
)
from relab.languages import Language
from relab.paths import state_dir
from tests.tui.world import AT, evidence, finished, round_of
from tui import journal
from tui.journal import Journal
from tui.moves import (
    Closed,
    Confirmed,
    Copied,
    HelperDown,
    HelperUp,
    LanguageChosen,
    Named,
    Opened,
    Paused,
    Resumed,
    Shell,
    ShellChosen,
    StepShown,
    Ticked,
    from_json,
    to_json,
)
from tui.session import Session
from tui.state import Now, State, reduce
from tui.thinned import Thinned

MOVES = [
    Opened(AT.format(0), "lab-1-1", "sandbox", "07"),
    Named(("01", "07"), {"namespace": "kubeflow-user07"}),
    LanguageChosen(Language.EN),
    ShellChosen(Shell.POWERSHELL),
    StepShown(AT.format(1), "1.1"),
    Copied(AT.format(2), "kubectl get pods"),
    Paused(AT.format(3)),
    Resumed(AT.format(4)),
    Ticked(AT.format(5)),
    Closed(AT.format(6)),
    Confirmed("r1", "07", "prep.tools", AT.format(7)),
    HelperDown("checks", "exit 1", 0.5),
    HelperUp("checks"),
    *round_of(finished(), finished("prep.tools", Verdict.FAIL)),
]


@pytest.mark.parametrize("move", MOVES, ids=lambda move: type(move).__name__)
def test_each_event_survives_json(move: Opened) -> None:
    assert from_json(json.loads(json.dumps(to_json(move)))) == move


def opened(tenant: str = "07") -> Session:
    session = Session("lab-1-1", "sandbox")
    session.open(tenant, "0.1")
    return session


def test_the_log_brings_the_same_state_back() -> None:
    session = opened()
    for move in MOVES[1:9]:
        session.take(move)
    for event in round_of(finished(), finished("prep.tools", Verdict.FAIL)):
        session.take(event)
    session.take(finished(second=9, run="r2"))
    lived = replace(session.state, now=Now())
    [path] = journal.folder().iterdir()
    replayed = State()
    for line in journal.read(path):
        replayed = reduce(replayed, line)
    assert replayed == lived


def test_a_lab_opens_where_it_was_left() -> None:
    session = opened()
    session.take(StepShown(AT.format(1), "2.3"))
    session.take(finished())
    session.close()
    again = Session("lab-1-1", "sandbox")
    assert again.last_tenant() == "07"
    assert again.open("07", "0.1") is False
    assert again.state.step == "2.3"
    assert "kubeflow.namespace" in again.state.results


def test_another_tenant_and_another_profile_have_their_own() -> None:
    opened("07").close()
    other = Session("lab-1-1", "sandbox")
    assert other.open("08", "0.1") is True
    assert Session("lab-1-1", "ha-mlops").last_tenant() is None


def test_starting_afresh_keeps_the_old_file() -> None:
    session = opened()
    session.take(finished())
    assert session.open("07", "0.1", afresh=True) is True
    assert session.state.results == {}


def test_secrets_never_reach_the_file_and_only_the_owner_may_read_it() -> None:
    session = opened()
    secret = "AKIAABCDEFGHIJKLMNOP"
    leaky = replace(finished(), evidence=(evidence(answer={"key": secret, "password": "hunter2"}),))
    session.take(leaky)
    session.take(Copied(AT.format(2), f"export KEY={secret}"))
    [path] = journal.folder().iterdir()
    text = path.read_text("utf-8")
    assert secret not in text
    assert "hunter2" not in text
    assert redact.HIDDEN in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_torn_and_foreign_lines_are_passed_over() -> None:
    session = opened()
    session.take(StepShown(AT.format(1), "1.4"))
    session.close()
    [path] = journal.folder().iterdir()
    with path.open("ab") as file:
        file.write(b'not json\n{"event":"Unknown"}\n[1]\n\xff\xfe\n{"event":"StepSh')
    again = Session("lab-1-1", "sandbox")
    again.open("07", "0.1")
    assert again.state.step == "1.4"


def test_a_state_folder_that_cannot_be_written_costs_the_resume_only() -> None:
    blocked = state_dir()
    blocked.parent.mkdir(parents=True)
    blocked.write_text("a file where the folder should be")
    session = opened()
    answers = [session.take(finished(second=second)) for second in range(3)]
    assert session.broken
    assert session.state.results
    assert answers == [True, True, True]


def test_the_first_failed_write_is_told_once(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    log = Journal(file / "session.jsonl")
    assert log.append(finished()) is False
    assert log.append(finished()) is True


def test_an_unchanged_profile_is_not_written_again() -> None:
    session = opened()
    for _ in range(3):
        session.take(Named(("07",), {"namespace": "n"}))
    [path] = journal.folder().iterdir()
    assert path.read_text("utf-8").count('"Named"') == 1


def test_transient_events_are_never_written() -> None:
    session = opened()
    for event in round_of(finished()):
        session.take(event)
    [path] = journal.folder().iterdir()
    written = {json.loads(line)["event"] for line in path.read_text("utf-8").splitlines()}
    assert written == {"Opened", "StepShown", "CheckFinished"}
    assert path.stat().st_size < 2000


BESIDE: list[Event] = [
    SaveStarted("one", "/v", "sandbox", "123456789012", ("07",), False, AT.format(3)),
    GapMet("iam", "iam.role", "", "07", "denied", 1, "AccessDenied"),
    SaveFinished("one", "partial", 4, 9, 1, "c" * 64, 2.0, AT.format(5)),
    RestoreStarted("p", "one", "123456789012", 2, False, AT.format(6), {"07": 2}),
    StepDone("aws:t:r:k", "create", "07", 1, 1, 1),
    StepFailed("aws:t:r:k", "configure", "07", "AccessDenied"),
    RestoreFinished("p", 1, 1, 2.0, AT.format(8)),
    Differs("aws:t:r:k", "07", "k", "different", ("/a",), ()),
    Verified(3, 1, partial=False),
]


def test_saves_and_restores_are_written_down_and_leave_the_lab_as_it_was() -> None:
    session = Session("lab-1-1", "sandbox")
    session.open("07", "0.1")
    before = session.state
    for event in BESIDE:
        assert session.take(event)
    assert session.state == before
    session.close()
    [file] = journal.folder().glob("*.jsonl")
    assert [event for event in journal.read(file) if event in BESIDE] == BESIDE
    again = Session("lab-1-1", "sandbox")
    assert not again.open("07", "0.1")
    assert again.state.step == before.step


def test_the_units_of_a_save_are_written_in_sums() -> None:
    told: list[Event] = []
    thinned = Thinned(told.append)
    thinned.hear(BESIDE[0], 10.0)
    units = [UnitSaved(f"u{n}", n, 10 * n, n < 3, n, 50 - n, True) for n in range(1, 41)]
    for number, unit in enumerate(units):
        thinned.hear(unit, 10.0 + number / 10)
    thinned.hear(BESIDE[1], 14.0)
    thinned.hear(BESIDE[2], 14.0)
    sums = [event for event in told if isinstance(event, UnitSaved)]
    assert len(sums) == 5
    assert sum(one.items for one in sums) == sum(one.items for one in units)
    assert sum(one.size for one in sums) == sum(one.size for one in units)
    assert (sums[-1].done, sums[-1].left, sums[-1].reused) == (40, 10, False)
    assert [event for event in told if event in BESIDE] == BESIDE[:3]
    assert told[-1] == BESIDE[2]
