/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Migrations, drift between program and database, and who may write. */
#include "schema/schema.h"
#include "tests/lib/store_fixture.h"

#include "tests/lib/test.h"

#include <stdlib.h>

static struct pg_db db;
static const struct cc_uuid controller = { { 0xc0 } }, other = { { 0xc1 } };

static void begin(void)
{
	pg_database_new(&db);
}

static void check_value(const char *want, const char *sql)
{
	cc_auto_free char *got = pg_value(&db, sql);

	ck_assert_msg(got != NULL && strcmp(got, want) == 0, "%s: '%s', not '%s'", sql, got != NULL ? got : "(nothing)", want);
}

static void check_refused(int r, const struct cc_error *err, enum cc_code code, const char *text)
{
	ck_assert_int_eq(r, -1);
	ck_assert_msg(err->code == code, "%s", err->msg);
	ck_assert_msg(strstr(err->msg, text) != NULL, "'%s' was expected, not: %s", text, err->msg);
}

static int migrate(struct cc_error *err)
{
	cc_auto(store_close) struct store *s = NULL;

	return store_open(db.conninfo, &s, err) < 0 || store_migrate(s, err) < 0 ? -1 : 0;
}

static int prepare(struct cc_error *err)
{
	cc_auto(store_close) struct store *s = NULL;

	return store_open(db.conninfo, &s, err) < 0 || store_prepare(s, err) < 0 ? -1 : 0;
}

