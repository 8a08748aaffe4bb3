"""How much is in a vault, and how much of it is shared."""

from dataclasses import dataclass

from snapshot.vault.catalogue import Catalogue

_COUNTS = """
    SELECT
      (SELECT max(format) FROM migrations) AS format,
      (SELECT count(*) FROM snapshots WHERE state IN ('complete', 'partial')) AS snapshots,
      (SELECT count(*) FROM snapshots WHERE state = 'saving') AS unfinished,
      (SELECT count(*) FROM items) AS items,
      (SELECT count(*) FROM documents) AS documents,
      (SELECT count(*) FROM blobs) AS blobs,
      (SELECT coalesce(sum(size), 0) FROM blobs) AS blob_bytes,
      (SELECT coalesce(sum(bytes), 0) FROM snapshot_summary) AS snapshot_bytes,
      (SELECT count(*) FROM sealed_values) AS sealed_values"""


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of distinct things in a vault.

    `snapshot_bytes` is what the snapshots' data would take, each stored by itself.
    """

    format: int
    snapshots: int
    unfinished: int
    items: int
    documents: int
    blobs: int
    blob_bytes: int
    snapshot_bytes: int
    sealed_values: int
    catalogue_bytes: int


def stats(catalogue: Catalogue) -> Stats:
    """Return the counts of `catalogue`."""
    return Stats(**catalogue.rows(_COUNTS)[0], catalogue_bytes=catalogue.path.stat().st_size)
