-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: volume_load   entity: volume   result: many
SELECT id, name, state, reason, member, node, size_mib, created, ordered, revision
FROM volume;

-- name: volume_put   entity: volume   args: *   result: none
INSERT INTO volume (id, name, state, reason, member, node, size_mib, created, ordered, revision)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::int8[], $8::int8[], $9::int8[], $10::int8[])
ON CONFLICT (id) DO UPDATE SET name = excluded.name, state = excluded.state, reason = excluded.reason, member = excluded.member, node = excluded.node,
	size_mib = excluded.size_mib, created = excluded.created, ordered = excluded.ordered, revision = excluded.revision;

-- name: volume_remove   entity: volume   args: id   result: none
DELETE FROM volume WHERE id = ANY ($1::uuid[]);
