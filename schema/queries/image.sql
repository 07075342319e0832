-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: image_load   entity: image   result: many
SELECT id, name, arch, bytes, sha256, member, created, revision, signatures
FROM image;

-- name: image_mark   result: one
-- Another one after each change of the table. For standbys, whatever the age of the database.
SELECT concat_ws(' ', count(*), max(revision)) AS mark FROM image;

-- name: image_archives   result: many
-- What a standby copies. For all ages of the database too.
SELECT name, arch, bytes, sha256 FROM image ORDER BY revision;

-- name: image_put   entity: image   args: *   result: none
INSERT INTO image (id, name, arch, bytes, sha256, member, created, revision, signatures)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int8[], $5::text[], $6::uuid[], $7::int8[], $8::int8[], $9::jsonb[])
ON CONFLICT (id) DO UPDATE SET name = excluded.name, arch = excluded.arch, bytes = excluded.bytes, sha256 = excluded.sha256, member = excluded.member,
	created = excluded.created, revision = excluded.revision, signatures = excluded.signatures;

-- name: image_remove   entity: image   args: id   result: none
DELETE FROM image WHERE id = ANY ($1::uuid[]);
