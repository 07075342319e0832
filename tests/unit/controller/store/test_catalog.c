/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lists of fields against the catalog, both ways: what store_prepare cannot see. And the query headers against what they stand for. */
#include "schema/schema.h"
#include "tests/lib/store_fixture.h"

#include "tests/lib/test.h"

#include <inttypes.h>
#include <stdlib.h>

static struct pg_db db;
static struct cc_arena *arena;

static void begin(void)
{
	pg_database_new(&db);
	arena = cc_arena_new(0);
}

static void end(void)
{
	cc_arena_free(arena);
}

static void check_value(const char *what, const char *want, const char *sql)
{
	cc_auto_free char *got = pg_value(&db, sql);

	ck_assert_msg(
	        got != NULL && strcmp(got, want) == 0, "%s: '%s' was expected, the database has '%s'", what, want, got != NULL ? got : "(nothing)");
}

static bool is_stored(const struct cc_field *f)
{
	return !(f->flags & CC_NODB);
}

/* A later migration adds its columns at the end, a list of fields wherever they belong. */
static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct cc_field *const *)a)->name, (*(const struct cc_field *const *)b)->name);
}

START_TEST(columns_are_the_stored_fields)
{
	const struct cc_desc *d = table_desc((enum table)_i);
	const struct cc_field **sorted = cc_new_array(arena, d->n_fields, const struct cc_field *);
	cc_auto_buf struct cc_buf want = { 0 };

	for (size_t i = 0; i < d->n_fields; i++)
		sorted[i] = &d->fields[i];
	qsort(sorted, d->n_fields, sizeof(struct cc_field *), by_name);
	for (size_t i = 0; i < d->n_fields; i++) {
		const struct cc_field *f = sorted[i];

		if (is_stored(f))
			cc_buf_printf(&want, "%s%s %s%s", want.len > 0 ? ", " : "", f->name, cc_kind_info(f->kind)->column,
			        f->flags & CC_OPT ? "" : " NOT NULL");
	}
	check_value(d->name, cc_buf_str(&want),
	        cc_printf(arena,
	                "SELECT string_agg(attname || ' ' || CASE atttypid WHEN 'int8'::regtype THEN 'int8' WHEN 'bool'::regtype THEN 'bool' "
	                "ELSE atttypid::regtype::text END || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END, ', ' ORDER BY attname COLLATE \"C\") "
	                "FROM pg_attribute WHERE attrelid = 'public.%s'::regclass AND attnum > 0 AND NOT attisdropped",
	                d->name));
}
END_TEST

static const char *label_check(const char *column)
{
	return cc_printf(arena,
	        "(((length(%s) >= 1) AND (length(%s) <= 63)) AND (%s !~ '[^a-z0-9-]'::text) AND (\"left\"(%s, 1) <> '-'::text) AND "
	        "(\"right\"(%s, 1) <> '-'::text))",
	        column, column, column, column, column);
}

static const char *hash_check(const char *column)
{
	return cc_printf(arena, "((length(%s) = 64) AND (%s !~ '[^0-9a-f]'::text))", column, column);
}

/* What pg_get_constraintdef says of the CHECK that a field's kind asks for; NULL when it asks for none. */
static const char *check_of(const struct cc_field *f)
{
	const struct cc_kind_info *k = cc_kind_info(f->kind);
	cc_auto_buf struct cc_buf words = { 0 };

	switch (k->base) {
	case CB_ENUM:
		for (int v = 0; v < f->enums->n; v++)
			cc_buf_printf(&words, "%s'%s'::text", v > 0 ? ", " : "", f->enums->values[v]);
		return cc_printf(arena, "CHECK ((%s = ANY (ARRAY[%s])))", f->name, cc_buf_str(&words));
	case CB_INT:
		if (k->min == INT64_MIN)
			return NULL;
		if (k->max == INT64_MAX)
			return cc_printf(arena, "CHECK ((%s >= %" PRId64 "))", f->name, k->min);
		return cc_printf(arena, "CHECK (((%s >= %" PRId64 ") AND (%s <= %" PRId64 ")))", f->name, k->min, f->name, k->max);
	case CB_LABEL:
		return cc_printf(arena, "CHECK (%s)", label_check(f->name));
	case CB_HEX:
		return cc_printf(arena, "CHECK (%s)", hash_check(f->name));
	case CB_TEXTS:
	case CB_UUIDS:
	case CB_LIST:
		return cc_printf(arena, "CHECK ((jsonb_typeof(%s) = 'array'::text))", f->name);
	case CB_MAP:
		return cc_printf(arena, "CHECK ((jsonb_typeof(%s) = 'object'::text))", f->name);
	default:
		return NULL;
	}
}

