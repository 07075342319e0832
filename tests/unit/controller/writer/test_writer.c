/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The writer with the real engine, the real store and a real PostgreSQL that is stopped and killed under load. */
#include "common/clock.h"
#include "controller/writer.h"
#include "tests/lib/pg.h"
#include "tests/lib/random.h"
#include "tests/lib/test.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define CLIENTS 4

static const struct engine_options engine_options = { .queue_max = 1024,
	.batch_max = 64,
	.node_lease_ms = 60000,
	.idempotency_ms = 86400000,
	.overcommit_cpu_percent = 400,
	.overcommit_memory_percent = 100,
	.overcommit_disk_percent = 100 };

/* A command and the thread that waits for it. */
struct call {
	struct command cmd;
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool is_done;
};

static void on_done(struct command *cmd)
{
	struct call *c = cmd->owner;

	pthread_mutex_lock(&c->lock);
	c->is_done = true;
	pthread_cond_signal(&c->done);
	pthread_mutex_unlock(&c->lock);
}

static struct cc_error call(struct writer *w, enum command_kind kind, const void *args, const char *key)
{
	struct call c = { .cmd = { .kind = kind,
		                  .who = { .who = WHO_ADMIN },
		                  .now_ms = cc_now_ms(),
		                  .boot_ms = cc_boottime_ms(),
		                  .args = args,
		                  .arena = cc_arena_new(0),
		                  .done = on_done,
		                  .owner = &c } };

	pthread_mutex_init(&c.lock, NULL);
	pthread_cond_init(&c.done, NULL);
	if (key != NULL) {
		c.cmd.idempotent = true;
		snprintf((char *)c.cmd.idempotency_id.b, sizeof(c.cmd.idempotency_id.b), "%s", key);
		memset(c.cmd.request_hash, 'a', 64);
	}
	ck_assert(engine_push(writer_engine(w), &c.cmd));
	pthread_mutex_lock(&c.lock);
	while (!c.is_done)
		pthread_cond_wait(&c.done, &c.lock);
	pthread_mutex_unlock(&c.lock);
	cc_arena_free(c.cmd.arena);
	return c.cmd.error;
}

static struct writer *start_with(const struct pg_db *db, const struct engine_options *engine)
{
	struct writer_options opt = { .database = db->conninfo, .zone_name = "village", .engine = engine, .retry_ms = 50 };
	struct cc_error err = { 0 };
	struct writer *w = NULL;

	ck_assert_msg(writer_start(&opt, &w, &err) == 0, "%s", err.msg);
	return w;
}

static struct writer *start(const struct pg_db *db)
{
	return start_with(db, &engine_options);
}

static struct cc_error add_member(struct writer *w, const char *name, const char *key)
{
	struct member_spec spec = { .name = name };
	struct cmd_member_create args = { .spec = &spec, .id = cc_uuid_new(cc_now_ms()), .token_id = cc_uuid_new(cc_now_ms()) };
	char id[CC_UUID_TEXT];

	/* Any 64 hexadecimal digits that no other member has. */
	memset(args.secret_hash, '0', 64);
	cc_uuid_format(args.id, id);
	for (int i = 0, at = 0; id[i] != '\0'; i++)
		if (id[i] != '-')
			args.secret_hash[at++] = id[i];
	return call(w, COMMAND_MEMBER_CREATE, &args, key);
}

static bool has_member(struct writer *w, const char *name)
{
	const struct zone *z = engine_read_begin(writer_engine(w));
	bool found = zone_find_name(z, TABLE_MEMBER, name) != NULL;

	engine_read_end(writer_engine(w));
	return found;
}

START_TEST(what_is_acknowledged_is_there_after_a_restart)
{
	struct pg_db db;
	struct writer *w;

	pg_database_new(&db);
	w = start(&db);
	ck_assert(has_member(w, "admin"));
	ck_assert_int_eq(add_member(w, "eva", NULL).code, CC_OK);
	ck_assert_int_eq(add_member(w, "eva", NULL).code, CC_CONFLICT);
	writer_stop(w);
	w = start(&db);
	ck_assert(has_member(w, "eva"));
	writer_stop(w);
}
END_TEST

struct load {
	struct writer *writer;
	atomic_bool stop;
	int number;
	char acknowledged[4096]; /* by number of the request: 1 when it was */
	int n;
	pthread_t thread;
};

