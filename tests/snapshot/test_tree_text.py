"""YAML and JSON lines of the tree: every JSON value comes back exactly, nothing else is read."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from relab.errors import RelabError
from relab.resources.item import canonical
from snapshot.tree import text

NASTY = (
    *("", " ", "a ", " a", "\n", "\n\n", " \n", "a\n", "a\n\n", "\na", "a\nb", "a \nb", "a\n b\n"),
    *(
        "\ta",
        "a\tb\n",
        "a\r\nb",
        "a\rb",
        "a\x85b\n",
        "a\u2028b",
        "a\u2029b\n",
        "\ufeffa",
        "a\ufeff\n",
    ),
    *(
        "null",
        "Null",
        "~",
        "true",
        "True",
        "yes",
        "no",
        "on",
        "OFF",
        "y",
        "n",
        "<<",
        "=",
        "!json x",
    ),
    *(
        "1",
        "-1",
        "1_000",
        "0x1F",
        "0o17",
        "017",
        "0b1",
        "1:30",
        "1.5",
        "1e3",
        ".5",
        ".inf",
        "-.Inf",
    ),
    *(".nan", "2024-01-01", "2024-01-01T00:00:00Z", "12e03", "+1", "-", "--- a", "...", "---"),
    *(
        "a: b",
        "a:",
        ": a",
        "- a",
        "# a",
        "a # b",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a",
        "'",
        '"',
    ),
    *(
        "[a]",
        "{a: b}",
        ",",
        "?",
        "? a",
        "\\",
        "\\n",
        "''",
        "'a'\n",
        "\0",
        "a\0b",
        "\x1b[31m",
        "\x7f",
    ),
    *(
        "\ud800",
        "a\udfffb",
        "\udc00\ud800",
        "\u202eabc",
        "한글\n둘째 줄\n",
        "한글",
        "가",
        "😀",
        "😀\n",
    ),
    *("x" * 5000, "word " * 3000, "line of words\n" * 2000, "k" * 200, "\u0130", "é", "e\u0301"),
)
NUMBERS = (
    0,
    -0.0,
    0.0,
    1,
    -1,
    2**63,
    10**400,
    1e16,
    1e-7,
    1e300,
    5e-324,
    1.0,
    0.1,
    1e22,
    True,
    False,
)


def deep(levels: int) -> Any:
    value: Any = "bottom"
    for level in range(levels):
        value = [value] if level % 2 else {"": value}
    return value


def made(chance: random.Random, depth: int = 0) -> Any:
    """Make a JSON value with the nastiest of leaves and keys."""
    kind = chance.randrange(6) if depth < 4 else chance.randrange(4)
    if kind < 2:
        return chance.choice(NASTY)
    if kind == 2:
        return chance.choice((*NUMBERS, None))
    if kind == 3:
        return "".join(chance.choice(NASTY)[:20] for _ in range(3))
    if kind == 4:
        return [made(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(NASTY): made(chance, depth + 1) for _ in range(chance.randrange(5))}


def back(value: Any) -> Any:
    return text.load(text.dump({"value": value}), "f")["value"]


def same(before: Any, after: Any) -> bool:
    """Tell whether two values are one, type for type: -0.0 is not 0."""
    return canonical(before) == canonical(after) and repr(before) == repr(after)


@pytest.fixture(params=["libyaml", "python"])
def yaml_of(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use libyaml, and then what stands in for it where there is none."""
    if request.param == "libyaml":
        assert text._Loads is yaml.CSafeLoader
        return

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    for kind in (str, text._Json):
        Dumper.add_representer(kind, text._Dumper.yaml_representers[kind])
    monkeypatch.setattr(text, "_Dumper", Dumper)
    monkeypatch.setattr(text, "_Loads", yaml.SafeLoader)


