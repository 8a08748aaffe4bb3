"""The page on kinds says what the rules do."""

from pathlib import Path

from relab.resources.kubernetes import belongs, left, moves, objects

PAGE = (Path(__file__).parents[3] / "docs/kubernetes-kinds.md").read_text(encoding="utf-8")


def test_every_kind_that_is_never_captured_stands_there_with_its_reason() -> None:
    for name, why in left.KINDS.items():
        assert f"| `{name}` | {why} |" in PAGE
    for rule in left.OBJECTS:
        assert rule.name.partition(".")[0] in PAGE
        assert rule.reason in PAGE


def test_every_field_that_moves_stands_there() -> None:
    for move in moves.MOVES:
        steps = [step for step in move.path if step != "*"]
        assert steps[-1] in PAGE, move
        assert move.name == "*" or f"`{move.name.partition('.')[0]}`" in PAGE


def test_every_rule_of_belonging_stands_there() -> None:
    named = [row.target for row in belongs.NAMINGS]
    for name in [*belongs.CLAIMS, *named, *moves.NO_STATUS_BUT]:
        kind = name.partition(".")[0]
        assert f"`{kind}`" in PAGE or "Webhook" in kind, kind
    for maker in objects.MAKERS:
        assert maker.name == "PersistentVolume" or maker.when.split("'")[1] in PAGE
