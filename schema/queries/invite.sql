-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: invite_load   entity: invite   result: many
SELECT id, node_name, owner, secret_hash, created, expires, used, node, revision
FROM invite;

-- name: invite_put   entity: invite   args: *   result: none
INSERT INTO invite (id, node_name, owner, secret_hash, created, expires, used, node, revision)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::int8[], $6::int8[], $7::int8[], $8::uuid[], $9::int8[])
ON CONFLICT (id) DO UPDATE SET node_name = excluded.node_name, owner = excluded.owner, secret_hash = excluded.secret_hash, created = excluded.created,
	expires = excluded.expires, used = excluded.used, node = excluded.node, revision = excluded.revision;

-- name: invite_remove   entity: invite   args: id   result: none
DELETE FROM invite WHERE id = ANY ($1::uuid[]);
