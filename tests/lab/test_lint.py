"""Each rule finds the fault it is for, in a copy of the real lab, by file and line."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from relab.korean import FORMS
from relab.lab.lint import RULES, Rule, diagrams, lint, outline, pages, twins
from relab.lab.lint.book import open_book
from tests.lab.known import CHECKS

YAML = "lab.yaml"


@dataclass(frozen=True)
class Fault:
    """Replace `old` by `new` in `file`: `rule` says `what` at the line that holds `at`."""

    rule: Rule
    file: str
    old: str
    new: str
    what: str
    at: str


FAULTS = [
    Fault(
        outline.minutes,
        YAML,
        "minutes: 2, checks: [prep.tools]",
        "minutes: 3, checks: [prep.tools]",
        "steps of 'prep' take 11 minutes, not 10",
        "minutes: 10",
    ),
    Fault(
        outline.minutes,
        YAML,
        "minutes: 65",
        "minutes: 64",
        "sections take 65 minutes, not 64",
        "minutes: 64",
    ),
    Fault(
        outline.unknown_checks,
        YAML,
        "checks: [prep.cluster]}",
        "checks: [prep.clutter]}",
        "no check 'prep.clutter'",
        "prep.clutter",
    ),
    Fault(
        outline.unknown_checks,
        YAML,
        '"mlflow.server#health"',
        '"mlflow.servant#health"',
        "no check 'mlflow.servant#health'",
        "mlflow.servant#health",
    ),
    Fault(
        outline.unlisted_checks,
        YAML,
        ", checks: [prep.tools]",
        "",
        "no step lists check 'prep.tools'",
        "sections:",
    ),
    Fault(
        outline.unlisted_checks,
        YAML,
        "checks: [prep.number]",
        "checks: [prep.number, prep.tools]",
        "check 'prep.tools' stands in two steps",
        "[prep.number, prep.tools]",
    ),
    Fault(
        outline.repeated_ids,
        YAML,
        'id: "1.2"',
        'id: "1.1"',
        "id '1.1' is used twice",
        'en: "Profile and owner"',
    ),
    Fault(
        outline.repeated_ids,
        YAML,
        "- id: mlflow",
        "- id: kubeflow",
        "id 'kubeflow' is used twice",
        "- id: kubeflow",
    ),
    Fault(
        outline.checklist_sections,
        YAML,
        "section: prep, check: prep.tools",
        "section: prop, check: prep.tools",
        "no section 'prop'",
        "section: prop",
    ),
    Fault(outline.values, YAML, "git_name:", "git_nome:", "no placeholder {git_nome}", "git_nome:"),
    Fault(
        outline.placeholders,
        YAML,
        'ko: "네임스페이스 존재 (`{namespace}`)"',
        'ko: "네임스페이스 존재 (`{name_space}`)"',
        "no placeholder {name_space}",
        "{name_space}",
    ),
    Fault(
        outline.repeated_keys,
        YAML,
        "minutes: 65\n",
        "minutes: 64\nminutes: 65\n",
        "key 'minutes' is given twice",
        "minutes: 65",
    ),
    Fault(
        pages.placeholders,
        "ko/1.1.md",
        "`{namespace}` 안에",
        "`{namespaces}` 안에",
        "no placeholder {namespaces}",
        "{namespaces}",
    ),
    Fault(
        pages.links,
        "en/1.6.md",
        "(step:2.5)",
        "(step:2.55)",
        "'step:2.55' leads nowhere",
        "step:2.55",
    ),
    Fault(
        pages.links,
        "ko/1.4.md",
        "(trouble:no-quota)",
        "(trouble:no-quote)",
        "'trouble:no-quote' leads nowhere",
        "trouble:no-quote",
    ),
    Fault(
        pages.links,
        "en/0.1.md",
        "(https://git-scm.com/)",
        "(http://git-scm.com/)",
        "a link without encryption",
        "http://git-scm.com/",
    ),
    Fault(
        pages.fences,
        "en/1.4.md",
        "```any\nkubectl describe",
        "  ```any\nkubectl describe",
        "a fence is indented",
        "  ```any",
    ),
    Fault(
        pages.fences,
        "ko/1.4.md",
        "resourcequota -n {namespace}\n```\n\n내 한도는",
        "resourcequota -n {namespace}\n\n내 한도는",
        "a fence is not closed",
        "```any",
    ),
    Fault(
        pages.fence_words,
        "ko/2.5.md",
        "```yaml",
        "```yml",
        "no fence 'yml'",
        "```yml",
    ),
    Fault(
        pages.fence_words,
        "en/h.2.md",
        "```sh changes",
        "```sh danger",
        "no mark 'danger'",
        "```sh danger",
    ),
    Fault(pages.forms, "ko/h.2.md", "[!NOTE]", "[!HINT]", "no note 'hint'", "[!HINT]"),
    Fault(pages.forms, "en/2.6.md", "## PostgreSQL", "# PostgreSQL", "level 1", "# PostgreSQL"),
    Fault(
        pages.forms,
        "en/2.5.md",
        "| `AWS_DEFAULT_REGION` | the region of the bucket |",
        "| `AWS_DEFAULT_REGION` |",
        "rows of different lengths",
        "| Variable | What for |",
    ),
    Fault(
        pages.characters,
        "ko/1.1.md",
        "`Active`면",
        "`Active`\u202e면",
        "a control character",
        "\u202e",
    ),
    Fault(pages.characters, "en/1.1.md", "must be", "must\tbe", "a control character", "\t"),
    Fault(pages.characters, YAML, "AWS EKS", "AWS\u200f EKS", "a control character", "\u200f"),
    Fault(
        pages.characters,
        "ko/finish.md",
        "수고했습니다.",
        "수고했습니다 \U0001f389",
        "an emoji",
        "수고",
    ),
    Fault(
        pages.particles,
        "ko/1.2.md",
        "`{owner}`이(여)야",
        "`{owner}`여야",
        "the particle '여야'",
        "`{owner}`여야",
    ),
    Fault(
        pages.particles,
        "ko/3.2.md",
        "`{repository}`와(과) 다르면",
        "`{repository}`와는 다르면",
        "the particle '와는'",
        "`{repository}`와는",
    ),
    Fault(
        pages.particles,
        YAML,
        "네임스페이스 존재 (`{namespace}`)",
        "`{namespace}`가 있음",
        "the particle '가'",
        "`{namespace}`가 있음",
    ),
    Fault(
        twins.placeholders,
        "en/1.1.md",
        "All your pods",
        "In {cluster}, all your pods",
        "{cluster} stands here, but not in lab-1-1/ko/1.1.md",
        "{cluster}",
    ),
    Fault(
        twins.placeholders,
        "en/3.0.md",
        "`{repository}`",
        "`your repository`",
        "{repository} stands here, but not in lab-1-1/en/3.0.md",
        "{repository}",
    ),
    Fault(
        twins.commands,
        "en/0.2.md",
        'export S3_BUCKET="{bucket}"',
        'export BUCKET="{bucket}"',
        "the command differs from the one at lab-1-1/ko/0.2.md:",
        "```sh",
    ),
    Fault(
        twins.commands,
        "en/1.7.md",
        "```any\nkubectl describe pods -n {namespace}\n```",
        "",
        "3 commands in Korean, 2 in English",
        "```any",
    ),
    Fault(
        twins.shapes,
        "en/1.5.md",
        "```expected\n{owner}\n```",
        "{owner}",
        "2 expected in Korean, 1 in English",
        "```expected",
    ),
    Fault(
        diagrams.drawings,
        "ko/overview.md",
        "(65분)",
        "(65분, 그리고 아주 길고 긴 설명이 여기에 붙어서 작은 화면에는 다 들어가지 않습니다)",
        "cells wide",
        "작은 화면",
    ),
    Fault(
        diagrams.drawings,
        "en/3.6.md",
        "└─> Kubeflow",
        "└─▶ Kubeflow",
        "a character that terminals draw differently",
        "▶",
    ),
    Fault(
        diagrams.drawings,
        "ko/3.5.md",
        "│ 포트 5000              │",
        "│ 포트 5000               │",
        "a line ends in the air at column 57",
        "┘",
    ),
    Fault(
        diagrams.drawings,
        "en/3.5.md",
        "mlflow-artifacts/            │",
        "{bucket}            │",
        "a placeholder inside a box",
        "{bucket}",
    ),
]


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
