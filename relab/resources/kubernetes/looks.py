"""Tells whether a name, or a value, looks like a secret.

Names are judged by their last words, so that `DB_PASSWORD` is one and `PASSWORD_FILE` is not;
values by the shapes that `relab.redact` knows, by passwords inside (`--password=...`), and by
words so mixed that only a machine makes them.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from relab import redact

_LONGEST = 512
_MIXED = 0.4
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET_ENDS = ("password", "passwd", "passphrase", "passcode", "token", "apikey")
_SECRET_LAST = frozenset({"pwd", "pass", "authorization", "bearer"})
_SECRET_IN_ENV = frozenset({"secret", "secretkey", "credential", "credentials", "pat"})
_KEYS = frozenset(
    {"access", "account", "api", "auth", "cookie", "encryption", "fernet", "hmac", "license"}
    | {"master", "private", "session", "signing", "storage"}
)
# `secretKey` names an entry of a Secret, unless a variable is called so.
_ENV_KEYS = _KEYS | {"secret"}
_PLACEHOLDER = re.compile(
    r"\$\([^)]{0,99}\)|\$\{[^}]{0,99}\}|\$\w{1,99}|\{\{[^}]{0,99}\}\}|<[^<>\s]{0,99}>"
)
_NO_VALUE = re.compile(r"(true|false|yes|no|on|off|null|none|nil|~|\d{0,3})", re.IGNORECASE)
_PATH = re.compile(r"(file://)?\.{0,2}/[\w./@+-]*|[\w.-]+:[\w./-]*/[\w./-]+")
_ASSIGNED = re.compile(
    r"(?<![\w$.])[\"']?(?P<name>[A-Za-z][\w.-]{2,60})[\"']?[^\S\n]{0,3}(?P<sign>[=:])[^\S\n]{0,3}"
    r"(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^\s,;&\"']+)"
)
_HINT = re.compile(r"pass|pwd|token|secret|key|credential|bearer|authorization|pat", re.IGNORECASE)
_CODE = re.compile(r"[()\[\]]")
_PUBLIC = re.compile(
    r"-----BEGIN (?:CERTIFICATE|[A-Z ]*PUBLIC KEY)-----.*?(?:-----END [A-Z ]+-----|\Z)"
    r"|\bLS0tLS1CRUdJTiBDRVJUSUZJQ0FURS[A-Za-z0-9+/=\s]*"
    r"|\bssh-\w+ AAAA[A-Za-z0-9+/=]+"
    r"|\bsha(?:1|224|256|384|512)[-:][A-Za-z0-9+/=]+",
    re.DOTALL,
)
_WORD = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{24,}")


def name(raw: str, *, env: bool = True) -> bool:
    """Tell whether what is called `raw` is likely a secret.

    In `env` variables and files of settings a name like `CLIENT_SECRET` holds the secret itself;
    elsewhere in Kubernetes it names a Secret.
    """
    words = [word.lower() for word in _WORDS.findall(raw)]
    if not words:
        return False
    last = words[-1]
    if last.endswith(_SECRET_ENDS) or last in _SECRET_LAST:
        return True
    if env and last in _SECRET_IN_ENV:
        return True
    return last == "key" and words[-2:-1] != [] and words[-2] in (_ENV_KEYS if env else _KEYS)


def value(raw: str) -> bool:
    """Tell whether `raw` is, or holds, what looks like a secret."""
    text = _PLACEHOLDER.sub("", raw)
    if redact.is_secret_text(text):
        return True
    return any(_assigned(text)) or _has_mixed_word(text)


def says(raw: str) -> bool:
    """Tell whether `raw`, found under a secret name, says something: no placeholder, no path."""
    text = _PLACEHOLDER.sub("", raw).strip().strip("\"'")
    return bool(text) and not _NO_VALUE.fullmatch(text) and not _PATH.fullmatch(text)


def _assigned(text: str) -> Iterator[bool]:
    if not _HINT.search(text):
        return
    for found in _ASSIGNED.finditer(text):
        code = _CODE.search(found["value"]) and found["value"][0] not in "\"'"
        if name(found["name"], env=found["sign"] == "=") and says(found["value"]) and not code:
            yield True


def _has_mixed_word(text: str) -> bool:
    if len(text) < 24:
        return False
    return any(_is_mixed(found[0]) for found in _WORD.finditer(_PUBLIC.sub(" ", text)))


def _is_mixed(word: str) -> bool:
    """Tell whether the kinds of letters alternate as they do by chance only.

    Names change between small, capital and digit about every fourth letter, random text in two
    places of three. Hexadecimal ids have no capitals beside small letters.
    """
    if len(word) > _LONGEST:
        return False
    kinds = [_kind(letter) for letter in word]
    if not {"a", "A", "0"} <= set(kinds):
        return False
    changes = sum(left != right for left, right in pairwise(kinds))
    return changes / (len(word) - 1) >= _MIXED


def _kind(letter: str) -> str:
    if letter.isdigit():
        return "0"
    return "a" if letter.islower() else "A" if letter.isupper() else "/"
