"""Who puts which data back: one function a type of data."""

from collections.abc import Mapping

from restore.data import dumps, images, objects, rows, volumes
from restore.vessel import Pour

POURS: Mapping[str, Pour] = {
    "s3.object": objects.pour,
    "ecr.image": images.pour,
    "dynamodb.rows": rows.pour,
    "data/Volume": volumes.pour,
    "data/Dump": dumps.pour,
}
