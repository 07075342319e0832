-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: node_load   entity: node   result: many
SELECT id, name, state, owner, pin, arch, agent_version, features, cpu_millis, memory_mib, disk_mib, offer_cpu_millis, offer_memory_mib,
	offer_disk_mib, offer_instances, granted_cpu_millis, granted_memory_mib, granted_disk_mib, granted_instances, used_cpu_millis,
	used_memory_mib, used_disk_mib, used_instances, labels, created, last_seen, revision, closed, drained,
	cap_cpu_millis, cap_memory_mib, cap_disk_mib, cap_instances, address, publish_from, publish_to,
	allow_members, deny_members, pos_x, pos_y, pos_h, pos_error, draining, drain_until, drain_stops
FROM node;

-- name: node_put   entity: node   args: *   derived: used_cpu_millis used_memory_mib used_disk_mib used_instances   result: none
INSERT INTO node AS n (id, name, state, owner, pin, arch, agent_version, features, cpu_millis, memory_mib, disk_mib, offer_cpu_millis, offer_memory_mib,
	offer_disk_mib, offer_instances, granted_cpu_millis, granted_memory_mib, granted_disk_mib, granted_instances, labels, created, last_seen,
	revision, closed, drained, cap_cpu_millis, cap_memory_mib, cap_disk_mib, cap_instances, address,
	publish_from, publish_to, allow_members, deny_members, pos_x, pos_y, pos_h, pos_error,
	draining, drain_until, drain_stops)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::int8[], $10::int8[], $11::int8[],
	$12::int8[], $13::int8[], $14::int8[], $15::int8[], $16::int8[], $17::int8[], $18::int8[], $19::int8[], $20::jsonb[], $21::int8[],
	$22::int8[], $23::int8[], $24::text[], $25::text[], $26::int8[], $27::int8[], $28::int8[], $29::int8[], $30::text[],
	$31::int8[], $32::int8[], $33::jsonb[], $34::jsonb[], $35::int8[], $36::int8[], $37::int8[], $38::int8[],
	$39::bool[], $40::int8[], $41::bool[])
ON CONFLICT (id) DO UPDATE SET name = excluded.name, state = excluded.state, owner = excluded.owner, pin = excluded.pin, arch = excluded.arch,
	agent_version = excluded.agent_version, features = excluded.features, cpu_millis = excluded.cpu_millis, memory_mib = excluded.memory_mib,
	disk_mib = excluded.disk_mib, offer_cpu_millis = excluded.offer_cpu_millis, offer_memory_mib = excluded.offer_memory_mib,
	offer_disk_mib = excluded.offer_disk_mib, offer_instances = excluded.offer_instances,
	granted_cpu_millis = GREATEST(n.granted_cpu_millis, excluded.granted_cpu_millis),
	granted_memory_mib = GREATEST(n.granted_memory_mib, excluded.granted_memory_mib),
	granted_disk_mib = GREATEST(n.granted_disk_mib, excluded.granted_disk_mib),
	granted_instances = GREATEST(n.granted_instances, excluded.granted_instances), labels = excluded.labels, closed = excluded.closed,
	allow_members = excluded.allow_members, deny_members = excluded.deny_members,
	drained = excluded.drained, cap_cpu_millis = excluded.cap_cpu_millis, cap_memory_mib = excluded.cap_memory_mib,
	cap_disk_mib = excluded.cap_disk_mib, cap_instances = excluded.cap_instances, address = excluded.address,
	publish_from = excluded.publish_from, publish_to = excluded.publish_to,
	pos_x = excluded.pos_x, pos_y = excluded.pos_y, pos_h = excluded.pos_h, pos_error = excluded.pos_error, draining = excluded.draining,
	drain_until = excluded.drain_until, drain_stops = excluded.drain_stops, created = excluded.created,
	last_seen = excluded.last_seen, revision = excluded.revision;

-- name: node_settle   entity: node   args: id granted_cpu_millis granted_memory_mib granted_disk_mib granted_instances   result: none
-- After the instances of the batch: what is granted is lowered to what it shall be.
UPDATE node n SET granted_cpu_millis = v.granted_cpu_millis, granted_memory_mib = v.granted_memory_mib, granted_disk_mib = v.granted_disk_mib,
	granted_instances = v.granted_instances
FROM unnest($1::uuid[], $2::int8[], $3::int8[], $4::int8[], $5::int8[]) AS v (id, granted_cpu_millis, granted_memory_mib, granted_disk_mib, granted_instances)
WHERE n.id = v.id AND (n.granted_cpu_millis, n.granted_memory_mib, n.granted_disk_mib, n.granted_instances)
	IS DISTINCT FROM (v.granted_cpu_millis, v.granted_memory_mib, v.granted_disk_mib, v.granted_instances);

-- name: node_remove   entity: node   args: id   result: none
DELETE FROM node WHERE id = ANY ($1::uuid[]);
