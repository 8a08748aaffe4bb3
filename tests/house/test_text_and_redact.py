import json

import pytest

from relab import redact
from relab.text import pad, safe, width


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb\tc\x00", "a\\x0ab\\x09c\\x00"),
        ("\x9b2J", "\\x9b2J"),
        ("x\u202ey", "x\\u202ey"),
        ("한글 파드", "한글 파드"),
        ("\u2028", "\\u2028"),
        ("\udcff", "\\udcff"),
    ],
)
def test_control_characters_never_reach_the_terminal(raw: str, shown: str) -> None:
    assert safe(raw) == shown


def test_a_block_keeps_its_lines() -> None:
    assert safe("a\nb\x07", keep="\n") == "a\nb\\x07"


def test_hangul_takes_two_cells() -> None:
    assert width("파드 ok") == 7
    assert pad("파드", 6) == "파드  "
    assert pad("long", 2) == "long"


KEY = "AKIA" + "ABCDEFGH12345678"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyMDcifQ.c2lnbmF0dXJl"
SECRETS = [
    KEY,
    TOKEN,
    "k8s-aws-v1." + "aHR0cHM6Ly9zdHMuYW1hem9uYXdzLmNvbS8",
    "hunter2hunter2",
]


@pytest.mark.parametrize(
    "document",
    [
        {"AccessKeyId": KEY, "SecretAccessKey": SECRETS[3]},
        {"kind": "Secret", "data": {"a": SECRETS[3]}, "stringData": {"b": SECRETS[3]}},
        {"env": [{"name": "DB_PASSWORD", "value": SECRETS[3]}]},
        {"token": SECRETS[3], "nested": [{"client-key-data": SECRETS[3]}]},
        {"uri": f"postgresql://mlflow:{SECRETS[3]}@postgres:5432/mlflow"},
        {"header": f"Authorization: Bearer {SECRETS[3]}"},
        {"log": f"got {TOKEN} and {SECRETS[2]}"},
        {"git": f"ghp_{SECRETS[3]}0123456789", "model": f"sk-Proj-{SECRETS[3]}0123456789"},
        {"pem": f"-----BEGIN RSA PRIVATE KEY-----\n{SECRETS[3]}\n-----END RSA PRIVATE KEY-----"},
    ],
)
def test_no_secret_survives_redaction(document: dict[str, object]) -> None:
    clean = json.dumps(redact.document(document))
    assert redact.HIDDEN in clean
    assert not [secret for secret in SECRETS if secret in clean]


def test_what_is_no_secret_stays() -> None:
    document = {
        "kind": "ConfigMap",
        "data": {"key": "value"},
        "env": [{"name": "MLFLOW_TRACKING_URI", "value": "http://mlflow-server:5000"}],
        "count": 3,
        "continue": None,
    }
    assert redact.document(document) == document