START_TEST(every_kind_that_has_limits_is_checked)
{
	const struct cc_desc *d = table_desc((enum table)_i);
	size_t n = 0;

	for (size_t i = 0; i < d->n_fields; i++) {
		const struct cc_field *f = &d->fields[i];
		const char *want = is_stored(f) ? check_of(f) : NULL;

		if (want == NULL)
			continue;
		n++;
		check_value(cc_printf(arena, "%s.%s", d->name, f->name), want,
		        cc_printf(arena,
		                "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
		                "WHERE conrelid = 'public.%s'::regclass AND contype = 'c' AND conname = '%s_%s_check'",
		                d->name, d->name, f->name));
	}
	ck_assert_uint_gt(n, 0);
	/* And there are no others of that sort, of a field that was renamed or widened. */
	check_value(d->name, cc_printf(arena, "%zu", n),
	        cc_printf(arena,
	                "SELECT count(*) FROM pg_constraint WHERE conrelid = 'public.%s'::regclass AND contype = 'c' AND conname LIKE '%%\\_check'",
	                d->name));
}
END_TEST

#define A61 "repeat('a', 61)"

static const char *const samples[] = { "''", "'a'", "'-'", "'a-'", "'-a'", "'a-a'", "'A'", "'a_a'", "'a.a'", "'\u00e4'", "'a\u00e4'", "'a' || E'\\n'",
	"E'\\n' || 'a'", "'9' || " A61, "'9' || " A61 " || '9'", "'9' || " A61 " || '-'", "'9' || " A61 " || '99'", "repeat('0f', 31)",
	"repeat('0f', 32)", "repeat('0f', 32) || E'\\n'", "repeat('0g', 32)", "repeat('0F', 32)", "repeat('0f', 32) || '0'" };

/* The CHECKs say it in words that cost less than the patterns. */
START_TEST(cheap_checks_mean_what_the_patterns_say)
{
	const char *with = cc_printf(arena, "WITH t AS (SELECT %s AS w) SELECT ", samples[_i]);

	check_value(samples[_i], "t", cc_printf(arena, "%s %s = (w ~ '%s') FROM t", with, label_check("w"), cc_kind_info(CK_name)->pattern));
	check_value(samples[_i], "t", cc_printf(arena, "%s %s = (w ~ '%s') FROM t", with, hash_check("w"), cc_kind_info(CK_sha256)->pattern));
}
END_TEST

