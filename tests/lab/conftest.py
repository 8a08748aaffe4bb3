import shutil
from pathlib import Path

import pytest

from relab.lab.loader import ROOT


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder of labs that holds a copy of Lab 1-1, to spoil."""
    shutil.copytree(ROOT / "lab-1-1", tmp_path / "lab-1-1")
    return tmp_path
