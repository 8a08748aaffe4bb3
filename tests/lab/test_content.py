"""What Lab 1-1 must say: outline, budget, commands that a shell can read, pages that fit."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator

import pytest
import yaml

from relab.lab import blocks, fill, load, text
from relab.lab.block import Block, Command, Listing, Paragraph
from relab.languages import Language
from relab.text import width
from tests.lab.known import CHECKS, VALUES

LAB = load("lab-1-1")


def pages() -> Iterator[tuple[str, tuple[Block, ...]]]:
    for language in Language:
        for page in LAB.pages:
            body = fill(text("lab-1-1", page, language), {**LAB.values, **VALUES})
            yield f"{language}/{page}", blocks(body)


PAGES = dict(pages())


def test_sections_and_their_minutes() -> None:
    assert [(section.id, section.minutes) for section in LAB.sections] == [
        ("prep", 10),
        ("kubeflow", 20),
        ("mlflow", 20),
        ("storage", 15),
        ("hardening", 0),
    ]
    assert [section.id for section in LAB.sections if section.optional] == ["hardening"]


def test_each_step_has_its_check_in_order() -> None:
    ids = [f"0.{n}" for n in range(1, 6)] + [f"1.{n}" for n in range(1, 11)]
    ids += [f"2.{n}" for n in range(1, 8)] + [f"3.{n}" for n in range(7)]
    ids += [f"h.{n}" for n in range(1, 6)]
    assert [(step.id, step.checks) for step in LAB.steps] == [
        (step, (check,)) for step, check in zip(ids, CHECKS, strict=True)
    ]


def test_required_steps_are_on_the_checklist_or_need_not_be() -> None:
    ticked = {item.check.partition("#")[0] for item in LAB.checklist}
    assert {check for check in CHECKS if check.startswith(("prep.", "storage."))} <= ticked
    assert {"mlflow.server", "mlflow.poddefault", "kubeflow.isolation"} <= ticked


def test_every_placeholder_is_filled() -> None:
    for name, page in PAGES.items():
        assert not re.search(r"(?<!\$)\{[a-z_]+\}", str(page)), name


@pytest.mark.parametrize("shell", ["sh", "any"])
def test_every_command_is_one_that_a_shell_can_read(shell: str) -> None:
    commands = [
        block.text
        for page in PAGES.values()
        for block in page
        if isinstance(block, Command) and block.shell == shell
    ]
    for command in commands:
        done = subprocess.run(["bash", "-n"], input=command, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    assert len(commands) > 20


def test_no_command_has_a_comment_since_zsh_would_run_it() -> None:
    for name, page in PAGES.items():
        for block in page:
            if isinstance(block, Command):
                assert not re.search(r"(^|\s)#", block.text), (name, block.text)


def test_commands_of_any_shell_use_nothing_of_one_shell() -> None:
    for name, page in PAGES.items():
        for block in page:
            if isinstance(block, Command) and block.shell == "any":
                assert not re.search(r"\\\n|`\n|\$|\||<<|;|&&", block.text), (name, block.text)


def test_a_command_for_one_shell_has_its_twin_unless_the_course_has_bash_only() -> None:
    alone = {"clone", "install"}
    for name, page in PAGES.items():
        commands = [
            block.shell
            for block in page
            if isinstance(block, Command) and not alone & set(block.marks)
        ]
        assert commands.count("sh") == commands.count("powershell"), name


def test_documents_can_be_read_by_their_programs() -> None:
    readers: dict[str, Callable[[str], object]] = {"json": json.loads, "yaml": yaml.safe_load}
    found = [
        readers[block.language](block.text)
        for page in PAGES.values()
        for block in page
        if isinstance(block, Listing) and block.language in readers
    ]
    assert len(found) == 4


def test_json_inside_commands_is_json() -> None:
    embedded = re.compile(r"(?:<<'JSON'\n|@'\n)(.*?)\n(?:JSON|'@)", re.DOTALL)
    found = [
        json.loads(match[1])
        for page in PAGES.values()
        for block in page
        if isinstance(block, Command)
        for match in embedded.finditer(block.text)
    ]
    assert len(found) == 8


def test_paragraphs_are_short_enough_for_a_small_terminal() -> None:
    for name, page in PAGES.items():
        for block in page:
            if isinstance(block, Paragraph):
                assert width(block.text) <= 5 * 74, f"{name}:{block.line}"


def test_korean_pages_are_korean_and_english_pages_are_not() -> None:
    hangul = re.compile("[가-힣]")
    for name, page in PAGES.items():
        assert bool(hangul.search(str(page))) is name.startswith("ko/"), name
