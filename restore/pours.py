"""Who puts which data back: one function a type of data."""

from collections.abc import Mapping

from restore.data import objects
from restore.hands import Pour

POURS: Mapping[str, Pour] = {"s3.object": objects.pour}
