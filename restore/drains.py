"""Who takes extra data out of what: one function a type of data, and one a type that must be empty.

A database has no extra data of its own: loading its dump leaves nothing else in it.
"""

from collections.abc import Mapping

from restore.data import images_extra, objects_extra, rows_extra, volumes_extra
from restore.drain import Drain

DRAINS: Mapping[str, Drain] = {
    "s3.object": objects_extra.drain,
    "ecr.image": images_extra.drain,
    "dynamodb.rows": rows_extra.drain,
    "data/Volume": volumes_extra.drain,
}
# Must be emptied, with all that is kept of the past, before they can be removed.
EMPTIES: Mapping[str, Drain] = {"s3.bucket": objects_extra.empty}
