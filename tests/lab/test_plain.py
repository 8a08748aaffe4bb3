"""Pages as a terminal shows them: nothing of Markdown's machinery is left, and nothing is lost."""

import re
import subprocess
import sys

import pytest

from relab.lab import Reader, blocks, fill, load, plain, text
from relab.lab.block import Command, Expected
from relab.languages import Language
from tests.lab.known import VALUES

LAB = load("lab-1-1")
PAGE = """`{user}`이(가) **없음**: [할당량](trouble:no-quota), [2.5단계](step:2.5), [문서](https://x.io/)

## 설치

> [!TIP]
> 천천히

```any changes
kubectl get pods
aws s3 ls
```
```expected
NAME
```
```sh
aws s3 \\
    ls
for a in b; do
  echo $a
done
```
```powershell
echo $a
```

1. 하나
2. 둘

| 이름 | 값 |
|---|---|
| 가 | `b` |
"""
SHOWN = """`user07`이 없음: 할당량 (relab lab show --page no-quota), \
2.5단계 (relab lab show --step 2.5), 문서 (https://x.io/)

설치
----

도움말: 천천히

    $ kubectl get pods
    $ aws s3 ls
    NAME

    $ aws s3 \\
          ls
      for a in b; do
        echo $a
      done

1. 하나
2. 둘

이름  값
----  ---
가    `b`
"""


def relab(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "relab", "lab", "show", *words], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_kind_of_block_reads_as_text() -> None:
    assert plain(blocks(fill(PAGE, VALUES)), Reader(Language.KO, "sh")) == SHOWN


def test_the_other_shell_has_its_own_commands_and_prompt() -> None:
    shown = plain(blocks(PAGE), Reader(Language.EN, "powershell", "relab lab show lab-9"))
    assert "    > echo $a\n" in shown
    assert "for a in b" not in shown
    assert "Tip: " in shown
    assert "(relab lab show lab-9 --page no-quota)" in shown


def test_lines_of_a_command_get_one_prompt_a_command() -> None:
    page = "```sh\nexport A=1\naws a \\\n    --b\n\naws c | \\\n    grep d\n```\n"
    shown = plain(blocks(page), Reader(Language.EN, "sh"))
    lines = shown.splitlines()
    assert [line.strip() for line in lines if line.strip().startswith("$")] == [
        "$ export A=1",
        "$ aws a \\",
        "$ aws c | \\",
    ]


def test_a_table_too_wide_for_a_terminal_reads_row_by_row() -> None:
    long = "x" * 60
    page = f"| 도구 | A | B |\n|---|---|---|\n| git | {long} | {long} |\n"
    assert plain(blocks(page), Reader(Language.KO, "sh")) == (
        f"- git\n    A: {long}\n    B: {long}\n"
    )


@pytest.mark.parametrize("language", Language)
def test_no_page_shows_its_machinery(language: Language) -> None:
    for page in LAB.pages:
        body = blocks(fill(text("lab-1-1", page, language), {**LAB.values, **VALUES}))
        shown = plain(body, Reader(language, "sh"))
        assert not re.search(r"```|\*\*|trouble:|step:|^\||^> |\[!", shown, re.MULTILINE), page
        for block in body:
            wanted = isinstance(block, Expected) or getattr(block, "shell", "") in {"sh", "any"}
            if isinstance(block, Command | Expected) and wanted:
                assert set(block.text.split()) <= set(shown.split()), (page, block.line)


def test_the_command_shows_the_page_of_the_rosters_first_as_text() -> None:
    shown = relab("--step", "1.4", "--lang", "ko")
    assert shown.startswith("1.4  ResourceQuota\n\n")
    assert "    $ kubectl get resourcequota -n kubeflow-user01\n" in shown
    assert "메모리 16Gi여야 합니다" in shown
    assert "ResourceQuota가 없음 (relab lab show --page no-quota)" in shown
    assert relab("--page", "no-quota", "--lang", "en").startswith("No quota, or another one\n\n")


def test_markdown_is_the_page_as_written_with_names_filled_in() -> None:
    shown = relab("--step", "1.4", "--markdown", "--tenant", "07", "--lang", "ko")
    assert "```any\nkubectl get resourcequota -n kubeflow-user07\n```" in shown
    assert "(trouble:no-quota)" in shown
