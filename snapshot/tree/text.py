"""YAML and JSON lines that give back every JSON value exactly, and readers that accept no more.

What YAML cannot hold (half surrogates, very deep nesting) stands in it as JSON text tagged `!json`.
Read is only what has one meaning: no aliases, other tags, repeated or non-string keys, dates or
infinities. YAML is read by its events, since libyaml's composer overflows the stack on deep input.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from relab.errors import RelabError
from snapshot.vault.rows import body

_Dumps = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_Loads = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "!json"
_DEEPEST = 500
_UNFOLDED = 1 << 30
# Text that libyaml writes as a block without changing a character of it.
_LINES = re.compile(r"(?![ \n])(?:[^\n]*(?<! )\n)+(?:[^\n]*(?<! ))?")
_HALF = re.compile("[\ud800-\udfff]")
_CORE = "tag:yaml.org,2002:"
_CONSTRUCTOR = SafeConstructor()


class _Json:
    """A value that stands in YAML as JSON text."""

    def __init__(self, value: Any) -> None:
        self.text = json.dumps(value, allow_nan=False)


class _Dumper(_Dumps):  # type: ignore[misc, valid-type]  # chosen at run time
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _string(dumper: Any, value: str) -> Any:
    if _HALF.search(value):
        return _as_json(dumper, _Json(value))
    return dumper.represent_scalar(f"{_CORE}str", value, style=_style(value))


def _style(value: str) -> str | None:
    """Return `|` for lines that people can read, `"` for what must be escaped, else no wish."""
    if value.isprintable():
        return None
    printable = value.replace("\n", "").isprintable()
    return "|" if printable and _LINES.fullmatch(value) else '"'


def _as_json(dumper: Any, value: _Json) -> Any:
    return dumper.represent_scalar(_TAG, value.text, style="'")


_Dumper.add_representer(str, _string)
_Dumper.add_representer(_Json, _as_json)


def dump(fields: Mapping[str, Any]) -> bytes:
    """Return `fields` (JSON-able, in the order given) as YAML."""
    try:
        return _yaml(fields)
    except RecursionError:
        return _yaml({name: _fitting(value) for name, value in fields.items()})


def _fitting(value: Any) -> Any:
    try:
        _yaml(value)
    except RecursionError:
        return _Json(value)
    return value


def _yaml(value: Any) -> bytes:
    text: bytes = yaml.dump(
        value,
        Dumper=_Dumper,
        allow_unicode=True,
        default_flow_style=False,
        encoding="utf-8",
        sort_keys=False,
        width=_UNFOLDED,
    )
    return text


def line(value: Any) -> bytes:
    """Return `value` as one line of JSON, newline included."""
    return f"{body(value)}\n".encode()


def lines(text: bytes, where: str) -> Iterator[tuple[str, Any]]:
    """Yield the place and the value of each line of JSON in `text`; RelabError when it is none."""
    for number, one in enumerate(text.splitlines() if text else (), 1):
        place = f"{where}:{number}"
        yield place, _json(one, place)


def load(text: bytes, where: str) -> Any:
    """Return the JSON-able value of a YAML file called `where`; RelabError when it has none."""
    try:
        return _built(yaml.parse(text, Loader=_Loads), where)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark.line + 1 if error.problem_mark else 0
        raise wrong(error.problem or "no YAML", f"{where}:{at}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise wrong("no YAML in UTF-8", where) from error


def wrong(what: str, where: str) -> RelabError:
    """Return the error for a file that relab did not write like that."""
    return RelabError(what, where=where, fix="export the snapshot again")


def _json(text: str | bytes, where: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise wrong(f"no JSON: {error}", where) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


class _Builder:
    """Puts one document together from events, without recursion."""

    def __init__(self) -> None:
        self.documents: list[Any] = []
        self._open: list[tuple[Any, Any]] = []  # a container, and the key it waits a value for

    def add(self, value: Any) -> None:
        """Put a finished value where it belongs."""
        if not self._open:
            self.documents.append(value)
            return
        container, key = self._open[-1]
        if isinstance(container, list):
            container.append(value)
        elif key is None:
            self._open[-1] = (container, self._key(container, value))
        else:
            container[key] = value
            self._open[-1] = (container, None)

    def enter(self, container: Any) -> None:
        """Open a list or a mapping."""
        if len(self._open) >= _DEEPEST:
            raise ValueError(f"nested more than {_DEEPEST} deep")
        if self._open and self._waits_for_key:
            raise ValueError("a key that is no string")
        self._open.append((container, None))

    def leave(self) -> None:
        """Close what was opened last."""
        self.add(self._open.pop()[0])

    @property
    def _waits_for_key(self) -> bool:
        container, key = self._open[-1]
        return isinstance(container, dict) and key is None

    def _key(self, container: dict[str, Any], value: Any) -> str:
        if isinstance(value, str) and value not in container:
            return value
        told = "stands there twice" if value in container else "is no string: write it in quotes"
        raise ValueError(f"the key {value!r} {told}")


def _built(events: Iterable[Any], where: str) -> Any:
    builder = _Builder()
    for event in events:
        try:
            _STEPS.get(type(event), _nothing)(builder, event)
        except (ValueError, RecursionError) as error:
            raise wrong(str(error), f"{where}:{event.start_mark.line + 1}") from error
    if len(builder.documents) != 1:
        raise wrong("not one YAML document", where)
    return builder.documents[0]


def _nothing(_builder: _Builder, _event: Any) -> None:
    """Pass over the beginnings and ends of streams and documents."""


def _refuse(_builder: _Builder, _event: Any) -> None:
    raise ValueError("an alias, which relab never writes")


def _enter(builder: _Builder, event: Any, container: Any) -> None:
    if event.anchor or event.tag:
        raise ValueError("an anchor or a tag, which relab never writes")
    builder.enter(container)


def _value(builder: _Builder, event: Any) -> None:
    if event.anchor:
        raise ValueError("an anchor, which relab never writes")
    if event.tag == _TAG:
        builder.add(json.loads(event.value, object_pairs_hook=_unique, parse_constant=_no_number))
    elif event.tag:
        raise ValueError(f"the tag {event.tag}, which relab never writes")
    else:
        builder.add(_plain(event.value) if event.implicit[0] else event.value)


_STEPS: dict[type, Callable[[_Builder, Any], None]] = {
    yaml.AliasEvent: _refuse,
    yaml.ScalarEvent: _value,
    yaml.SequenceStartEvent: lambda builder, event: _enter(builder, event, []),
    yaml.MappingStartEvent: lambda builder, event: _enter(builder, event, {}),
    yaml.SequenceEndEvent: lambda builder, _: builder.leave(),
    yaml.MappingEndEvent: lambda builder, _: builder.leave(),
}


def _plain(text: str) -> Any:
    """Return the value of an unquoted scalar, as YAML 1.1 reads it."""
    for tag, pattern in yaml.SafeLoader.yaml_implicit_resolvers.get(text[:1], ()):
        if pattern.match(text):
            return _read(tag.removeprefix(_CORE), yaml.ScalarNode(tag, text))
    return text


def _read(kind: str, node: yaml.ScalarNode) -> Any:
    if kind not in _KINDS:
        raise ValueError(f"{node.value} would be read as a {kind}: write it in quotes")
    value = _KINDS[kind](node)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{node.value} is no number of JSON")
    return value


_KINDS: dict[str, Callable[[yaml.ScalarNode], Any]] = {
    "null": _CONSTRUCTOR.construct_yaml_null,
    "bool": _CONSTRUCTOR.construct_yaml_bool,
    "int": _CONSTRUCTOR.construct_yaml_int,
    "float": _CONSTRUCTOR.construct_yaml_float,
}
