"""The loader and the exported JSON Schema must accept and refuse the same files."""

import copy
from collections.abc import Iterator
from functools import partial
from typing import Any

import jsonschema
import pytest

from relab.lab.loader import ROOT, read_yaml
from relab.lab.model import Lab
from relab.lab.schema import schema
from relab.lab.shape import ShapeError, build

PHRASE = {"ko": "가", "en": "a"}
SMALL: dict[str, Any] = {
    "format": "relab/lab/v1",
    "slug": "lab-0",
    "title": PHRASE,
    "minutes": 1,
    "facts": {"difficulty": 1, "audience": PHRASE, "goals": [PHRASE]},
    "values": {"git_url": "https://example.org/x.git"},
    "sections": [
        {
            "id": "one",
            "title": PHRASE,
            "about": PHRASE,
            "minutes": 1,
            "steps": [
                {"id": "1.1", "title": PHRASE, "minutes": 1, "checks": ["a.b"], "optional": True}
            ],
        }
    ],
    "checklist": [{"section": "one", "text": PHRASE, "check": "a.b#c"}],
    "troubleshooting": [{"id": "none", "title": PHRASE, "checks": ["a.b"]}],
    "references": [{"title": PHRASE, "links": [{"title": PHRASE, "url": "https://example.org"}]}],
    "next": {"slug": "lab-1", "title": PHRASE, "about": PHRASE},
}
WRONG_VALUES: tuple[Any, ...] = (None, "", " ", "x y", -1, 1.5, True, 3, [], {}, ["x"], {"x": "y"})


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from places(value, (*path, key))


def mutants() -> Iterator[tuple[str, Any]]:
    for path in places(SMALL):
        if not path:
            continue
        for wrong in WRONG_VALUES:
            yield f"{path} = {wrong!r}", changed(path, partial(set_, new=wrong))
        yield f"without {path}", changed(path, lambda box, key: box.pop(key))
        yield f"unknown key beside {path}", changed(path, add_beside)


def set_(box: Any, key: Any, new: Any) -> None:
    box[key] = new


def add_beside(box: Any, _key: Any) -> None:
    if isinstance(box, dict):
        box["surprise"] = 1


def changed(path: tuple[Any, ...], change: Any) -> Any:
    document = copy.deepcopy(SMALL)
    box = document
    for key in path[:-1]:
        box = box[key]
    change(box, path[-1])
    return document


def accepted_by_loader(document: Any) -> bool:
    try:
        build(Lab, document)
    except ShapeError:
        return False
    return True


def test_the_schema_is_a_schema_and_the_real_lab_follows_it() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.Draft202012Validator(schema()).validate(read_yaml(ROOT / "lab-1-1" / "lab.yaml"))


def test_loader_and_schema_agree_on_every_mutant() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    verdicts = {
        name: (accepted_by_loader(document), validator.is_valid(document))
        for name, document in mutants()
    }
    assert {name: both for name, both in verdicts.items() if both[0] != both[1]} == {}
    refused = sum(not loader for loader, _ in verdicts.values())
    assert refused > len(verdicts) // 2
    assert accepted_by_loader(SMALL)


def test_an_error_says_where_and_what_to_write() -> None:
    document = changed(("sections", 0, "steps", 0, "id"), partial(set_, new=1.1))
    with pytest.raises(ShapeError) as caught:
        build(Lab, document)
    assert str(caught.value) == (
        "sections[0].steps[0].id: expected text in quotes, found float (write text in quotes)"
    )
