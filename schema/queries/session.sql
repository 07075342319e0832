-- SPDX-License-Identifier: GPL-3.0-or-later
-- The session, transactions, migrations, and who may write.

-- name: session_begin   args: statement_timeout:text lock_timeout:text   result: one
-- A commit that is not on the disk is no commit. A dead peer is found in seconds, so that its lock is free for the next session.
SELECT set_config('statement_timeout', $1::text, false), set_config('lock_timeout', $2::text, false),
	set_config('idle_in_transaction_session_timeout', '60s', false),
	set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false),
	set_config('tcp_keepalives_idle', '3', false), set_config('tcp_keepalives_interval', '1', false), set_config('tcp_keepalives_count', '3', false),
	set_config('tcp_user_timeout', '6000', false), set_config('idle_session_timeout', '60s', false),
	set_config('plan_cache_mode', 'force_generic_plan', false);

-- name: begin   result: none
BEGIN;

-- name: begin_snapshot   result: none
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- name: commit   result: none
COMMIT;

-- name: rollback   result: none
ROLLBACK;

-- name: migration_lock   result: one
-- For the length of the transaction. A migration may take its time. Who waits for another program's tries again later.
SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '30s', true), pg_advisory_xact_lock(1129529684, 2)::text;

-- name: migration_table   result: none
CREATE TABLE IF NOT EXISTS schema_migration (
	version  int8 PRIMARY KEY,
	name     text NOT NULL,
	checksum text NOT NULL,
	applied  int8 NOT NULL
);

-- name: migration_list   result: many
SELECT version, name, checksum FROM schema_migration ORDER BY version;

-- name: migration_known   result: one
-- Whether the database was ever migrated. For sessions that may not change it.
SELECT to_regclass('schema_migration') IS NOT NULL AS known;

-- name: migration_put   args: version:int8 name:text checksum:text applied:int8   result: none
INSERT INTO schema_migration (version, name, checksum, applied) VALUES ($1, $2, $3, $4);

-- name: zone_lock   result: one
-- The lock that makes a controller the zone's only one. It ends with the session.
SELECT pg_try_advisory_lock(1129529684, 1) AS locked;

-- name: zone_unlock_own   args: controller:uuid   result: one
-- Ends an earlier session of the same controller that still holds the lock, and waits for its end.
SELECT coalesce(bool_or(pg_terminate_backend(l.pid, 1000)), false) AS ended
FROM pg_locks l JOIN controller_heartbeat h ON h.backend_pid = l.pid
WHERE h.controller = $1 AND l.granted AND l.locktype = 'advisory' AND l.classid = 1129529684 AND l.objid = 1 AND l.objsubid = 2
	AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.pid <> pg_backend_pid();

-- name: zone_unlock   result: one
SELECT pg_advisory_unlock(1129529684, 1) AS unlocked;

-- name: zone_holder   result: opt
-- Who holds the lock, in words, and `sign`, which names the session and moves with each statement that it sends: an active controller sends some all the time.
-- The sign is compared, never read as a time. `works`: the server is busy with what it was sent, so that its silence is not the controller's.
SELECT format('session %s of %s from %s since %s', a.pid, a.application_name, coalesce(host(a.client_addr), 'this machine'),
	date_trunc('second', a.backend_start)) AS holder, concat_ws(' ', a.pid, a.backend_start, a.state_change) AS sign,
	coalesce(a.state = 'active' AND a.wait_event IS DISTINCT FROM 'ClientRead', false) AS works, a.state_change IS NOT NULL AS visible
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.granted AND l.locktype = 'advisory' AND l.classid = 1129529684 AND l.objid = 1 AND l.objsubid = 2
	AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database());

-- name: zone_end_holder   args: sign:text   result: one
-- Ends the session that holds the lock if it is the controller of the zone's term, and still the one that gave this sign last.
SELECT coalesce(bool_or(pg_terminate_backend(a.pid)), false) AS ended
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid JOIN controller_heartbeat h ON h.backend_pid = l.pid JOIN zone z ON z.term = h.term
WHERE l.granted AND l.locktype = 'advisory' AND l.classid = 1129529684 AND l.objid = 1 AND l.objsubid = 2
	AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.pid <> pg_backend_pid()
	AND concat_ws(' ', a.pid, a.backend_start, a.state_change) = $1;

-- name: zone_get   result: opt
SELECT id, name, revision, term FROM zone;

-- name: zone_take   args: id:uuid name:text created:int8   result: one
-- Makes the zone at its first start, and begins a new term.
INSERT INTO zone AS z (id, name, created, revision, term) VALUES ($1, $2, $3, 0, 1)
ON CONFLICT (one) DO UPDATE SET term = z.term + 1
RETURNING id, name, revision, term;

-- name: heartbeat_put   args: controller:uuid term:int8 beat:int8   result: none
INSERT INTO controller_heartbeat (controller, term, backend_pid, beat) VALUES ($1, $2, pg_backend_pid(), $3)
ON CONFLICT (one) DO UPDATE SET controller = excluded.controller, term = excluded.term, backend_pid = excluded.backend_pid, beat = excluded.beat;

-- name: batch_begin   args: term:int8   result: one
SELECT assert_term($1)::text;

-- name: batch_prove   args: term:int8   result: one
-- A batch without effects writes nothing, not even a row lock, but nobody is answered before the session was seen to hold the zone.
SELECT EXISTS (SELECT FROM zone WHERE term = $1) AS holds;

-- name: batch_end   args: revision:int8   result: none
UPDATE zone SET revision = $1;
