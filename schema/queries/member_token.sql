-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: member_token_load   entity: member_token   result: many
SELECT id, member, description, secret_hash, created, expires, used, revision
FROM member_token;

-- name: member_token_put   entity: member_token   args: *   result: none
INSERT INTO member_token (id, member, description, secret_hash, created, expires, used, revision)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int8[], $6::int8[], $7::int8[], $8::int8[])
ON CONFLICT (id) DO UPDATE SET member = excluded.member, description = excluded.description, secret_hash = excluded.secret_hash,
	created = excluded.created, expires = excluded.expires, used = excluded.used, revision = excluded.revision;

-- name: member_token_remove   entity: member_token   args: id   result: none
DELETE FROM member_token WHERE id = ANY ($1::uuid[]);
