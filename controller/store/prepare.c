/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prepares every query and compares what the server says about it with its header and the lists of fields. */
#include "controller/store/session.h"

#include <stdio.h>
#include <string.h>

static int check_type(const struct schema_query *q, const char *what, const char *name, Oid want, Oid got, struct cc_error *err)
{
	char want_text[32], got_text[32];

	if (want == got)
		return 0;
	return cc_fail(err, INTERNAL, "query %s, %s %s: %s is expected, the database has %s; program and database do not belong together", q->name,
	        what, name, store_type_name(want, want_text), store_type_name(got, got_text));
}

static int check_n_args(const struct schema_query *q, int want, int got, struct cc_error *err)
{
	if (want == got)
		return 0;
	return cc_fail(err, INTERNAL, "query %s takes %d arguments, its header names %d", q->name, got, want);
}

/* Arguments as "name:type name:type". */
static int check_scalar_args(const struct schema_query *q, const PGresult *res, struct cc_error *err)
{
	char name[64], type[32];
	const char *p = q->args;
	int n = 0, used;

	for (; sscanf(p, " %63[^: ]:%31[^ ]%n", name, type, &used) == 2; p += used, n++)
		if (n < PQnparams(res) && check_type(q, "argument", name, store_type(type), PQparamtype(res, n), err) < 0)
			return -1;
	return check_n_args(q, n, PQnparams(res), err);
}

static int check_entity_args(const struct schema_query *q, enum table t, const PGresult *res, struct cc_error *err)
{
	struct store_statement st;

	if (store_plan_args(q, t, &st, err) < 0 || check_n_args(q, (int)st.n, PQnparams(res), err) < 0)
		return -1;
	for (size_t i = 0; i < st.n; i++) {
		const struct cc_field *f = st.fields[i];

		if (check_type(q, "argument", f->name, store_array_type(cc_kind_info(f->kind)->column), PQparamtype(res, (int)i), err) < 0)
			return -1;
	}
	return 0;
}

/* Rows of an entity have each stored field once, and nothing else. */
static int check_entity_columns(const struct schema_query *q, const struct cc_desc *d, const PGresult *res, struct cc_error *err)
{
	int n = 0;

	for (size_t i = 0; i < d->n_fields; i++) {
		const struct cc_field *f = &d->fields[i];
		int column = PQfnumber(res, f->name);

		if (!store_is_stored(f))
			continue;
		if (column < 0)
			return cc_fail(err, INTERNAL, "query %s gives no column '%s'", q->name, f->name);
		if (check_type(q, "column", f->name, store_type(cc_kind_info(f->kind)->column), PQftype(res, column), err) < 0)
			return -1;
		n++;
	}
	if (n != PQnfields(res))
		return cc_fail(err, INTERNAL, "query %s gives %d columns, %s has %d stored fields", q->name, PQnfields(res), d->name, n);
	return 0;
}

static int check_query(const struct schema_query *q, const PGresult *res, struct cc_error *err)
{
	bool gives_rows = q->result != SCHEMA_NONE;
	enum table t = store_table(q->entity);

	if (gives_rows != (PQnfields(res) > 0))
		return cc_fail(err, INTERNAL, "query %s gives %d columns, which is not what its header says", q->name, PQnfields(res));
	if (q->entity[0] == '\0')
		return check_scalar_args(q, res, err);
	if (t == TABLE_MAX)
		return cc_fail(err, INTERNAL, "query %s is about '%s', which is no table", q->name, q->entity);
	if (check_entity_args(q, t, res, err) < 0)
		return -1;
	return gives_rows ? check_entity_columns(q, table_desc(t), res, err) : 0;
}

static int prepare(struct store *s, const struct schema_query *q, struct cc_error *err)
{
	cc_auto(PQclear) PGresult *done = NULL;
	cc_auto(PQclear) PGresult *described = NULL;

	if (store_answer(s, q->name, PQsendPrepare(s->conn, q->name, q->sql, 0, NULL), &done, err) < 0)
		return -1;
	if (store_answer(s, q->name, PQsendDescribePrepared(s->conn, q->name), &described, err) < 0)
		return -1;
	return check_query(q, described, err);
}

int store_prepare(struct store *s, struct cc_error *err)
{
	CC_PRE(!s->prepared);
	if (s->lost)
		return store_lose(s, "open it again", err);
	for (size_t i = 0; i < schema_queries_n; i++)
		if (prepare(s, &schema_queries[i], err) < 0)
			return cc_wrap(err, "preparing the queries");
	s->prepared = true;
	return 0;
}
