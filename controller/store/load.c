/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All tables in one snapshot, row by row: a result never holds more than one row, and what was read goes into the zone in portions. */
#include "controller/store/session.h"

#include <stdlib.h>

enum { PORTION = 1024 };

struct loader {
	struct store *s;
	struct zone *zone;
	struct effects fx;
	struct cc_arena *arena; /* of one row */
};

static void put_portion(struct loader *l)
{
	zone_apply(l->zone, &l->fx, 0);
	effects_clear(&l->fx);
}

/* What the database holds is not a caller's mistake. */
static int fail_row(const struct cc_desc *d, const PGresult *res, const struct cc_error *why, struct cc_error *err)
{
	return cc_fail(err, INTERNAL, "%s %s: %s", d->name, store_value(res, "id"), why->msg);
}

/* One row of a result that has a column for each stored field (store_prepare saw to that). */
static int load_row(struct loader *l, enum table t, const PGresult *res, struct cc_error *err)
{
	const struct cc_desc *d = table_desc(t);
	void *row = cc_arena_alloc(l->arena, d->size);
	struct cc_error why;

	for (size_t i = 0; i < d->n_fields; i++) {
		const struct cc_field *f = &d->fields[i];
		int column = store_is_stored(f) ? PQfnumber(res, f->name) : -1;

		if (column >= 0 && !PQgetisnull(res, 0, column) && cc_field_parse(f, PQgetvalue(res, 0, column), row, l->arena, &why) < 0)
			return fail_row(d, res, &why, err);
	}
	effects_put(&l->fx, t, row);
	cc_arena_reset(l->arena);
	if (l->fx.n >= PORTION)
		put_portion(l);
	return 0;
}

/* The rows of the query that was sent; after a bad one the rest is taken off the wire unread. */
static int load_rows(struct loader *l, enum table t, const char *query, struct cc_error *err)
{
	struct cc_error ignored;
	PGresult *next = NULL;
	int r = 0;

	for (;;) {
		cc_auto(PQclear) PGresult *res = NULL;

		if (store_next(l->s, &next, r == 0 ? err : &ignored) < 0)
			return -1;
		res = next;
		if (res == NULL)
			return r;
		if (r < 0)
			continue;
		if (PQresultStatus(res) == PGRES_SINGLE_TUPLE)
			r = load_row(l, t, res, err);
		else if (PQresultStatus(res) != PGRES_TUPLES_OK)
			r = store_refused(l->s, query, res, err);
	}
}

static int load_table(struct loader *l, enum table t, struct cc_error *err)
{
	PGconn *conn = l->s->conn;
	const char *query = l->s->plans[t].load->name;

	if (!PQsendQueryPrepared(conn, query, 0, NULL, NULL, NULL, 0) || !PQsetSingleRowMode(conn))
		return store_lose(l->s, PQerrorMessage(conn), err);
	if (load_rows(l, t, query, err) < 0)
		return -1;
	put_portion(l);
	return 0;
}

static int load_zone(struct loader *l, struct cc_error *err)
{
	cc_auto(PQclear) PGresult *res = NULL;
	struct cc_uuid id;

	if (store_query(l->s, "zone_get", NULL, &res, err) < 0)
		return -1;
	if (PQntuples(res) == 0 || store_int(res, "term") != l->s->term)
		return cc_fail(err, CONFLICT, "the zone was taken by another controller");
	if (cc_uuid_parse(store_value(res, "id"), &id, err) < 0)
		return -1;
	l->zone = zone_new(store_value(res, "name"), id);
	zone_set_revision(l->zone, store_int(res, "revision"));
	return 0;
}

static int load_all(struct loader *l, struct cc_error *err)
{
	if (store_run(l->s, "begin_snapshot", NULL, err) < 0 || load_zone(l, err) < 0)
		return -1;
	for (enum table t = 0; t < TABLE_MAX; t++)
		if (table_kept(t) && load_table(l, t, err) < 0)
			return -1;
	return store_run(l->s, "commit", NULL, err);
}

int store_load(struct store *s, struct zone **ret, struct cc_error *err)
{
	struct loader l = { .s = s, .arena = cc_arena_new(0) };
	int r;

	CC_PRE(s->term > 0);
	r = load_all(&l, err);
	effects_clear(&l.fx);
	cc_arena_free(l.arena);
	if (r < 0) {
		zone_free(l.zone);
		store_undo(s);
		return cc_wrap(err, "loading the zone");
	}
	*ret = l.zone;
	return 0;
}
