"""A decoder for the Kubernetes protobuf envelope and the few kinds kubectl sends in it."""

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from relab.sandbox.kube.messages import MESSAGES, READABLE, Field
from relab.sandbox.kube.model import Doc
from relab.sandbox.kube.status import bad_request, unsupported_media

_MAGIC = b"k8s\x00"
_READABLE = ("application/json", "application/yaml")
_ENTRIES = {"map": "Entry", "bytemap": "BytesEntry", "quantities": "QuantityEntry"}
Wire = tuple[int, int | bytes]


def decode(raw: bytes) -> Doc:
    """Return the document in a protobuf body; raises 415 for kinds without a field table."""
    if not raw.startswith(_MAGIC):
        raise bad_request("the protobuf body does not start with the expected prefix")
    try:
        envelope = _message(raw[len(_MAGIC) :], "Unknown")
        head = envelope["typeMeta"]
        kind = head["kind"]
        if kind not in READABLE:
            raise unsupported_media("application/vnd.kubernetes.protobuf", _READABLE)
        body = _message(envelope["raw"], kind)
    except (IndexError, KeyError, UnicodeDecodeError, TypeError) as error:
        raise bad_request("the protobuf body cannot be decoded") from error
    return {"apiVersion": head["apiVersion"], "kind": kind} | body


def _wire(data: bytes) -> Iterator[Wire]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
        elif kind == 2:
            size, at = _varint(data, at)
            if at + size > len(data):
                raise IndexError(at)
            yield number, data[at : at + size]
            at += size
        else:
            raise KeyError(kind)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _message(data: bytes, name: str) -> Doc:
    fields = MESSAGES[name]
    result: Doc = {}
    for number, value in _wire(data):
        field = fields.get(number)
        if field is None:
            raise KeyError(number)
        _add(result, field, value)
    return result


def _add(result: Doc, field: Field, value: int | bytes) -> None:
    match field.type:
        case "ignored":
            pass
        case "map" | "bytemap" | "quantities" if isinstance(value, bytes):
            entry = _message(value, _ENTRIES[field.type])
            result.setdefault(field.name, {})[entry.get("key", "")] = entry.get("value", "")
        case "list":
            result.setdefault(field.name, []).append(_value(field.of, value))
        case _:
            decoded = _value(field.type, value)
            # Absent scalars are sent as zero values; JSON leaves them out.
            if decoded not in ("", 0, {}) or field.keep:
                result[field.name] = decoded


def _value(kind: str, value: int | bytes) -> Any:
    if isinstance(value, int):
        return bool(value) if kind == "bool" else value
    read = _READERS.get(kind)
    return read(value) if read else _message(value, kind)


def _either(value: bytes) -> Any:
    both = _message(value, "IntOrString")
    return both.get("strVal", "") if both.get("type") else both.get("intVal", 0)


def _time(value: bytes) -> str:
    seconds = _message(value, "Time").get("seconds", 0)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else ""


_READERS: dict[str, Callable[[bytes], Any]] = {
    "string": bytes.decode,
    "bytes": lambda value: base64.b64encode(value).decode(),
    "raw": bytes,
    "time": _time,
    "Quantity": lambda value: _message(value, "Quantity").get("string", "0"),
    "IntOrString": _either,
}
