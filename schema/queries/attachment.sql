-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: attachment_load   entity: attachment   result: many
SELECT id, instance, volume, path, read_only, revision
FROM attachment;

-- name: attachment_put   entity: attachment   args: *   result: none
INSERT INTO attachment (id, instance, volume, path, read_only, revision)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bool[], $6::int8[])
ON CONFLICT (id) DO UPDATE SET instance = excluded.instance, volume = excluded.volume, path = excluded.path, read_only = excluded.read_only, revision = excluded.revision;

-- name: attachment_remove   entity: attachment   args: id   result: none
DELETE FROM attachment WHERE id = ANY ($1::uuid[]);
