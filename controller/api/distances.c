/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far a node is from the others. */
#include "common/clock.h"
#include "controller/api/api.h"
#include "controller/api/list.h"
#include "controller/api/rows.h"

#include <stdlib.h>

static void fill(const struct call *c, struct cc_uuid from, const struct node *to, struct node_distance *ret)
{
	struct distance d = distances_between(engine_distances(c->engine), from, to->id, cc_boottime_ms());

	*ret = (struct node_distance){ .id = to->id, .name = cc_arena_strdup(c->arena, to->name), .source = DISTANCE_UNKNOWN };
	if (distances_us(&d) != SCHED_RTT_UNKNOWN)
		cc_set(ret, node_distance, rtt_us, distances_us(&d));
	if (d.estimate_us != SCHED_RTT_UNKNOWN) {
		ret->source = DISTANCE_ESTIMATED;
		cc_set(ret, node_distance, estimate_us, d.estimate_us);
		cc_set(ret, node_distance, error_permille, d.error);
	}
	if (d.measured_us > 0) {
		ret->source = DISTANCE_MEASURED;
		cc_set(ret, node_distance, measured_us, d.measured_us);
		cc_set(ret, node_distance, measured, cc_now_ms() - d.age_ms);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct node *const *)a)->name, (*(const struct node *const *)b)->name);
}

static size_t collect(const struct call *c, const struct zone *z, struct cc_uuid but, const struct list_query *q, const struct node ***ret)
{
	const struct node *node;
	size_t n = 0;

	for (size_t at = 0; zone_next(z, TABLE_NODE, &at) != NULL;)
		n++;
	*ret = cc_new_array(c->arena, n + 1, const struct node *);
	n = 0;
	for (size_t at = 0; (node = zone_next(z, TABLE_NODE, &at)) != NULL;)
		if (!cc_uuid_equal(node->id, but) && list_matches(q, TABLE_NODE, node) && list_is_after(q, TABLE_NODE, node))
			(*ret)[n++] = node;
	qsort(*ret, n, sizeof(**ret), by_name);
	return n;
}

static int list(struct call *c, const struct zone *z, struct node_distance_list *ret, struct cc_error *err)
{
	const struct node *from = rows_find(c, z, TABLE_NODE, c->path[0], NULL, err), **found;
	struct list_query q;
	size_t n;

	if (from == NULL || list_query_read(c, z, TABLE_NODE, &q, err) < 0)
		return -1;
	n = collect(c, z, from->id, &q, &found);
	if (n > q.limit) {
		n = q.limit;
		c->next_page = list_cursor(c->arena, TABLE_NODE, found[n - 1]);
		cc_set(ret, node_distance_list, next, c->next_page);
	}
	ret->index = zone_revision(z);
	ret->items.items = cc_new_array(c->arena, n + 1, struct node_distance);
	for (size_t i = 0; i < n; i++)
		fill(c, from->id, found[i], &ret->items.items[ret->items.n++]);
	return 0;
}

int api_node_distances(struct call *c, struct cc_error *err)
{
	struct node_distance_list *reply = cc_new(c->arena, struct node_distance_list);
	int result = list(c, engine_read_begin(c->engine), reply, err);

	engine_read_end(c->engine);
	c->reply = reply;
	return result;
}
