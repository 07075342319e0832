-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: member_load   entity: member   result: many
SELECT id, name, role, created, limit_instances, limit_cpu_millis, limit_memory_mib, limit_disk_mib, revision
FROM member;

-- name: member_put   entity: member   args: *   result: none
INSERT INTO member (id, name, role, created, limit_instances, limit_cpu_millis, limit_memory_mib, limit_disk_mib, revision)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int8[], $9::int8[])
ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, created = excluded.created,
	limit_instances = excluded.limit_instances, limit_cpu_millis = excluded.limit_cpu_millis,
	limit_memory_mib = excluded.limit_memory_mib, limit_disk_mib = excluded.limit_disk_mib,
	revision = excluded.revision;

-- name: member_remove   entity: member   args: id   result: none
DELETE FROM member WHERE id = ANY ($1::uuid[]);
