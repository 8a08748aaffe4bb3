import re

import pytest

from relab import errors
from relab.errors import Exit, RelabError


def tree(kind: type[RelabError]) -> list[type[RelabError]]:
    return [kind, *(leaf for child in kind.__subclasses__() for leaf in tree(child))]


HOUSE = [kind for kind in tree(RelabError) if kind.__module__ == errors.__name__]


def test_the_docstring_draws_the_tree() -> None:
    drawn = re.findall(r"^[ │├└─]*(\w+) +exit (\d+)", errors.__doc__ or "", re.MULTILINE)
    assert sorted(drawn) == sorted((kind.__name__, str(int(kind.exit_code))) for kind in HOUSE)


@pytest.mark.parametrize("kind", HOUSE, ids=lambda kind: kind.__name__)
def test_an_error_is_one_line_of_what_where_and_fix(kind: type[RelabError]) -> None:
    assert str(kind("broken", where="a.yaml:3", fix="mend it")) == "a.yaml:3: broken -> mend it"
    assert str(kind("broken")) == "broken"


def test_exit_codes_are_those_that_scripts_rely_on() -> None:
    assert {code.name: int(code) for code in Exit} == {
        "OK": 0,
        "FAILED": 1,
        "USAGE": 2,
        "PARTIAL": 3,
        "CHECKS_FAILED": 4,
        "NO_VAULT": 10,
        "LOCKED": 11,
        "NO_KEY": 12,
        "REFUSED": 13,
        "CANCELLED": 130,
    }
