"""The catalogue's views: its questions, named for people. They show finished snapshots only."""

_VISIBLE = "s.state IN ('complete', 'partial')"

VIEWS = {
    "snapshot_items": f"""
        SELECT s.name AS snapshot, i.tenant, i.provider, i.type, i.region, i.key, i.owner,
               d.body AS document, o.body AS observed, i.identifiers, u.name AS unit, i.id AS item
        FROM snapshots s
        JOIN snapshot_units su ON su.snapshot = s.id
        JOIN units u ON u.id = su.unit
        JOIN unit_items ui ON ui.unit = u.id
        JOIN items i ON i.id = ui.item
        JOIN documents d ON d.id = i.document
        JOIN documents o ON o.id = i.observed
        WHERE {_VISIBLE}""",
    "tenant_resources": """
        SELECT snapshot, tenant, provider, type, count(*) AS resources
        FROM snapshot_items GROUP BY snapshot, tenant, provider, type
        ORDER BY snapshot, tenant, provider, type""",
    "coverage_ledger": f"""
        SELECT s.name AS snapshot, c.service, c.type, c.region, c.tenant, c.state,
               sum(c.count) AS count, group_concat(nullif(c.detail, ''), '; ') AS detail
        FROM snapshots s
        JOIN snapshot_units su ON su.snapshot = s.id
        JOIN coverage c ON c.unit = su.unit
        WHERE {_VISIBLE}
        GROUP BY s.name, c.service, c.type, c.region, c.tenant, c.state""",
    "coverage_gaps": """
        SELECT * FROM coverage_ledger WHERE state NOT IN ('captured', 'empty')
          AND NOT (state = 'unsupported' AND count = 0)""",
    "snapshot_objects": """
        SELECT si.snapshot, si.tenant, si.type, si.key, ib.name AS part, b.digest, b.size
        FROM snapshot_items si
        JOIN item_blobs ib ON ib.item = si.item
        JOIN blobs b ON b.id = ib.blob""",
    "largest_objects": """
        SELECT * FROM snapshot_objects ORDER BY size DESC""",
    "sealed_secrets": """
        SELECT si.snapshot, si.tenant, si.type, si.key, x.pointer, v.fingerprint
        FROM snapshot_items si
        JOIN item_sealed x ON x.item = si.item
        JOIN sealed_values v ON v.id = x.sealed""",
    "shared_documents": """
        SELECT d.digest, count(*) AS items, length(d.body) AS characters, d.body
        FROM items i JOIN documents d ON d.id = i.document
        GROUP BY d.id HAVING count(*) > 1 ORDER BY items DESC""",
    "snapshot_summary": f"""
        SELECT s.name, s.state, s.cohort, s.started_at, s.finished_at, s.items,
          (SELECT count(DISTINCT tenant) FROM snapshot_items si
            WHERE si.snapshot = s.name AND tenant <> '') AS tenants,
          (SELECT coalesce(sum(size), 0) FROM (SELECT DISTINCT digest, size
            FROM snapshot_objects so WHERE so.snapshot = s.name)) AS bytes,
          (SELECT count(*) FROM coverage_gaps g WHERE g.snapshot = s.name) AS gaps,
          s.pinned, s.verified_at, s.verified_deep, s.content
        FROM snapshots s WHERE {_VISIBLE} ORDER BY s.id""",
    "unfinished_saves": """
        SELECT s.name, s.cohort, s.started_at, count(su.unit) AS units
        FROM snapshots s LEFT JOIN snapshot_units su ON su.snapshot = s.id
        WHERE s.state = 'saving' GROUP BY s.id ORDER BY s.id""",
}
