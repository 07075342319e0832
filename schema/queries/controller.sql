-- SPDX-License-Identifier: GPL-3.0-or-later
-- The zone's controllers. `run` is that of controller_heartbeat for the active one.

-- name: controller_known   result: one
-- Whether there is such a table. An older database has none.
SELECT to_regclass('controller') IS NOT NULL AS known;

-- name: controller_put   args: id:uuid run:uuid name:text addresses:jsonb pin:text version:text seen:int8   result: none
INSERT INTO controller (id, run, name, addresses, pin, version, backend_pid, seen) VALUES ($1, $2, $3, $4, $5, $6, pg_backend_pid(), $7)
ON CONFLICT (id) DO UPDATE SET run = excluded.run, name = excluded.name, addresses = excluded.addresses, pin = excluded.pin, version = excluded.version,
	backend_pid = excluded.backend_pid, seen = excluded.seen;

-- name: controller_list   result: many
-- The active one first, then those that have a session.
SELECT c.id, c.name, CASE WHEN h.controller = c.run AND s.pid IS NOT NULL THEN 'active' WHEN s.pid IS NOT NULL THEN 'standby' ELSE 'away' END AS state,
	c.addresses, c.pin, c.version, c.seen
FROM controller c LEFT JOIN controller_heartbeat h ON true
	LEFT JOIN pg_stat_activity s ON s.pid = c.backend_pid AND s.datname = current_database() AND s.application_name = 'cc-controller'
ORDER BY h.controller = c.run AND s.pid IS NOT NULL DESC, s.pid IS NOT NULL DESC, c.name, c.id;

-- name: controller_seen   args: now:int8 stale:int8 forgotten:int8   result: none
-- Those with a session are seen, noted when the last note is older than `stale`. Who was away since `forgotten` is no controller of the zone any more.
WITH here AS (
	UPDATE controller c SET seen = $1 FROM pg_stat_activity s
	WHERE c.seen < $2 AND s.pid = c.backend_pid AND s.datname = current_database() AND s.application_name = 'cc-controller' RETURNING c.id)
DELETE FROM controller c WHERE c.seen < $3 AND c.id NOT IN (SELECT id FROM here)
	AND NOT EXISTS (SELECT FROM pg_stat_activity s WHERE s.pid = c.backend_pid AND s.application_name = 'cc-controller');
