"""What a cycle's book says of what is done, and that nothing of it is lost on disk."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from profiles.loader import load
from relab.cycle import books, report
from relab.cycle.model import Book, Ended, Stage, from_json, to_json
from relab.errors import Exit, UsageError

AT = "2026-01-02T03:04:05+00:00"
PROFILE = load("ha-mlops")
BOOK = Book("c1", PROFILE.name, PROFILE.aws.account, "/vault", "s1", AT, accepted=("x.y",))


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def ended(stage: Stage, *, done: bool = True, code: Exit = Exit.OK) -> Ended:
    return Ended(stage, done, ("said <b>",), {"left": 2}, 1.5, AT, code)


def book_to(last: Stage) -> Book:
    book = BOOK
    for stage in list(Stage)[: list(Stage).index(last) + 1]:
        book = book.after(ended(stage))
    return book


def test_a_book_survives_json() -> None:
    book = book_to(Stage.GATE).after(ended(Stage.WIPE, done=False, code=Exit.PARTIAL))
    assert from_json(json.loads(json.dumps(to_json(book)))) == book


@pytest.mark.parametrize(
    "raw", [{}, 7, {"format": "x"}, {**to_json(BOOK), "stages": [{"stage": 1}]}]
)
def test_what_is_no_book_is_said_in_one_line(raw: object) -> None:
    with pytest.raises(UsageError, match="relab cycle"):
        from_json(raw)


def test_the_stages_follow_each_other_and_the_last_ends_it() -> None:
    assert BOOK.next is Stage.SAVE
    for stage, then in zip(Stage, [*list(Stage)[1:], None], strict=True):
        assert book_to(stage).next is then
    assert (BOOK.code, book_to(Stage.CHECK).code) == (Exit.PARTIAL, Exit.OK)


def test_a_stage_that_stopped_is_the_next_and_gives_the_exit_code() -> None:
    book = book_to(Stage.VERIFY).after(ended(Stage.GATE, done=False, code=Exit.REFUSED))
    assert (book.next, book.code) == (Stage.GATE, Exit.REFUSED)


def test_what_comes_after_a_stage_that_is_done_again_is_done_again() -> None:
    book = book_to(Stage.RESTORE).after(ended(Stage.GATE))
    assert book.next is Stage.WIPE


def test_the_newest_unfinished_cycle_of_this_account_and_vault_is_found() -> None:
    assert books.unfinished(PROFILE, "/vault") is None
    old = replace(book_to(Stage.SAVE), id="old", began="2026-01-01T00:00:00+00:00")
    books.keep(old)
    assert books.unfinished(PROFILE, "/vault") == old
    assert books.unfinished(PROFILE, "/another") is None
    books.keep(replace(old, id="not-ours", account="999999999999", began="2027"))
    books.keep(book_to(Stage.CHECK))
    assert books.unfinished(PROFILE, "/vault") is None


def test_a_spoiled_book_hides_no_other() -> None:
    path = books.keep(replace(BOOK, id="spoiled"))
    path.write_text('{"format"', encoding="utf-8")
    books.keep(BOOK)
    assert books.unfinished(PROFILE, "/vault") == BOOK


def test_a_new_book_has_a_name_of_its_own() -> None:
    made = books.begin(PROFILE, "/vault")
    assert made.snapshot.startswith(f"{PROFILE.name}-cycle-")
    assert books.begin(PROFILE, "/vault", "mine").snapshot == "mine"


def test_a_report_tells_every_stage_and_escapes_what_it_is_told(tmp_path: Path) -> None:
    book = book_to(Stage.GATE).after(ended(Stage.WIPE, done=False))
    told = list(report.lines(book))
    assert [line.split()[0] for line in told if line[0] != " "] == [one.value for one in Stage]
    assert [line.split()[1] for line in told if line[0] != " "][2:5] == ["done", "stopped", "to"]
    page, data = tmp_path / "r.html", tmp_path / "r.json"
    report.write(page, book)
    report.write(data, book)
    assert "said &lt;b&gt;" in page.read_text(encoding="utf-8")
    assert from_json(json.loads(data.read_text(encoding="utf-8"))) == book
    with pytest.raises(UsageError, match="cannot be written"):
        report.write(tmp_path / "none" / "r.json", book)


def test_a_book_that_has_begun_to_wipe_says_so_whatever_is_done_again() -> None:
    assert not book_to(Stage.GATE).has_wiped
    assert book_to(Stage.GATE).after(ended(Stage.WIPE, done=False)).has_wiped
    begun = replace(book_to(Stage.GATE), wiping=True)
    again = from_json(json.loads(json.dumps(to_json(begun.after(ended(Stage.GATE))))))
    assert again.has_wiped
    older = {name: value for name, value in to_json(BOOK).items() if name != "wiping"}
    assert not from_json(older).has_wiped


def test_the_proof_stands_beside_the_book_and_hides_no_cycle() -> None:
    books.keep(BOOK)
    path = books.keep_proof(BOOK, {"doomed": []})
    assert (path.parent, json.loads(path.read_text())) == (books.folder_of(BOOK), {"doomed": []})
    assert books.unfinished(PROFILE, "/vault") == BOOK


def test_a_stage_that_stopped_is_told_until_it_is_done() -> None:
    stopped = book_to(Stage.SAVE).after(ended(Stage.VERIFY, done=False))
    assert (book_to(Stage.SAVE).is_stopped, stopped.is_stopped) == (False, True)
    assert not stopped.after(ended(Stage.VERIFY)).is_stopped
