-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: image_alias_load   entity: image_alias   result: many
SELECT id, name, target, member, created, revision
FROM image_alias;

-- name: image_alias_put   entity: image_alias   args: *   result: none
INSERT INTO image_alias (id, name, target, member, created, revision)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::int8[], $6::int8[])
ON CONFLICT (id) DO UPDATE SET name = excluded.name, target = excluded.target, member = excluded.member, created = excluded.created,
	revision = excluded.revision;

-- name: image_alias_remove   entity: image_alias   args: id   result: none
DELETE FROM image_alias WHERE id = ANY ($1::uuid[]);
