"""Who puts which data back: one function a type of data."""

from collections.abc import Mapping

from restore.hands import Pour

POURS: Mapping[str, Pour] = {}
