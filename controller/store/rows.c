/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/store/rows.h"

#include "common/cleanup.h"
#include "common/hash_table.h"

#include <stdlib.h>

struct key {
	enum table table;
	struct cc_uuid id;
};

static bool is_about(const void *item, const void *key)
{
	const struct effect *e = item;
	const struct key *k = key;

	return e->table == k->table && cc_uuid_equal(e->id, k->id);
}

/* True the first time that a row is met. */
static bool first_met(struct cc_hash *met, const struct effect *e)
{
	struct key k = { e->table, e->id };
	uint64_t h = cc_hash_id(e->id);

	if (cc_hash_find(met, h, is_about, &k) != NULL)
		return false;
	cc_hash_add(met, h, e);
	return true;
}

static void make_room(struct store_rows *rows, const struct effects *fx)
{
	for (size_t i = 0; i < fx->n; i++)
		if (fx->items[i].row != NULL)
			rows->tables[fx->items[i].table].n_puts++;
		else
			rows->tables[fx->items[i].table].n_removes++;
	for (int t = 0; t < TABLE_MAX; t++) {
		rows->tables[t].puts = cc_calloc(rows->tables[t].n_puts, sizeof(*rows->tables[t].puts));
		rows->tables[t].removes = cc_calloc(rows->tables[t].n_removes, sizeof(*rows->tables[t].removes));
		rows->tables[t].n_puts = rows->tables[t].n_removes = 0;
	}
}

/* Marks the effects that count. From the last to the first: the first one met of each row is its last. */
static void mark_last(const struct effects *fx, bool *last)
{
	struct cc_hash met = { 0 };

	for (size_t i = fx->n; i-- > 0;)
		last[i] = first_met(&met, &fx->items[i]);
	cc_hash_free(&met);
}

void store_rows_init(struct store_rows *rows, const struct effects *fx)
{
	cc_auto_free bool *last = cc_calloc(fx->n, sizeof(*last));

	*rows = (struct store_rows){ 0 };
	make_room(rows, fx);
	mark_last(fx, last);
	for (size_t i = 0; i < fx->n; i++) {
		const struct effect *e = &fx->items[i];

		if (last[i] && e->row != NULL)
			rows->tables[e->table].puts[rows->tables[e->table].n_puts++] = e->row->values;
		else if (last[i])
			rows->tables[e->table].removes[rows->tables[e->table].n_removes++] = e->id;
	}
}

void store_rows_done(struct store_rows *rows)
{
	for (int t = 0; t < TABLE_MAX; t++) {
		free(rows->tables[t].puts);
		free(rows->tables[t].removes);
	}
}