static void name_of(const struct load *l, int i, char *name)
{
	snprintf(name, 32, "m%d-%d", l->number, i);
}

/* Adds members one after the other; what was answered UNAVAILABLE is asked again under the same key, as a client does. */
static void *add_members(void *arg)
{
	struct load *l = arg;

	while (!atomic_load(&l->stop) && l->n < (int)sizeof(l->acknowledged)) {
		char name[32];
		struct cc_error err;

		name_of(l, l->n, name);
		for (;;) {
			err = add_member(l->writer, name, name);
			if (err.code != CC_UNAVAILABLE)
				break;
			usleep(5000);
		}
		ck_assert_msg(err.code == CC_OK, "%s: %s", name, err.msg);
		l->acknowledged[l->n++] = 1;
	}
	return NULL;
}

static void check_all(struct writer *w, const struct load *loads)
{
	for (int c = 0; c < CLIENTS; c++)
		for (int i = 0; i < loads[c].n; i++) {
			char name[32];

			name_of(&loads[c], i, name);
			ck_assert_msg(has_member(w, name), "%s was acknowledged and is lost", name);
		}
}

static void under_load(void (*fault)(struct test_random *r))
{
	static struct load loads[CLIENTS];
	struct test_random r = test_random_new();
	struct pg_db db;
	struct writer *w;
	int total = 0;

	pg_database_new(&db);
	w = start(&db);
	for (int c = 0; c < CLIENTS; c++) {
		loads[c] = (struct load){ .writer = w, .number = c };
		pthread_create(&loads[c].thread, NULL, add_members, &loads[c]);
	}
	for (int i = 0; i < 4; i++) {
		usleep(50000 + test_random_below(&r, 200000));
		fault(&r);
	}
	for (int c = 0; c < CLIENTS; c++)
		atomic_store(&loads[c].stop, true);
	for (int c = 0; c < CLIENTS; c++) {
		pthread_join(loads[c].thread, NULL);
		total += loads[c].n;
	}
	check_all(w, loads);
	ck_assert_int_gt(total, 10);
	writer_stop(w);
	w = start(&db);
	check_all(w, loads);
	writer_stop(w);
}

static void kill_server(struct test_random *r)
{
	pg_server_kill();
	usleep(test_random_below(r, 100000));
	pg_server_start();
}

static void stop_server(struct test_random *r)
{
	pg_server_stop();
	usleep(test_random_below(r, 100000));
	pg_server_start();
}

START_TEST(nothing_acknowledged_is_lost_when_the_database_is_killed)
{
	under_load(kill_server);
}
END_TEST

START_TEST(nothing_acknowledged_is_lost_when_the_database_restarts)
{
	under_load(stop_server);
}
END_TEST

static void await_available(struct writer *w, int64_t within_ms)
{
	int64_t until = cc_boottime_ms() + within_ms;

	while (!engine_is_available(writer_engine(w), NULL, 0)) {
		ck_assert_msg(cc_boottime_ms() < until, "the zone was not taken within %d ms", (int)within_ms);
		usleep(10000);
	}
}

START_TEST(a_second_controller_is_a_standby_until_the_first_ends)
{
	struct writer *w, *second;
	struct pg_db db;

	pg_database_new(&db);
	w = start(&db);
	second = start(&db);
	usleep(4000000);
	ck_assert(engine_is_standby(writer_engine(second), NULL, 0));
	ck_assert(!engine_is_standby(writer_engine(w), NULL, 0));
	ck_assert_int_eq(add_member(w, "eva", NULL).code, CC_OK);
	ck_assert_int_eq(add_member(second, "eve", NULL).code, CC_UNAVAILABLE);
	writer_stop(w);
	await_available(second, 2000);
	ck_assert(has_member(second, "eva"));
	ck_assert_int_eq(add_member(second, "eve", NULL).code, CC_OK);
	writer_stop(second);
}
END_TEST

struct asking {
	struct writer *writer;
	const char *name;
	struct cc_error error;
	pthread_t thread;
};

static void *add_one(void *arg)
{
	struct asking *k = arg;

	k->error = add_member(k->writer, k->name, NULL);
	return NULL;
}

/* An active whose program stands still: its session is there, and silent. */
static void stand_still(void *arg, struct cc_uuid id)
{
	(void)id;
	sem_wait(arg);
	sem_post(arg);
}

