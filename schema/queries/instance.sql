-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: instance_load   entity: instance   result: many
SELECT id, name, state, desired, reason, member, image, node, epoch, boot_sn, cpu_millis, memory_mib, disk_mib, pids, on_disconnect, address,
	created, started, ordered, revision, labels, changing, used_memory_mib, address6, publish, restore, restore_sn,
	used_disk_mib, disk_advisory, bandwidth_kbit, "constraint", affinity, spread, near, within_ms,
	stateless, transfer, other, other_epoch, home, stays, tried
FROM instance;

-- name: instance_put   entity: instance   args: *   result: none
INSERT INTO instance (id, name, state, desired, reason, member, image, node, epoch, boot_sn, cpu_millis, memory_mib, disk_mib, pids, on_disconnect, address,
	created, started, ordered, revision, labels, changing, used_memory_mib, address6, publish, restore, restore_sn,
	used_disk_mib, disk_advisory, bandwidth_kbit, "constraint", affinity, spread, near, within_ms,
	stateless, transfer, other, other_epoch, home, stays, tried)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::uuid[], $9::int8[], $10::int8[], $11::int8[],
	$12::int8[], $13::int8[], $14::int8[], $15::text[], $16::text[], $17::int8[], $18::int8[], $19::int8[], $20::int8[], $21::jsonb[], $22::bool[],
	$23::int8[], $24::text[], $25::jsonb[], $26::uuid[], $27::int8[], $28::int8[], $29::bool[], $30::int8[],
	$31::text[], $32::text[], $33::text[], $34::text[], $35::int8[],
	$36::bool[], $37::text[], $38::uuid[], $39::int8[], $40::uuid[], $41::text[], $42::int8[])
ON CONFLICT (id) DO UPDATE SET name = excluded.name, state = excluded.state, desired = excluded.desired, reason = excluded.reason, member = excluded.member,
	image = excluded.image, node = excluded.node, epoch = excluded.epoch, boot_sn = excluded.boot_sn, cpu_millis = excluded.cpu_millis,
	memory_mib = excluded.memory_mib, disk_mib = excluded.disk_mib, pids = excluded.pids, on_disconnect = excluded.on_disconnect,
	address = excluded.address, created = excluded.created, started = excluded.started, ordered = excluded.ordered, revision = excluded.revision,
	labels = excluded.labels, changing = excluded.changing, used_memory_mib = excluded.used_memory_mib,
	address6 = excluded.address6, publish = excluded.publish, restore = excluded.restore, restore_sn = excluded.restore_sn,
	used_disk_mib = excluded.used_disk_mib, disk_advisory = excluded.disk_advisory, bandwidth_kbit = excluded.bandwidth_kbit,
	"constraint" = excluded."constraint", affinity = excluded.affinity, spread = excluded.spread, near = excluded.near, within_ms = excluded.within_ms,
	stateless = excluded.stateless, transfer = excluded.transfer, other = excluded.other, other_epoch = excluded.other_epoch,
	home = excluded.home, stays = excluded.stays, tried = excluded.tried;

-- name: instance_remove   entity: instance   args: id   result: none
DELETE FROM instance WHERE id = ANY ($1::uuid[]);
