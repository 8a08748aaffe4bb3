"""Each rule finds the fault it is for, in a copy of the real lab, by file and line."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from relab.korean import FORMS
from relab.lab.lint import RULES, lint, pages
from relab.lab.lint.book import open_book
from tests.lab.faults import FAULTS, YAML, Fault
from tests.lab.known import CHECKS


def spoil(root: Path, fault: Fault) -> None:
    path = root / "lab-1-1" / fault.file
    body = path.read_bytes().decode("utf-8")
    assert fault.old in body
    path.write_bytes(body.replace(fault.old, fault.new, 1).encode("utf-8"))


def said(root: Path, file: str, line: int) -> str:
    return (root / file).read_text("utf-8").split("\n")[line - 1]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.rule.__name__}-{fault.what}")
def test_a_planted_fault_is_named_by_file_and_line(copied: Path, fault: Fault) -> None:
    spoil(copied, fault)
    book = open_book(copied / "lab-1-1", frozenset(CHECKS))
    by_rule = [finding for finding in fault.rule(book) if fault.what in finding.what]
    assert by_rule
    assert set(by_rule) <= set(lint("lab-1-1", CHECKS, copied))
    assert any(fault.at in said(copied, found.file, found.line) for found in by_rule)
    assert all(found.fix for found in by_rule)


def test_every_rule_has_a_planted_fault() -> None:
    by_files: Iterable[Callable[..., object]] = (pages.files,)
    assert {fault.rule for fault in FAULTS} | set(by_files) == set(RULES)


def test_a_missing_language_and_an_extra_file(copied: Path) -> None:
    (copied / "lab-1-1" / "en" / "1.4.md").unlink()
    (copied / "lab-1-1" / "ko" / "1.11.md").write_text("더 있음\n", "utf-8")
    found = [
        (finding.file, finding.line, finding.what) for finding in lint("lab-1-1", CHECKS, copied)
    ]
    assert found == [
        ("lab-1-1/en/1.4.md", 1, "file is missing"),
        ("lab-1-1/ko/1.11.md", 1, "no step or known problem has this id"),
    ]


def test_a_page_that_is_not_utf8_is_a_finding(copied: Path) -> None:
    (copied / "lab-1-1" / "ko" / "2.1.md").write_bytes("한글\n".encode("cp949"))
    assert ("lab-1-1/ko/2.1.md", 1) in {(f.file, f.line) for f in lint("lab-1-1", CHECKS, copied)}


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("section: prep, check: prep.tools,", "section: prep,", "key 'check' is missing"),
        ('url: "https://mlflow.org', 'url: "http://mlflow.org', "has the wrong form"),
        ("minutes: 65", "minuets: 65", "unknown key 'minuets'"),
        ("minutes: 65", "minutes: [", "not YAML"),
    ],
)
def test_an_outline_that_is_no_lab_is_one_finding(
    copied: Path, old: str, new: str, what: str
) -> None:
    path = copied / "lab-1-1" / YAML
    body = path.read_text("utf-8")
    assert old in body
    path.write_text(body.replace(old, new, 1), "utf-8")
    (finding,) = lint("lab-1-1", CHECKS, copied)
    assert finding.file == "lab-1-1/lab.yaml"
    assert what in finding.what
    assert finding.line >= body[: body.index(old)].count("\n") + 1


@pytest.mark.parametrize("particle", ["은", "이", "을", "과", "로", "으로", "로는", "라고"])
def test_every_bare_particle_is_found_and_its_two_forms_are_not(
    copied: Path, particle: str
) -> None:
    path = copied / "lab-1-1" / "ko" / "2.1.md"
    body = path.read_text("utf-8")
    both = "".join(f"{{user}}{form} 됩니다. " for form in FORMS)
    path.write_text(f"{body}\n{both}{{user}}에서는 {{user}}이면 {{user}}입니다.\n", "utf-8")
    english = path.parents[1] / "en" / "2.1.md"
    english.write_text(english.read_text("utf-8") + "\n{user}\n", "utf-8")
    assert lint("lab-1-1", CHECKS, copied) == []
    path.write_text(f"{body}\n`{{user}}`{particle}\n", "utf-8")
    (finding,) = lint("lab-1-1", CHECKS, copied)
    assert finding.what == f"the particle '{particle}' is right for some names only"


def test_translated_comments_and_echoes_are_no_fault(copied: Path) -> None:
    path = copied / "lab-1-1" / "en" / "0.2.md"
    body = path.read_text("utf-8").replace('echo "User number:', 'echo "Number of you:')
    path.write_text(body.replace("export USER_NUM", "# whose isn't it?\nexport USER_NUM"), "utf-8")
    assert lint("lab-1-1", CHECKS, copied) == []


def test_an_echo_of_another_variable_is_a_fault(copied: Path) -> None:
    path = copied / "lab-1-1" / "en" / "0.2.md"
    path.write_text(path.read_text("utf-8").replace("number: $USER_NUM", "number: $USER"), "utf-8")
    assert [finding.file for finding in lint("lab-1-1", CHECKS, copied)] == ["lab-1-1/en/0.2.md"]


def test_the_real_lab_is_clean() -> None:
    assert lint("lab-1-1", CHECKS) == []
