-- SPDX-License-Identifier: GPL-3.0-or-later
-- Snapshots take disk of their node, as volumes do.
ALTER TABLE snapshot
	ADD COLUMN node uuid,
	ADD COLUMN size_mib int8 CHECK (size_mib >= 0);

UPDATE snapshot s SET node = i.node, size_mib = (coalesce(s.bytes, 0) + 1048575) / 1048576 FROM instance i WHERE i.id = s.instance;
UPDATE node n SET used_disk_mib = n.used_disk_mib + d.disk, granted_disk_mib = greatest(n.granted_disk_mib, n.used_disk_mib + d.disk)
FROM (SELECT node, sum(size_mib)::int8 disk FROM snapshot GROUP BY node) d
WHERE n.id = d.node;

ALTER TABLE snapshot
	ALTER COLUMN node SET NOT NULL,
	ALTER COLUMN size_mib SET NOT NULL,
	ADD FOREIGN KEY (node) REFERENCES node DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX snapshot_node ON snapshot (node);

-- Of every table with the columns node and size_mib.
ALTER FUNCTION volume_use() RENAME TO disk_use;
CREATE TRIGGER snapshot_use_insert AFTER INSERT ON snapshot REFERENCING NEW TABLE AS now_rows
	FOR EACH STATEMENT EXECUTE FUNCTION disk_use();
CREATE TRIGGER snapshot_use_update AFTER UPDATE ON snapshot REFERENCING OLD TABLE AS was_rows NEW TABLE AS now_rows
	FOR EACH STATEMENT EXECUTE FUNCTION disk_use();
CREATE TRIGGER snapshot_use_delete AFTER DELETE ON snapshot REFERENCING OLD TABLE AS was_rows
	FOR EACH STATEMENT EXECUTE FUNCTION disk_use();