/* Keys, references and unique columns, in the words of the catalog. What is deferred is looked at when the batch commits. */
static const char rules[] = "attachment CHECK ((path ~ '^/.'::text))\n"
                            "attachment FOREIGN KEY (instance) REFERENCES instance(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "attachment FOREIGN KEY (volume) REFERENCES volume(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "attachment PRIMARY KEY (id)\n"
                            "attachment UNIQUE (instance, path) DEFERRABLE INITIALLY DEFERRED\n"
                            "attachment UNIQUE (instance, volume) DEFERRABLE INITIALLY DEFERRED\n"
                            "audit PRIMARY KEY (id)\n"
                            "idempotency PRIMARY KEY (id)\n"
                            "image FOREIGN KEY (member) REFERENCES member(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "image PRIMARY KEY (id)\n"
                            "image UNIQUE (name, arch) DEFERRABLE INITIALLY DEFERRED\n"
                            "image_alias FOREIGN KEY (member) REFERENCES member(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "image_alias PRIMARY KEY (id)\n"
                            "image_alias UNIQUE (name) DEFERRABLE INITIALLY DEFERRED\n"
                            "instance CHECK (((other IS NULL) OR ((other_epoch IS NOT NULL) AND (other_epoch <> epoch))))\n"
                            "instance CHECK (((transfer IS NULL) = (other IS NULL)))\n"
                            "instance CHECK ((other <> node))\n"
                            "instance FOREIGN KEY (image) REFERENCES image(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "instance FOREIGN KEY (member) REFERENCES member(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "instance FOREIGN KEY (node) REFERENCES node(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "instance FOREIGN KEY (other) REFERENCES node(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "instance FOREIGN KEY (restore, id) REFERENCES snapshot(id, instance) DEFERRABLE INITIALLY DEFERRED\n"
                            "instance PRIMARY KEY (id)\n"
                            "instance UNIQUE (name) DEFERRABLE INITIALLY DEFERRED\n"
                            "invite FOREIGN KEY (node) REFERENCES node(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "invite FOREIGN KEY (owner) REFERENCES member(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "invite PRIMARY KEY (id)\n"
                            "invite UNIQUE (secret_hash) DEFERRABLE INITIALLY DEFERRED\n"
                            "member PRIMARY KEY (id)\n"
                            "member UNIQUE (name) DEFERRABLE INITIALLY DEFERRED\n"
                            "member_token FOREIGN KEY (member) REFERENCES member(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "member_token PRIMARY KEY (id)\n"
                            "member_token UNIQUE (secret_hash) DEFERRABLE INITIALLY DEFERRED\n"
                            "node CHECK ((used_cpu_millis <= granted_cpu_millis))\n"
                            "node CHECK ((used_disk_mib <= granted_disk_mib))\n"
                            "node CHECK ((used_instances <= granted_instances))\n"
                            "node CHECK ((used_memory_mib <= granted_memory_mib))\n"
                            "node FOREIGN KEY (owner) REFERENCES member(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "node PRIMARY KEY (id)\n"
                            "node UNIQUE (name) DEFERRABLE INITIALLY DEFERRED\n"
                            "node UNIQUE (pin) DEFERRABLE INITIALLY DEFERRED\n"
                            "placement FOREIGN KEY (id) REFERENCES instance(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "placement PRIMARY KEY (id)\n"
                            "published_port PRIMARY KEY (node, protocol, node_port) DEFERRABLE INITIALLY DEFERRED\n"
                            "refused PRIMARY KEY (id)\n"
                            "snapshot FOREIGN KEY (instance) REFERENCES instance(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "snapshot FOREIGN KEY (member) REFERENCES member(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "snapshot FOREIGN KEY (node) REFERENCES node(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "snapshot PRIMARY KEY (id)\n"
                            "snapshot UNIQUE (id, instance)\n"
                            "snapshot UNIQUE (instance, name) DEFERRABLE INITIALLY DEFERRED\n"
                            "volume CHECK (((node IS NULL) = (state = ANY (ARRAY['unplaced'::text, 'lost'::text]))))\n"
                            "volume FOREIGN KEY (member) REFERENCES member(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "volume FOREIGN KEY (node) REFERENCES node(id) DEFERRABLE INITIALLY DEFERRED\n"
                            "volume PRIMARY KEY (id)\n"
                            "volume UNIQUE (name) DEFERRABLE INITIALLY DEFERRED";

START_TEST(rows_are_bound_by_these_rules)
{
	check_value("rules", rules,
	        "SELECT string_agg(line, E'\\n' ORDER BY line COLLATE \"C\") FROM (SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) "
	        "AS line FROM pg_constraint WHERE contype <> 't' AND conname NOT LIKE '%\\_check' AND conrelid::regclass::text "
	        "NOT IN ('zone', 'controller', 'controller_heartbeat', 'schema_migration') AND connamespace = 'public'::regnamespace) l");
}
END_TEST

START_TEST(every_query_is_about_a_table_or_none)
{
	size_t entities = 0;

	ck_assert_uint_gt(schema_queries_n, 3 * TABLE_MAX);
	for (size_t i = 0; i < schema_queries_n; i++) {
		const struct schema_query *q = &schema_queries[i];

		ck_assert_ptr_eq(schema_query_find(q->name), q);
		ck_assert_msg(strchr(q->sql, ';') == strrchr(q->sql, ';') && q->sql[strlen(q->sql) - 1] == ';', "%s is not one statement", q->name);
		if (q->entity[0] == '\0')
			continue;
		entities++;
		ck_assert_msg(strncmp(q->name, q->entity, strlen(q->entity)) == 0, "%s is not named after %s", q->name, q->entity);
	}
	ck_assert_uint_ge(entities, 3 * TABLE_MAX);
	ck_assert_ptr_null(schema_query_find("no_such_query"));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("catalog");
	TCase *tc = tcase_create("catalog");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, columns_are_the_stored_fields, 0, TABLE_MAX);
	tcase_add_loop_test(tc, every_kind_that_has_limits_is_checked, 0, TABLE_MAX);
	tcase_add_test(tc, rows_are_bound_by_these_rules);
	tcase_add_loop_test(tc, cheap_checks_mean_what_the_patterns_say, 0, CC_ARRAY_LEN(samples));
	tcase_add_test(tc, every_query_is_about_a_table_or_none);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	pg_cluster_begin(store_fixture_fill);
	return test_run(suite());
}
