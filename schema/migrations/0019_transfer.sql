-- SPDX-License-Identifier: GPL-3.0-or-later
-- Instances move: while one does, both its nodes are charged with it. Nodes are drained by moving what is there.

ALTER TABLE instance
	ADD COLUMN stateless bool,
	ADD COLUMN transfer text CHECK (transfer IN ('starting', 'clearing')),
	ADD COLUMN other uuid REFERENCES node DEFERRABLE INITIALLY DEFERRED,
	ADD COLUMN other_epoch int8 CHECK (other_epoch >= 0),
	ADD COLUMN home uuid,
	ADD COLUMN stays text,
	ADD COLUMN tried int8,
	ADD CONSTRAINT instance_transfer_is_whole CHECK ((transfer IS NULL) = (other IS NULL)),
	ADD CONSTRAINT instance_transfer_is_between_two CHECK (other <> node),
	ADD CONSTRAINT instance_transfer_has_an_epoch CHECK (other IS NULL OR (other_epoch IS NOT NULL AND other_epoch <> epoch));
CREATE INDEX instance_other ON instance (other) WHERE other IS NOT NULL;

ALTER TABLE node
	ADD COLUMN draining bool,
	ADD COLUMN drain_until int8,
	ADD COLUMN drain_stops bool;

-- As before, with the other nodes of instances that move.
CREATE OR REPLACE FUNCTION instance_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'INSERT' THEN
		UPDATE node n SET used_cpu_millis = n.used_cpu_millis + d.cpu, used_memory_mib = n.used_memory_mib + d.memory,
			used_disk_mib = n.used_disk_mib + d.disk, used_instances = n.used_instances + d.instances
		FROM (SELECT node, sum(cpu_millis)::int8 cpu, sum(memory_mib)::int8 memory, sum(disk_mib)::int8 disk, count(*) instances
			FROM (SELECT node, cpu_millis, memory_mib, disk_mib FROM now_rows
				UNION ALL SELECT other, cpu_millis, memory_mib, disk_mib FROM now_rows) c
			WHERE node IS NOT NULL GROUP BY node) d
		WHERE n.id = d.node;
	ELSIF TG_OP = 'DELETE' THEN
		UPDATE node n SET used_cpu_millis = n.used_cpu_millis - d.cpu, used_memory_mib = n.used_memory_mib - d.memory,
			used_disk_mib = n.used_disk_mib - d.disk, used_instances = n.used_instances - d.instances
		FROM (SELECT node, sum(cpu_millis)::int8 cpu, sum(memory_mib)::int8 memory, sum(disk_mib)::int8 disk, count(*) instances
			FROM (SELECT node, cpu_millis, memory_mib, disk_mib FROM was_rows
				UNION ALL SELECT other, cpu_millis, memory_mib, disk_mib FROM was_rows) c
			WHERE node IS NOT NULL GROUP BY node) d
		WHERE n.id = d.node;
	ELSE
		UPDATE node n SET used_cpu_millis = n.used_cpu_millis + d.cpu, used_memory_mib = n.used_memory_mib + d.memory,
			used_disk_mib = n.used_disk_mib + d.disk, used_instances = n.used_instances + d.instances
		FROM (SELECT node, sum(cpu)::int8 cpu, sum(memory)::int8 memory, sum(disk)::int8 disk, sum(instances)::int8 instances
			FROM (SELECT node, cpu_millis cpu, memory_mib memory, disk_mib disk, 1 instances FROM now_rows
				UNION ALL SELECT other, cpu_millis, memory_mib, disk_mib, 1 FROM now_rows
				UNION ALL SELECT node, -cpu_millis, -memory_mib, -disk_mib, -1 FROM was_rows
				UNION ALL SELECT other, -cpu_millis, -memory_mib, -disk_mib, -1 FROM was_rows) c
			WHERE node IS NOT NULL GROUP BY node
			HAVING sum(cpu) <> 0 OR sum(memory) <> 0 OR sum(disk) <> 0 OR sum(instances) <> 0) d
		WHERE n.id = d.node;
	END IF;
	RETURN NULL;
END $$;
