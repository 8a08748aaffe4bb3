"""Fixtures that every test shares: no real account, no home, no colour of this machine."""

import os
import signal
from pathlib import Path

import pytest

# What Hypothesis notes of our sources is a cache, as others; it looks here when it first writes.
os.environ.setdefault(
    "HYPOTHESIS_STORAGE_DIRECTORY", str(Path(__file__).parents[1] / ".cache" / "hypothesis")
)
# What is started in the background may be born deaf to Ctrl+C, and its children with it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
pytest_plugins = ("tests.sandbox_fixtures", "tests.vault_fixtures")

_PREFIXES = ("AWS_", "RELAB_", "KUBE", "LC_", "XDG_")
_NAMES = {"LANG", "LANGUAGE", "NO_COLOR", "FORCE_COLOR", "USER_NUM", "NAMESPACE", "S3_BUCKET"}
_KEPT = {"AWS_CA_BUNDLE"}


def clean_environ() -> dict[str, str]:
    """Return this process's environment without credentials and without a person's settings."""
    return {
        key: value
        for key, value in os.environ.items()
        if key in _KEPT or not (key.startswith(_PREFIXES) or key in _NAMES)
    }


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test an empty home and an environment without credentials."""
    folder = tmp_path_factory.mktemp("home")
    for key in set(os.environ) - set(clean_environ()):
        monkeypatch.delenv(key)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return folder
