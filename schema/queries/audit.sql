-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: audit_load   entity: audit   result: many
-- Not kept in memory: the list of fields is compared with this.
SELECT id, time, role, who, who_name, origin, action, target, resource, outcome, detail, request_id, revision
FROM audit;

-- name: audit_put   entity: audit   args: *   result: none
INSERT INTO audit (id, time, role, who, who_name, origin, action, target, resource, outcome, detail, request_id, revision)
SELECT * FROM unnest($1::uuid[], $2::int8[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::uuid[], $10::text[], $11::text[], $12::text[], $13::int8[]);

-- name: audit_remove   entity: audit   args: id   result: none
-- Not these ids but what is older: an id begins with its time. So many at once that a batch does not wait long.
DELETE FROM audit WHERE id IN (
	SELECT a.id FROM audit a WHERE a.id < (SELECT max(before::text)::uuid FROM unnest($1::uuid[]) AS t(before)) ORDER BY a.id LIMIT 10000);

-- name: audit_page   args: before:uuid member:text resource:text since:int8 until:int8 most:int8   result: many
SELECT id, time, role, who, who_name, origin, action, target, resource, outcome, detail, request_id, revision
FROM audit
WHERE id < $1::uuid AND ($2::text = '' OR who_name = $2 OR who::text = $2) AND ($3::text = '' OR target = $3 OR resource::text = $3)
	AND time >= $4::int8 AND time < $5::int8
ORDER BY id DESC LIMIT $6::int8;