static void empty_database(void)
{
	pg_exec(&db, "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
}

START_TEST(an_empty_database_is_migrated_once)
{
	cc_auto_free char *want = NULL;
	struct cc_error err = { 0 };
	char count[24];

	empty_database();
	ck_assert_msg(migrate(&err) == 0, "%s", err.msg);
	want = pg_value(&db, "SELECT string_agg(t::text, ' ') FROM schema_migration t");
	ck_assert_msg(migrate(&err) == 0, "%s", err.msg);
	check_value(want, "SELECT string_agg(t::text, ' ') FROM schema_migration t");
	snprintf(count, sizeof(count), "%zu", schema_migrations_n);
	check_value(count, "SELECT count(*) FROM schema_migration");
	check_value("1", "SELECT count(*) FROM schema_migration WHERE version = 1 AND name = '0001_zone' AND length(checksum) = 64 AND applied > 0");
	ck_assert_msg(prepare(&err) == 0, "%s", err.msg);
}
END_TEST

START_TEST(an_edited_migration_is_refused)
{
	struct cc_error err = { 0 };

	pg_exec(&db, "UPDATE schema_migration SET checksum = repeat('0', 64)");
	check_refused(migrate(&err), &err, CC_CONFLICT, "0001_zone");
	ck_assert_ptr_nonnull(strstr(err.msg, "changed after it was applied"));
}
END_TEST

START_TEST(a_newer_database_is_refused)
{
	struct cc_error err = { 0 };

	pg_exec(&db, "INSERT INTO schema_migration SELECT max(version) + 1, '9999_future', repeat('0', 64), 0 FROM schema_migration");
	check_refused(migrate(&err), &err, CC_CONFLICT, "9999_future");
	ck_assert_ptr_nonnull(strstr(err.msg, "install the newer program"));
}
END_TEST

START_TEST(a_gap_in_the_migrations_is_refused)
{
	struct cc_error err = { 0 };

	pg_exec(&db, "DELETE FROM schema_migration WHERE version > 1; UPDATE schema_migration SET version = 2");
	check_refused(migrate(&err), &err, CC_CONFLICT, "migration 1 is missing");
}
END_TEST

START_TEST(a_migration_that_fails_leaves_nothing)
{
	struct cc_error err = { 0 };

	empty_database();
	pg_exec(&db, "CREATE TABLE idempotency (id int)");
	check_refused(migrate(&err), &err, CC_INTERNAL, "migration 0001_zone: ");
	check_value("idempotency", "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'");
}
END_TEST

/* What somebody may do to a database by hand, and what store_prepare says: query, column, expected, found. */
static const struct {
	const char *change;
	const char *says[4];
} drifts[] = {
	{ "ALTER TABLE instance DROP COLUMN address", { "instance_load", "address" } },
	{ "ALTER TABLE instance RENAME COLUMN address TO addr", { "instance_load", "address" } },
	{ "ALTER TABLE instance ALTER COLUMN boot_sn TYPE numeric", { "instance_load", "column boot_sn", "int8 is expected", "type 1700" } },
	{ "ALTER TABLE invite ALTER COLUMN created TYPE int4", { "invite_load", "column created", "int8 is expected", "int4" } },
	{ "ALTER TABLE node DROP COLUMN used_disk_mib CASCADE", { "node_load", "used_disk_mib" } },
	{ "DROP TABLE idempotency", { "idempotency_load", "idempotency" } },
	{ "DROP FUNCTION assert_term", { "batch_begin", "assert_term" } },
};

START_TEST(drift_is_found_when_the_queries_are_prepared)
{
	struct cc_error err = { 0 };

	ck_assert_msg(prepare(&err) == 0, "%s", err.msg);
	pg_exec(&db, drifts[_i].change);
	for (int i = 0; i < 4 && drifts[_i].says[i] != NULL; i++)
		check_refused(prepare(&err), &err, CC_INTERNAL, drifts[_i].says[i]);
}
END_TEST

START_TEST(a_server_that_is_not_there_is_unavailable)
{
	struct store *s = NULL;
	struct cc_error err = { 0 };

	check_refused(store_open("host=/nonexistent dbname=x", &s, &err), &err, CC_UNAVAILABLE, "/nonexistent");
	check_refused(store_open("nonsense", &s, &err), &err, CC_INVALID, "nonsense");
	ck_assert_ptr_null(s);
}
END_TEST

START_TEST(a_database_in_another_encoding_is_refused)
{
	struct pg_db latin = db;
	struct store *s = NULL;
	struct cc_error err = { 0 };

	snprintf(latin.conninfo, sizeof(latin.conninfo), "host=%s user=postgres dbname=latin", pg_cluster_dir());
	pg_exec(&db, "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'");
	check_refused(store_open(latin.conninfo, &s, &err), &err, CC_INVALID, "LATIN1");
}
END_TEST

/* --- taking the zone --- */

static struct store *session(void)
{
	return store_fixture_session(&db);
}

static int take(struct store *s, const char *name, struct cc_uuid who, struct store_zone *ret, struct cc_error *err)
{
	return store_take(s, name, who, 1795000000000, ret, err);
}

START_TEST(the_first_start_makes_the_zone_and_each_later_one_begins_a_term)
{
	struct store_zone first, next;
	struct cc_error err = { 0 };
	struct store *s = session();

	check_refused(take(s, NULL, controller, &first, &err), &err, CC_INVALID, "give it a name");
	ck_assert_msg(take(s, "valley", controller, &first, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(first.name, "valley");
	ck_assert_int_eq(first.term, 1);
	ck_assert_int_eq(first.revision, 0);
	store_close(s);
	s = session();
	ck_assert_msg(take(s, NULL, other, &next, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(next.term, 2);
	ck_assert(cc_uuid_equal(next.id, first.id));
	ck_assert_str_eq(next.name, "valley");
	store_close(s);
	s = session();
	check_refused(take(s, "hill", controller, &next, &err), &err, CC_CONFLICT, "zone 'valley', not to 'hill'");
	store_close(s);
	check_value("2", "SELECT term FROM zone");
}
END_TEST

START_TEST(a_second_controller_is_refused)
{
	cc_auto(store_close) struct store *a = session(), *b = session();
	struct store_zone z;
	struct cc_error err = { 0 };

	ck_assert_msg(take(a, "valley", controller, &z, &err) == 0, "%s", err.msg);
	check_refused(take(b, "valley", other, &z, &err), &err, CC_TIMEOUT, "another controller is at work");
	check_value("1", "SELECT term FROM zone");
	store_close(cc_take(a));
	ck_assert_msg(take(b, "valley", other, &z, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(z.term, 2);
}
END_TEST

START_TEST(an_earlier_session_of_the_same_controller_is_ended)
{
	cc_auto(store_close) struct store *a = session(), *b = session();
	struct effects none = { 0 };
	struct store_zone z;
	struct cc_error err = { 0 };

	ck_assert_msg(take(a, "valley", controller, &z, &err) == 0, "%s", err.msg);
	ck_assert_msg(take(b, "valley", controller, &z, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(z.term, 2);
	ck_assert(store_commit_begin(a, &none, 1, &err) < 0 || store_fixture_wait(a, &err) == STORE_FAILED);
	ck_assert_int_eq(err.code, CC_UNAVAILABLE);
	ck_assert(store_lost(a));
	ck_assert_int_eq(store_fd(a), -1);
}
END_TEST

START_TEST(a_batch_of_an_old_term_changes_nothing)
{
	struct store_fixture f;
	struct zone *z = NULL;
	struct cc_error err = { 0 };

	store_fixture_init(&f);
	/* As when the lock was lost without notice: another began a term, this session stands. */
	pg_exec(&f.db, "UPDATE zone SET term = term + 1");
	store_fixture_put(&f, TABLE_MEMBER, store_fixture_member(&f, "late"));
	store_fixture_commit_refused(&f, CC_CONFLICT, "term 1 is over: the zone is at term 2");
	ck_assert_int_eq(store_fixture_count(&f, "SELECT count(*) FROM member"), 0);
	ck_assert_int_eq(store_fixture_count(&f, "SELECT revision FROM zone"), 0);
	check_refused(store_load(f.store, &z, &err), &err, CC_CONFLICT, "taken by another");
	store_fixture_done(&f);
}
END_TEST

START_TEST(a_bad_row_ends_the_load_with_its_id)
{
	struct store_fixture f;
	struct zone *z = NULL;
	struct cc_error err = { 0 };

	store_fixture_init(&f);
	for (int i = 0; i < 10; i++)
		store_fixture_put(&f, TABLE_MEMBER, store_fixture_member(&f, cc_printf(f.arena, "m%d", i)));
	store_fixture_commit_ok(&f);
	pg_exec(&f.db, "ALTER TABLE member DROP CONSTRAINT member_role_check; UPDATE member SET role = 'king' WHERE name = 'm5'");
	check_refused(store_load(f.store, &z, &err), &err, CC_INTERNAL, "king");
	ck_assert_ptr_nonnull(strstr(err.msg, "loading the zone: member "));
	/* The session goes on. */
	pg_exec(&f.db, "UPDATE member SET role = 'admin' WHERE name = 'm5'");
	z = store_fixture_load(&f);
	ck_assert_uint_eq(zone_count(z, TABLE_MEMBER), 10);
	zone_free(z);
	store_fixture_done(&f);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("session");
	TCase *schema = tcase_create("schema"), *taking = tcase_create("taking");

	tcase_add_checked_fixture(schema, begin, NULL);
	tcase_set_timeout(schema, 60);
	tcase_add_test(schema, an_empty_database_is_migrated_once);
	tcase_add_test(schema, an_edited_migration_is_refused);
	tcase_add_test(schema, a_newer_database_is_refused);
	tcase_add_test(schema, a_gap_in_the_migrations_is_refused);
	tcase_add_test(schema, a_migration_that_fails_leaves_nothing);
	tcase_add_loop_test(schema, drift_is_found_when_the_queries_are_prepared, 0, CC_ARRAY_LEN(drifts));
	tcase_add_test(schema, a_server_that_is_not_there_is_unavailable);
	tcase_add_test(schema, a_database_in_another_encoding_is_refused);
	suite_add_tcase(s, schema);
	tcase_add_checked_fixture(taking, begin, NULL);
	tcase_set_timeout(taking, 60);
	tcase_add_test(taking, the_first_start_makes_the_zone_and_each_later_one_begins_a_term);
	tcase_add_test(taking, a_second_controller_is_refused);
	tcase_add_test(taking, an_earlier_session_of_the_same_controller_is_ended);
	tcase_add_test(taking, a_batch_of_an_old_term_changes_nothing);
	tcase_add_test(taking, a_bad_row_ends_the_load_with_its_id);
	suite_add_tcase(s, taking);
	return s;
}

int main(void)
{
	pg_cluster_begin(store_fixture_fill);
	return test_run(suite());
}
