"""The catalogue's tables, format 1: what is where is written in docs/vault.md.

What one unit of work found (`units`: items and ledger) is a row of its own, so that an unchanged
unit costs the next snapshot one row. Nothing is ever updated but a snapshot's own state.
"""

TABLES = """
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE snapshots (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL DEFAULT 'saving'
    CHECK (state IN ('saving', 'complete', 'partial', 'removing')),
  scope TEXT NOT NULL,
  cohort TEXT NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT,
  items INTEGER,
  content TEXT,
  pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
  verified_at TEXT,
  verified_deep INTEGER NOT NULL DEFAULT 0 CHECK (verified_deep IN (0, 1)),
  CHECK ((state IN ('complete', 'partial')) <= (content IS NOT NULL AND finished_at IS NOT NULL))
);
CREATE TABLE units (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  UNIQUE (name, digest)
);
CREATE TABLE snapshot_units (
  snapshot INTEGER NOT NULL REFERENCES snapshots (id),
  unit INTEGER NOT NULL REFERENCES units (id),
  PRIMARY KEY (snapshot, unit)
) WITHOUT ROWID;
CREATE INDEX snapshot_units_unit ON snapshot_units (unit);
CREATE TABLE documents (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL
);
CREATE TABLE items (
  id INTEGER PRIMARY KEY,
  content TEXT NOT NULL,
  provider TEXT NOT NULL,
  type TEXT NOT NULL,
  region TEXT NOT NULL,
  key TEXT NOT NULL,
  tenant TEXT NOT NULL,
  owner TEXT NOT NULL,
  identifiers TEXT NOT NULL,
  document INTEGER NOT NULL REFERENCES documents (id),
  observed INTEGER NOT NULL REFERENCES documents (id),
  UNIQUE (content, observed)
);
CREATE INDEX items_document ON items (document);
CREATE INDEX items_observed ON items (observed);
CREATE INDEX items_key ON items (type, key);
CREATE TABLE unit_items (
  unit INTEGER NOT NULL REFERENCES units (id),
  item INTEGER NOT NULL REFERENCES items (id),
  PRIMARY KEY (unit, item)
) WITHOUT ROWID;
CREATE INDEX unit_items_item ON unit_items (item);
CREATE TABLE blobs (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL CHECK (size >= 0)
);
CREATE TABLE item_blobs (
  item INTEGER NOT NULL REFERENCES items (id),
  name TEXT NOT NULL,
  blob INTEGER NOT NULL REFERENCES blobs (id),
  PRIMARY KEY (item, name)
) WITHOUT ROWID;
CREATE INDEX item_blobs_blob ON item_blobs (blob);
CREATE TABLE sealed_values (
  id INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL UNIQUE,
  box BLOB NOT NULL
);
CREATE TABLE item_sealed (
  item INTEGER NOT NULL REFERENCES items (id),
  pointer TEXT NOT NULL,
  sealed INTEGER NOT NULL REFERENCES sealed_values (id),
  PRIMARY KEY (item, pointer)
) WITHOUT ROWID;
CREATE INDEX item_sealed_sealed ON item_sealed (sealed);
CREATE TABLE coverage (
  unit INTEGER NOT NULL REFERENCES units (id),
  service TEXT NOT NULL,
  type TEXT NOT NULL,
  region TEXT NOT NULL,
  tenant TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN (
    'captured', 'empty', 'denied', 'throttled', 'unsupported', 'changed-meanwhile', 'failed')),
  count INTEGER NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX coverage_unit ON coverage (unit);
"""

_NEVER_UPDATED = (
    "units",
    "snapshot_units",
    "documents",
    "items",
    "unit_items",
    "blobs",
    "item_blobs",
    "sealed_values",
    "item_sealed",
    "coverage",
)

# A row may only come or go while the query finds nothing that stands on it.
_GUARDS = (
    ("INSERT ON unit_items", "SELECT 1 FROM snapshot_units WHERE unit = NEW.unit"),
    ("DELETE ON unit_items", "SELECT 1 FROM snapshot_units WHERE unit = OLD.unit"),
    ("INSERT ON coverage", "SELECT 1 FROM snapshot_units WHERE unit = NEW.unit"),
    ("DELETE ON coverage", "SELECT 1 FROM snapshot_units WHERE unit = OLD.unit"),
    ("DELETE ON units", "SELECT 1 FROM snapshot_units WHERE unit = OLD.id"),
    ("INSERT ON item_blobs", "SELECT 1 FROM unit_items WHERE item = NEW.item"),
    ("DELETE ON item_blobs", "SELECT 1 FROM unit_items WHERE item = OLD.item"),
    ("INSERT ON item_sealed", "SELECT 1 FROM unit_items WHERE item = NEW.item"),
    ("DELETE ON item_sealed", "SELECT 1 FROM unit_items WHERE item = OLD.item"),
    ("DELETE ON items", "SELECT 1 FROM unit_items WHERE item = OLD.id"),
    ("DELETE ON documents", "SELECT 1 FROM items WHERE document = OLD.id"),
    ("DELETE ON documents", "SELECT 1 FROM items WHERE observed = OLD.id"),
    ("DELETE ON blobs", "SELECT 1 FROM item_blobs WHERE blob = OLD.id"),
    ("DELETE ON sealed_values", "SELECT 1 FROM item_sealed WHERE sealed = OLD.id"),
    (
        "INSERT ON snapshot_units",
        "SELECT 1 FROM snapshots WHERE id = NEW.snapshot AND state <> 'saving'",
    ),
    (
        "DELETE ON snapshot_units",
        "SELECT 1 FROM snapshots WHERE id = OLD.snapshot AND state IN ('complete', 'partial')",
    ),
    ("DELETE ON snapshots", "SELECT 1 WHERE OLD.state <> 'removing'"),
    (
        "UPDATE ON snapshots",
        "SELECT 1 WHERE OLD.state <> 'saving' AND ("
        " NEW.state NOT IN (OLD.state, 'removing')"
        " OR (OLD.id, OLD.name, OLD.scope, OLD.cohort, OLD.started_at, OLD.finished_at,"
        " OLD.items, OLD.content) IS NOT (NEW.id, NEW.name, NEW.scope, NEW.cohort,"
        " NEW.started_at, NEW.finished_at, NEW.items, NEW.content))",
    ),
)


def triggers() -> list[str]:
    """Return the statements that make snapshots immutable, whatever tool writes."""
    guards = [(f"UPDATE ON {table}", "SELECT 1") for table in _NEVER_UPDATED]
    return [
        f"CREATE TRIGGER immutable_{number:02} BEFORE {event} WHEN EXISTS ({found})"
        " BEGIN SELECT RAISE(ABORT, 'snapshots are immutable'); END"
        for number, (event, found) in enumerate((*guards, *_GUARDS))
    ]