START_TEST(a_controller_that_stands_still_is_replaced_and_acknowledges_nothing_afterwards)
{
	sem_t still;
	struct writer *w, *second;
	struct asking asks[2];
	struct pg_db db;

	pg_database_new(&db);
	w = start(&db);
	second = start(&db);
	sem_init(&still, 0, 0);
	writer_hook(w, &(struct writer_hooks){ .touch = stand_still, .arg = &still });
	asks[0] = (struct asking){ .writer = w, .name = "eva" };
	asks[1] = (struct asking){ .writer = w, .name = "eve" };
	pthread_create(&asks[0].thread, NULL, add_one, &asks[0]);
	usleep(300000);
	pthread_create(&asks[1].thread, NULL, add_one, &asks[1]);
	await_available(second, 5000);
	ck_assert(has_member(second, "eva"));
	ck_assert_int_eq(add_member(second, "zoe", NULL).code, CC_OK);
	sem_post(&still);
	for (size_t i = 0; i < CC_ARRAY_LEN(asks); i++)
		pthread_join(asks[i].thread, NULL);
	ck_assert_int_eq(asks[0].error.code, CC_OK);
	ck_assert_int_eq(asks[1].error.code, CC_UNAVAILABLE);
	ck_assert(!has_member(second, "eve"));
	for (int i = 0; i < 300 && !engine_is_standby(writer_engine(w), NULL, 0); i++)
		usleep(10000);
	ck_assert(engine_is_standby(writer_engine(w), NULL, 0));
	writer_hook(w, NULL);
	writer_stop(second);
	await_available(w, 2000);
	ck_assert(has_member(w, "zoe"));
	writer_stop(w);
}
END_TEST

static int64_t number(const struct pg_db *db, const char *query)
{
	cc_auto_free char *text = pg_value(db, query);

	ck_assert_ptr_nonnull(text);
	return strtoll(text, NULL, 10);
}

