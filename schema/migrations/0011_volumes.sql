-- SPDX-License-Identifier: GPL-3.0-or-later
-- Snapshots of instances, and volumes that outlive them.

ALTER TABLE instance
	ADD COLUMN restore uuid,
	ADD COLUMN restore_sn int8 CHECK (restore_sn >= 0);
ALTER TABLE placement ADD COLUMN bound_by text;

CREATE TABLE snapshot (
	id       uuid PRIMARY KEY,
	name     text NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
	state    text NOT NULL CHECK (state IN ('wanted', 'ready', 'failed', 'deleting')),
	reason   text NOT NULL,
	instance uuid NOT NULL REFERENCES instance DEFERRABLE INITIALLY DEFERRED,
	member   uuid NOT NULL REFERENCES member DEFERRABLE INITIALLY DEFERRED,
	bytes    int8 CHECK (bytes >= 0),
	created  int8 NOT NULL,
	revision int8 NOT NULL CHECK (revision >= 0),
	CONSTRAINT snapshot_name_unique UNIQUE (instance, name) DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT snapshot_of_instance UNIQUE (id, instance)
);
CREATE INDEX snapshot_member ON snapshot (member);

-- What an instance is about to become is a snapshot of its own.
ALTER TABLE instance ADD CONSTRAINT instance_restore_is_own FOREIGN KEY (restore, id) REFERENCES snapshot (id, instance) DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE volume (
	id       uuid PRIMARY KEY,
	name     text NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
	state    text NOT NULL CHECK (state IN ('unplaced', 'wanted', 'ready', 'failed', 'deleting', 'lost')),
	reason   text NOT NULL,
	member   uuid NOT NULL REFERENCES member DEFERRABLE INITIALLY DEFERRED,
	node     uuid REFERENCES node DEFERRABLE INITIALLY DEFERRED,
	size_mib int8 NOT NULL CHECK (size_mib BETWEEN 1 AND 1073741824),
	created  int8 NOT NULL,
	ordered  int8 NOT NULL CHECK (ordered >= 0),
	revision int8 NOT NULL CHECK (revision >= 0),
	CONSTRAINT volume_name_unique UNIQUE (name) DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT volume_is_somewhere CHECK ((node IS NULL) = (state IN ('unplaced', 'lost')))
);
CREATE INDEX volume_member ON volume (member);
CREATE INDEX volume_node ON volume (node) WHERE node IS NOT NULL;

CREATE TABLE attachment (
	id        uuid PRIMARY KEY,
	instance  uuid NOT NULL REFERENCES instance DEFERRABLE INITIALLY DEFERRED,
	volume    uuid NOT NULL REFERENCES volume DEFERRABLE INITIALLY DEFERRED,
	path      text NOT NULL CONSTRAINT attachment_path_absolute CHECK (path ~ '^/.'),
	read_only bool NOT NULL,
	revision  int8 NOT NULL CHECK (revision >= 0),
	CONSTRAINT attachment_path_unique UNIQUE (instance, path) DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT attachment_once UNIQUE (instance, volume) DEFERRABLE INITIALLY DEFERRED
);
-- One instance at a time may write.
CREATE UNIQUE INDEX attachment_one_writer ON attachment (volume) WHERE NOT read_only;

-- Volumes take disk of their node, as instances do.
CREATE FUNCTION volume_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'INSERT' THEN
		UPDATE node n SET used_disk_mib = n.used_disk_mib + d.disk
		FROM (SELECT node, sum(size_mib)::int8 disk FROM now_rows WHERE node IS NOT NULL GROUP BY node) d
		WHERE n.id = d.node;
	ELSIF TG_OP = 'DELETE' THEN
		UPDATE node n SET used_disk_mib = n.used_disk_mib - d.disk
		FROM (SELECT node, sum(size_mib)::int8 disk FROM was_rows WHERE node IS NOT NULL GROUP BY node) d
		WHERE n.id = d.node;
	ELSE
		UPDATE node n SET used_disk_mib = n.used_disk_mib + d.disk
		FROM (SELECT node, sum(disk)::int8 disk
			FROM (SELECT node, size_mib disk FROM now_rows UNION ALL SELECT node, -size_mib FROM was_rows) c
			WHERE node IS NOT NULL GROUP BY node HAVING sum(disk) <> 0) d
		WHERE n.id = d.node;
	END IF;
	RETURN NULL;
END $$;

CREATE TRIGGER volume_use_insert AFTER INSERT ON volume REFERENCING NEW TABLE AS now_rows
	FOR EACH STATEMENT EXECUTE FUNCTION volume_use();
CREATE TRIGGER volume_use_update AFTER UPDATE ON volume REFERENCING OLD TABLE AS was_rows NEW TABLE AS now_rows
	FOR EACH STATEMENT EXECUTE FUNCTION volume_use();
CREATE TRIGGER volume_use_delete AFTER DELETE ON volume REFERENCING OLD TABLE AS was_rows
	FOR EACH STATEMENT EXECUTE FUNCTION volume_use();

CREATE TRIGGER instance_restore_grows BEFORE UPDATE ON instance FOR EACH ROW WHEN (NEW.restore_sn < OLD.restore_sn)
	EXECUTE FUNCTION refuse_decrease('the count of restores of an instance');
