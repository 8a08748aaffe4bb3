from relab.lab import blocks, spans
from relab.lab.block import (
    Bullets,
    Command,
    Diagram,
    Expected,
    Heading,
    Listing,
    Note,
    Paragraph,
    Table,
)
from relab.lab.inline import Span, Style

PAGE = """\
첫 문단은
두 줄입니다.

## 제목
- 하나
  이어짐
- 둘
1. first
2. second

```sh changes instructor
# not a headline

kubectl get ns
```
```expected
NAME
```
> [!WARNING]
> 조심하세요.
> 정말로요.

| a | b |
|---|---|
| `x \\| y` | 2 |

```diagram
│
```
```json
{}
```
after"""


def test_every_kind_of_block_with_its_line() -> None:
    assert blocks(PAGE) == (
        Paragraph(1, "첫 문단은 두 줄입니다."),
        Heading(4, 2, "제목"),
        Bullets(5, ("하나 이어짐", "둘", "first", "second"), ordered=False),
        Command(11, "sh", "# not a headline\n\nkubectl get ns", ("changes", "instructor")),
        Expected(16, "NAME"),
        Note(19, "warning", "조심하세요. 정말로요."),
        Table(23, ("a", "b"), (("`x | y`", "2"),)),
        Diagram(27, "│"),
        Listing(30, "json", "{}"),
        Paragraph(33, "after"),
    )


def test_numbered_items_are_ordered() -> None:
    assert blocks("1. a\n2. b") == (Bullets(1, ("a", "b"), ordered=True),)


def test_a_plain_quote_is_a_note() -> None:
    assert blocks("> hello") == (Note(1, "note", "hello"),)


def test_an_open_fence_runs_to_the_end() -> None:
    assert blocks("```sh\nls\n") == (Command(1, "sh", "ls"),)


def test_nothing_gives_nothing() -> None:
    assert blocks("") == ()
    assert blocks("\n \n") == ()


def test_spans_of_a_sentence() -> None:
    assert spans("Run `kubectl` **now**, see [step](step:1.4).") == (
        Span(Style.PLAIN, "Run "),
        Span(Style.CODE, "kubectl"),
        Span(Style.PLAIN, " "),
        Span(Style.STRONG, "now"),
        Span(Style.PLAIN, ", see "),
        Span(Style.LINK, "step", "step:1.4"),
        Span(Style.PLAIN, "."),
    )


def test_stray_marks_stay_text() -> None:
    assert spans("a * b ` c [d]") == (Span(Style.PLAIN, "a * b ` c [d]"),)
