import subprocess
import sys
from pathlib import Path

import pytest

from relab.errors import UsageError
from relab.lab import labs, load, text
from relab.languages import Language


def test_labs_are_listed() -> None:
    assert [lab.slug for lab in labs()] == ["lab-1-1"]


@pytest.mark.parametrize("slug", ["lab-9", "../labs/lab-1-1", "", "/etc"])
def test_an_unknown_lab_names_those_there_are(slug: str) -> None:
    with pytest.raises(UsageError, match=r"no lab '.*choose one of lab-1-1"):
        load(slug)


@pytest.mark.parametrize("page", ["9.9", "../lab", "../ko/1.4"])
def test_a_page_outside_the_outline_is_not_read(page: str) -> None:
    with pytest.raises(UsageError, match="no page"):
        text("lab-1-1", page, Language.KO)


def test_a_page_in_each_language() -> None:
    assert "CPU {cpu}, 메모리 {memory}" in text("lab-1-1", "1.4", Language.KO)
    assert "CPU {cpu}, memory {memory}" in text("lab-1-1", "1.4", Language.EN)


def test_a_lost_page_and_a_spoilt_one_are_one_clear_line(copied: Path) -> None:
    (copied / "lab-1-1" / "en" / "1.4.md").unlink()
    with pytest.raises(UsageError, match=r"en/1\.4\.md: no page '1\.4' in lab 'lab-1-1'"):
        text("lab-1-1", "1.4", Language.EN, copied)
    (copied / "lab-1-1" / "ko" / "1.4.md").write_bytes("할당량".encode("cp949"))
    with pytest.raises(UsageError, match=r"ko/1\.4\.md: the page cannot be read"):
        text("lab-1-1", "1.4", Language.KO, copied)


def test_a_page_of_an_unknown_lab(copied: Path) -> None:
    (copied / "loose" / "ko").mkdir(parents=True)
    (copied / "loose" / "ko" / "1.4.md").write_text("x", "utf-8")
    with pytest.raises(UsageError, match=r"no page '1\.4' in lab 'loose'"):
        text("loose", "1.4", Language.KO, copied)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("minutes: 65", "minutes: many", r"lab\.yaml:7: minutes: expected a whole number"),
        ("minutes: 65", "minutes: [", r"lab\.yaml:\d+: not YAML: "),
        ('id: "1.10"', "id: 1.10", r"lab\.yaml:\d+: sections\[1\]\.steps\[9\]\.id: expected text"),
        ("slug: lab-1-1", "slug: lab-1-9", r"lab\.yaml:5: slug: 'lab-1-9' is not its folder"),
    ],
)
def test_a_broken_outline_names_its_line(copied: Path, old: str, new: str, message: str) -> None:
    outline = copied / "lab-1-1" / "lab.yaml"
    outline.write_text(outline.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(UsageError, match=message):
        load("lab-1-1", copied)


def test_steps_know_their_section_and_troubles() -> None:
    lab = load("lab-1-1")
    step = lab.step("2.6")
    assert lab.section_of(step).id == "mlflow"
    assert [trouble.id for trouble in lab.troubles(step)] == ["mlflow-down", "postgres-down"]
    with pytest.raises(UsageError, match=r"no step '7\.7' in lab-1-1"):
        lab.step("7.7")


def test_reading_a_lab_loads_nothing_heavy() -> None:
    code = (
        "import sys; from relab.lab import load, text, blocks; load('lab-1-1')\n"
        "heavy = {'boto3','kubernetes','pydantic','textual','jsonschema','relab.lab.lint'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