@pytest.mark.usefixtures("yaml_of")
@pytest.mark.parametrize("value", [*NASTY, *NUMBERS, None], ids=lambda value: ascii(value)[:30])
def test_every_value_comes_back_as_value_element_and_key(value: Any) -> None:
    assert same(value, back(value))
    shapes: list[Any] = [[value, [value]], {"a": {"b": value}}]
    if isinstance(value, str):
        shapes += [{value: 1}, {"a": {value: [{value: value}]}}, [{value: {}}]]
    for shape in shapes:
        assert same(shape, back(shape))


@pytest.mark.usefixtures("yaml_of")
def test_made_up_documents_come_back() -> None:
    chance = random.Random(3)
    for _ in range(400):
        value = made(chance)
        assert same(value, back(value)), ascii(value)


@pytest.mark.usefixtures("yaml_of")
@pytest.mark.parametrize("levels", [100, 400])
def test_deep_nesting_comes_back(levels: int) -> None:
    assert same(deep(levels), back(deep(levels)))


def test_equal_parts_are_written_twice_and_not_as_an_alias() -> None:
    part = {"a": ["b"]}
    assert b"&" not in text.dump({"one": part, "two": part})


def test_what_people_read_is_readable() -> None:
    written = text.dump({"script": "#!/bin/sh\nexit 0\n", "이름": "값", "n": "1"})
    assert written.decode() == "script: |\n  #!/bin/sh\n  exit 0\n이름: 값\nn: '1'\n"


def test_json_lines_come_back() -> None:
    chance = random.Random(4)
    values = [made(chance) for _ in range(300)] + [*NASTY, *NUMBERS]
    whole = b"".join(text.line(value) for value in values)
    read = [value for _, value in text.lines(whole, "f")]
    assert [canonical(value) for value in values] == [canonical(value) for value in read]


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]"


@pytest.mark.usefixtures("yaml_of")
@pytest.mark.parametrize(
    ("written", "said"),
    [
        (BOMB, "anchor"),
        ("a: *b", "alias"),
        ("a: 2024-01-01", "in quotes"),
        ("a: .inf", "no number of JSON"),
        ("a: .nan", "no number of JSON"),
        ("1: a", "is no string"),
        ("null: a", "is no string"),
        ("[a]: b", "no string"),
        ("a: 1\nb: 2\na: 3", "twice"),
        ("a: {b: 1, b: 1}", "twice"),
        ("<<: {a: b}", "in quotes"),
        ("a: !!python/object/apply:os.system [id]", "tag"),
        ("a: !!binary aGk=", "tag"),
        ("a: !!str 1", "tag"),
        ("!x {a: b}", "tag"),
        ('a: !json \'{"b": 1, "b": 2}\'', "twice"),
        ("a: !json 'NaN'", "no number"),
        ("a: !json 'nonsense'", "Expecting value"),
        ("a: b\n---\nc: d", "not one YAML document"),
        ("", "not one YAML document"),
        ("a: [", "f:"),
        ("a: \x01", "no YAML"),
        ("a: " + "9" * 5000, "f:1"),
        ("a: !json '" + "[" * 100_000 + "'", "f:1"),
        ("[" * 100_000, "nested"),
        ("- " * 100_000 + "a", "nested"),
        ("? " * 100_000 + "a", "no string"),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_what_has_no_one_meaning_is_refused_with_its_place(written: str, said: str) -> None:
    with pytest.raises(RelabError) as error:
        text.load(written.encode(), "f")
    assert said in str(error.value)
    assert error.value.where.startswith("f")


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    with pytest.raises(RelabError):
        text.load(b"a: \xff\xfe", "f")


@pytest.mark.parametrize(
    "line", ["{", '{"a": 1, "a": 2}', "[NaN]", "\xff", "[" * 100_000, "9" * 5000]
)
def test_a_line_that_is_no_json_is_refused_with_its_number(line: str) -> None:
    read: Callable[[], Any] = lambda: list(text.lines(b"1\n" + line.encode("latin-1"), "f"))  # noqa: E731
    with pytest.raises(RelabError) as error:
        read()
    assert error.value.where == "f:2"
    assert json.dumps(str(error.value))
