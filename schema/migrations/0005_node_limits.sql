-- SPDX-License-Identifier: GPL-3.0-or-later
-- What closes a node, and what an admin caps there.
ALTER TABLE node
	ADD COLUMN closed text,
	ADD COLUMN drained text,
	ADD COLUMN cap_cpu_millis int8 CHECK (cap_cpu_millis >= 0),
	ADD COLUMN cap_memory_mib int8 CHECK (cap_memory_mib >= 0),
	ADD COLUMN cap_disk_mib int8 CHECK (cap_disk_mib >= 0),
	ADD COLUMN cap_instances int8 CHECK (cap_instances >= 0);
