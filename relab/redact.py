"""Take secrets out of answers before they become evidence, logs or recordings."""

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "[redacted]"
_SECRET_KEY = re.compile(
    r"(secret_?(access)?_?key|password|passwd|passphrase|session_?token|auth(orization)?_?token"
    r"|bearer|api_?key|private_?key|client_?key_?data|^token$|_token$|_password$|^authorization$)",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    r"(?P<aws>(?<![A-Za-z0-9/+])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9]))"
    r"|(?P<jwt>(?<![A-Za-z0-9])eyJ[\w-]{8,2048}\.[\w-]{8,}\.[\w-]*)"
    r"|(?P<eks>k8s-aws-v1\.[A-Za-z0-9_-]{16,})"
    r"|(?P<url>(?<=://)[^/\s:@]*:[^/\s@]+(?=@))"
    r"|(?P<header>(?<=Bearer )[A-Za-z0-9._~+/=-]{8,})"
    r"|(?P<signature>(?<=X-Amz-Signature=)[0-9a-f]{16,})"
    r"|(?P<github>\b(?:gh[opusr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}))"
    r"|(?P<service>\b(?:sk-(?=[\w-]{0,99}\d)(?=[\w-]{0,99}[A-Z])[\w-]{20,}|hf_[A-Za-z0-9]{30,}"
    r"|xox[abeoprs]-[\w-]{10,}|AIza[\w-]{35}|AGE-SECRET-KEY-1[0-9A-Z]{20,}))"
    r"|(?P<hook>(?<=hooks\.slack\.com/services/)[\w/]{16,})"
    r"|(?P<pem>-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z))"
)


def text(raw: str) -> str:
    """Return `raw` with access keys, tokens and passwords in URLs replaced by `[redacted]`."""
    return _SECRET_TEXT.sub(HIDDEN, raw)


def is_secret_text(raw: str) -> bool:
    """Tell whether `raw` holds what `text` would take out."""
    return _SECRET_TEXT.search(raw) is not None


def _is_secret(key: object) -> bool:
    return bool(_SECRET_KEY.search(str(key).replace("-", "_")))


def _is_secret_env(node: Mapping[str, Any]) -> bool:
    return set(node) >= {"name", "value"} and _is_secret(node["name"])


def document(node: Any) -> Any:
    """Return a copy of a JSON-able `node` without secret values; keys and shape stay.

    Kubernetes Secrets lose their data, environment variables their value when the name looks
    secret, and every string passes `text`.
    """
    if isinstance(node, str):
        return text(node)
    if isinstance(node, list | tuple):
        return [document(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    return _mapping(node)


def _mapping(node: Mapping[str, Any]) -> dict[str, Any]:
    hidden = {"data", "stringData"} if node.get("kind") == "Secret" else set()
    if _is_secret_env(node):
        hidden = {"value"}
    return {
        key: _hide(value) if key in hidden or _is_secret(key) else document(value)
        for key, value in node.items()
    }


def _hide(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict.fromkeys(value, HIDDEN)
    return HIDDEN if value else value