START_TEST(a_standby_older_than_the_database_never_takes_the_zone)
{
	struct writer *w;
	struct pg_db db;
	char why[512];

	pg_database_new(&db);
	writer_stop(start(&db));
	pg_exec(&db, "INSERT INTO schema_migration VALUES ((SELECT max(version) + 1 FROM schema_migration), '9999_future', repeat('0', 64), 0)");
	w = start(&db);
	usleep(1500000);
	ck_assert(engine_is_standby(writer_engine(w), why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "older than the database"));
	ck_assert_int_eq(number(&db, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 0);
	ck_assert_int_eq(number(&db, "SELECT term FROM zone"), 1);
	pg_exec(&db, "DELETE FROM schema_migration WHERE name = '9999_future'");
	await_available(w, 3000);
	writer_stop(w);
}
END_TEST

static int64_t wal_position(const struct pg_db *db)
{
	return number(db, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::int8");
}

START_TEST(an_idle_zone_with_a_standby_writes_nothing)
{
	struct writer *w, *second;
	struct pg_db db;
	int64_t before;

	pg_database_new(&db);
	w = start(&db);
	second = start(&db);
	usleep(1500000);
	pg_exec(&db, "CHECKPOINT");
	before = wal_position(&db);
	usleep(3000000);
	/* The server itself notes running transactions now and then. */
	ck_assert_int_lt(wal_position(&db) - before, 400);
	writer_stop(w);
	writer_stop(second);
}
END_TEST

START_TEST(a_database_that_refuses_a_batch_loses_only_that_batch)
{
	struct pg_db db;
	struct writer *w;

	pg_database_new(&db);
	w = start(&db);
	pg_exec(&db, "ALTER TABLE member ADD CONSTRAINT no_eva CHECK (name <> 'eva')");
	ck_assert_int_eq(add_member(w, "eva", NULL).code, CC_UNAVAILABLE);
	ck_assert(!has_member(w, "eva"));
	ck_assert_int_eq(add_member(w, "eve", NULL).code, CC_OK);
	ck_assert(has_member(w, "eve"));
	writer_stop(w);
}
END_TEST

/* ---- a server that is there and does not answer ---- */

static pid_t postmaster(void)
{
	char path[512];
	int pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/data/postmaster.pid", pg_cluster_dir());
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%d", &pid), 1);
	fclose(f);
	return pid;
}

static pid_t session_of(const struct pg_db *db)
{
	char *pid = pg_value(db, "SELECT backend_pid FROM controller_heartbeat");
	pid_t n = (pid_t)strtol(pid, NULL, 10);

	free(pid);
	ck_assert_int_gt(n, 1);
	return n;
}

/* The first is with the server, the second was decided on top of it, the others wait in the queue: the end of the session is the end of all, though the server
 * cannot be reached again for long. */
START_TEST(a_server_that_stands_still_keeps_nobody_waiting)
{
	static const char *const names[] = { "eva", "eve", "evi", "evo", "evy", "ewa" };
	struct engine_options one_by_one = engine_options;
	struct asking asks[CC_ARRAY_LEN(names)];
	pid_t server = postmaster(), session;
	struct pg_db db;
	struct writer *w;
	int64_t start_ms, took_ms;

	pg_database_new(&db);
	one_by_one.batch_max = 1;
	w = start_with(&db, &one_by_one);
	ck_assert_int_eq(add_member(w, "ana", NULL).code, CC_OK);
	session = session_of(&db);
	kill(server, SIGSTOP);
	kill(session, SIGSTOP);
	for (size_t i = 0; i < CC_ARRAY_LEN(names); i++) {
		asks[i] = (struct asking){ .writer = w, .name = names[i] };
		pthread_create(&asks[i].thread, NULL, add_one, &asks[i]);
		usleep(50000);
	}
	start_ms = cc_boottime_ms();
	kill(session, SIGKILL);
	for (size_t i = 0; i < CC_ARRAY_LEN(names); i++)
		pthread_join(asks[i].thread, NULL);
	took_ms = cc_boottime_ms() - start_ms;
	ck_assert(!engine_is_available(writer_engine(w), NULL, 0));
	ck_assert(has_member(w, "ana"));
	kill(server, SIGCONT);
	for (size_t i = 0; i < CC_ARRAY_LEN(names); i++)
		ck_assert_int_eq(asks[i].error.code, CC_UNAVAILABLE);
	ck_assert_int_lt(took_ms, 2000);
	for (int i = 0; i < 2000 && !engine_is_available(writer_engine(w), NULL, 0); i++)
		usleep(10000);
	ck_assert_int_eq(add_member(w, "zoe", NULL).code, CC_OK);
	writer_stop(w);
}
END_TEST

static void count_reload(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

START_TEST(a_zone_that_was_loaded_again_is_told)
{
	atomic_int reloads = 0;
	struct pg_db db;
	struct writer *w;

	pg_database_new(&db);
	w = start(&db);
	writer_hook(w, &(struct writer_hooks){ .reloaded = count_reload, .arg = &reloads });
	pg_exec(&db, "ALTER TABLE member ADD CONSTRAINT no_eva CHECK (name <> 'eva')");
	ck_assert_int_eq(add_member(w, "eva", NULL).code, CC_UNAVAILABLE);
	ck_assert_int_eq(add_member(w, "eve", NULL).code, CC_OK);
	ck_assert_int_eq(atomic_load(&reloads), 1);
	writer_hook(w, NULL);
	writer_stop(w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("writer");
	TCase *tc = tcase_create("database");

	pg_cluster_begin(NULL);
	tcase_set_timeout(tc, 100);
	tcase_add_test(tc, what_is_acknowledged_is_there_after_a_restart);
	tcase_add_test(tc, a_second_controller_is_a_standby_until_the_first_ends);
	tcase_add_test(tc, a_controller_that_stands_still_is_replaced_and_acknowledges_nothing_afterwards);
	tcase_add_test(tc, a_standby_older_than_the_database_never_takes_the_zone);
	tcase_add_test(tc, an_idle_zone_with_a_standby_writes_nothing);
	tcase_add_test(tc, a_database_that_refuses_a_batch_loses_only_that_batch);
	tcase_add_test(tc, nothing_acknowledged_is_lost_when_the_database_restarts);
	tcase_add_test(tc, nothing_acknowledged_is_lost_when_the_database_is_killed);
	tcase_add_test(tc, a_server_that_stands_still_keeps_nobody_waiting);
	tcase_add_test(tc, a_zone_that_was_loaded_again_is_told);
	suite_add_tcase(s, tc);
	return test_run(s);
}
