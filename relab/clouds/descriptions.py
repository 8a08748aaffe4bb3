"""botocore's descriptions of services, loaded faster than it does: most of what a client costs.

It keeps JSON objects in ordered dictionaries, though all dictionaries are ordered, and looks into
the folders of all 400 services to know that one of them is there.
"""

import gzip
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader, Loader


class Descriptions(Loader):
    """botocore's loader, for the same folders as `usual`."""

    def __init__(self, usual: Loader) -> None:
        super().__init__(extra_search_paths=usual.search_paths, file_loader=_Files())

    def list_available_services(self, type_name: str) -> list[str]:
        """Return the services that have a folder; loading tells whether it holds a `type_name`."""
        folders = [path for path in self.search_paths if os.path.isdir(path)]  # noqa: PTH112
        return sorted({entry.name for path in folders for entry in os.scandir(path)})


class _Files(JSONFileLoader):
    def load_file(self, file_path: str) -> Any:
        for ending, read in ((".json", _plain), (".json.gz", _unpacked)):
            with suppress(FileNotFoundError):
                return json.loads(read(file_path + ending))
        return None


def _plain(path: str) -> bytes:
    return Path(path).read_bytes()


def _unpacked(path: str) -> bytes:
    return gzip.decompress(_plain(path))
