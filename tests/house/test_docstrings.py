"""Undocumented means red: every public name has a docstring, every command a reference page."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("relab", "tui", "snapshot", "restore", "profiles", "labs")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Documented]]:
    for node in body:
        if not isinstance(node, Documented) or node.name.startswith("_"):
            continue
        yield f"{prefix}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from public(node.body, f"{node.name}.")


def overrides(node: Documented) -> bool:
    """Tell whether Textual or click calls this by its name, so that the name says it all."""
    named = ("on_", "action_", "watch_", "validate_", "compose", "render", "key_")
    decorated = {ast.unparse(item).partition("(")[0] for item in node.decorator_list}
    return node.name.startswith(named) or bool(decorated & {"override", "on", "work"})


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_public_name_has_a_docstring(path: Path) -> None:
    module = ast.parse(path.read_text(encoding="utf-8"))
    missing = [
        name
        for name, node in public(module.body)
        if not ast.get_docstring(node) and not overrides(node)
    ]
    if path.name != "__init__.py" or module.body:
        assert ast.get_docstring(module), "the module has no docstring"
    assert not missing


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_one_purpose(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_classes_of_the_screens_stay_small() -> None:
    for path in (ROOT / "tui").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                assert (node.end_lineno or 0) - node.lineno <= 300, f"{path}: {node.name}"
