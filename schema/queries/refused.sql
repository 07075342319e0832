-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: refused_load   entity: refused   result: many
SELECT id, decided, placed, node, node_name, tier, score, runner_up, runner_up_name, margin, considered, fell, terms, would_fit, seed, snapshot,
	revision, bound_by, name, member, member_name, feasible, distance_us, band_ms, candidates, changes, together, closed, asked
FROM refused;

-- name: refused_put   entity: refused   args: *   result: none
INSERT INTO refused (id, decided, placed, node, node_name, tier, score, runner_up, runner_up_name, margin, considered, fell, terms, would_fit, seed, snapshot,
	revision, bound_by, name, member, member_name, feasible, distance_us, band_ms, candidates, changes, together, closed, asked)
SELECT * FROM unnest($1::uuid[], $2::int8[], $3::bool[], $4::uuid[], $5::text[], $6::text[], $7::int8[], $8::uuid[], $9::text[], $10::int8[], $11::int8[],
	$12::jsonb[], $13::jsonb[], $14::text[], $15::int8[], $16::int8[], $17::int8[], $18::text[],
	$19::text[], $20::uuid[], $21::text[], $22::int8[], $23::int8[], $24::int8[], $25::jsonb[], $26::jsonb[], $27::bool[], $28::jsonb[], $29::jsonb[])
ON CONFLICT (id) DO UPDATE SET decided = excluded.decided, placed = excluded.placed, node = excluded.node, node_name = excluded.node_name, tier = excluded.tier,
	score = excluded.score, runner_up = excluded.runner_up, runner_up_name = excluded.runner_up_name, margin = excluded.margin,
	considered = excluded.considered, fell = excluded.fell, terms = excluded.terms, would_fit = excluded.would_fit, seed = excluded.seed,
	snapshot = excluded.snapshot, revision = excluded.revision, bound_by = excluded.bound_by,
	name = excluded.name, member = excluded.member, member_name = excluded.member_name, feasible = excluded.feasible, distance_us = excluded.distance_us, band_ms = excluded.band_ms, candidates = excluded.candidates, changes = excluded.changes, together = excluded.together, closed = excluded.closed, asked = excluded.asked;

-- name: refused_remove   entity: refused   args: id   result: none
DELETE FROM refused WHERE id = ANY ($1::uuid[]);
