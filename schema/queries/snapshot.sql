-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: snapshot_load   entity: snapshot   result: many
SELECT id, name, state, reason, instance, member, bytes, created, revision, node, size_mib
FROM snapshot;

-- name: snapshot_put   entity: snapshot   args: *   result: none
INSERT INTO snapshot (id, name, state, reason, instance, member, bytes, created, revision, node, size_mib)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::int8[], $8::int8[], $9::int8[],
	$10::uuid[], $11::int8[])
ON CONFLICT (id) DO UPDATE SET name = excluded.name, state = excluded.state, reason = excluded.reason, instance = excluded.instance, member = excluded.member,
	bytes = excluded.bytes, created = excluded.created, revision = excluded.revision, node = excluded.node, size_mib = excluded.size_mib;

-- name: snapshot_remove   entity: snapshot   args: id   result: none
DELETE FROM snapshot WHERE id = ANY ($1::uuid[]);
