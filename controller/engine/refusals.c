/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/refusals.h"

#include <stdlib.h>
#include <string.h>

struct refusals {
	size_t n;
	struct refused *items[REFUSALS_WAIT_MAX]; /* in order */
};

/* One list of fields makes both. */
_Static_assert(sizeof(struct refused) == sizeof(struct placement) && (int)refused_f_MAX == (int)placement_f_MAX, "they are the same");

struct refusals *refusals_new(void)
{
	return cc_calloc(1, sizeof(struct refusals));
}

void refusals_clear(struct refusals *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->items[i]);
	r->n = 0;
}

void refusals_free(struct refusals *r)
{
	refusals_clear(r);
	free(r);
}

static size_t count_of(const struct refusals *r, struct cc_uuid member)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += cc_uuid_equal(r->items[i]->member, member);
	return n;
}

/* The oldest of the member who has most: who floods pays for it. */
static void drop_one(struct refusals *r)
{
	size_t gone = 0, most = 0;

	for (size_t i = 0; i < r->n; i++) {
		size_t n = count_of(r, r->items[i]->member);

		gone = n > most ? i : gone;
		most = n > most ? n : most;
	}
	free(r->items[gone]);
	memmove(&r->items[gone], &r->items[gone + 1], (r->n - gone - 1) * sizeof(r->items[0]));
	r->n--;
}

void refusals_add(struct refusals *r, const struct placement *p)
{
	if (r->n == REFUSALS_WAIT_MAX)
		drop_one(r);
	r->items[r->n++] = cc_row_heap_copy(&refused_desc, p);
}

static int by_member(const void *a, const void *b)
{
	const struct refused *x = *(const struct refused *const *)a, *y = *(const struct refused *const *)b;
	int order = memcmp(&x->member, &y->member, sizeof(x->member));

	return order != 0 ? order : memcmp(&y->id, &x->id, sizeof(x->id));
}

/* Ids begin with the time of their making. */
static int latest_first(const void *a, const void *b)
{
	const struct refused *x = *(const struct refused *const *)a, *y = *(const struct refused *const *)b;

	return memcmp(&y->id, &x->id, sizeof(x->id));
}

/* Of rows in order of members, the latest of each first. Returns how many stay. */
static size_t cut_members(const struct refused **rows, size_t n, struct effects *fx)
{
	size_t kept = 0, of_member = 0;

	for (size_t i = 0; i < n; i++) {
		of_member = i > 0 && cc_uuid_equal(rows[i]->member, rows[i - 1]->member) ? of_member + 1 : 1;
		if (of_member > REFUSALS_MEMBER_MAX)
			effects_remove(fx, TABLE_REFUSED, rows[i]->id);
		else
			rows[kept++] = rows[i];
	}
	return kept;
}

void refusals_write(const struct refusals *r, const struct zone *z, struct effects *fx)
{
	const struct refused **rows, *row;
	size_t n = 0;

	if (r->n == 0)
		return;
	rows = cc_calloc(zone_count(z, TABLE_REFUSED) + r->n, sizeof(const struct refused *));
	for (size_t i = 0; i < r->n; i++) {
		effects_put(fx, TABLE_REFUSED, r->items[i]);
		rows[n++] = r->items[i];
	}
	for (size_t at = 0; (row = zone_next(z, TABLE_REFUSED, &at)) != NULL;)
		rows[n++] = row;
	qsort(rows, n, sizeof(*rows), by_member);
	n = cut_members(rows, n, fx);
	qsort(rows, n, sizeof(*rows), latest_first);
	for (size_t i = REFUSALS_ZONE_MAX; i < n; i++)
		effects_remove(fx, TABLE_REFUSED, rows[i]->id);
	free(rows);
}
