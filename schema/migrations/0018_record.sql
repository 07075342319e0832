-- SPDX-License-Identifier: GPL-3.0-or-later
-- The whole record of a decision: who asked for what, the best nodes, and what would have worked.
ALTER TABLE placement
	ADD COLUMN name        text CHECK (length(name) BETWEEN 1 AND 63 AND name !~ '[^a-z0-9-]' AND left(name, 1) <> '-' AND right(name, 1) <> '-'),
	ADD COLUMN member      uuid,
	ADD COLUMN member_name text CHECK (length(member_name) BETWEEN 1 AND 63 AND member_name !~ '[^a-z0-9-]' AND left(member_name, 1) <> '-'
		AND right(member_name, 1) <> '-'),
	ADD COLUMN feasible    int8 CHECK (feasible >= 0),
	ADD COLUMN distance_us int8 CHECK (distance_us >= 0),
	ADD COLUMN band_ms     int8 CHECK (band_ms >= 0),
	ADD COLUMN candidates  jsonb CHECK (jsonb_typeof(candidates) = 'array'),
	ADD COLUMN changes     jsonb CHECK (jsonb_typeof(changes) = 'array'),
	ADD COLUMN together    bool,
	ADD COLUMN closed      jsonb CHECK (jsonb_typeof(closed) = 'array'),
	ADD COLUMN asked       jsonb CHECK (jsonb_typeof(asked) = 'array');
