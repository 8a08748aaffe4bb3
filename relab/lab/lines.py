"""On which line of a `lab.yaml` a value stands: for those who write labs."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from relab.lab.shape import Path as Place

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def positions(path: Path) -> dict[Place, int]:
    """Return the line (from 1) of each value of YAML file `path`, by its place in the data."""
    found: dict[Place, int] = {}
    root = yaml.compose(path.read_text("utf-8"), _Loader)
    if root is not None:
        _walk(root, (), found)
    return found


def _walk(node: yaml.Node, place: Place, found: dict[Place, int]) -> None:
    found[place] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _walk(value, (*place, key.value), found)
            found[*place, key.value] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(value, (*place, index), found)


def line_of(found: Mapping[Place, int], place: Place) -> int:
    """Return the line of `place`, or of the nearest place around it that is written down."""
    while place and place not in found:
        place = place[:-1]
    return found.get(place, 1)
