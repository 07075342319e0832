-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: idempotency_load   entity: idempotency   result: many
SELECT id, request, resource, created, revision
FROM idempotency;

-- name: idempotency_put   entity: idempotency   args: *   result: none
INSERT INTO idempotency (id, request, resource, created, revision)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::int8[], $5::int8[])
ON CONFLICT (id) DO UPDATE SET request = excluded.request, resource = excluded.resource, created = excluded.created, revision = excluded.revision;

-- name: idempotency_remove   entity: idempotency   args: id   result: none
DELETE FROM idempotency WHERE id = ANY ($1::uuid[]);
