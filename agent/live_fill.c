/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/live_fill.h"

#include "common/confine.h"

#include <stdlib.h>

/* By the limits that it has; what is not here yet by those that it will have. */
static void fill_limits(struct live_instance *to, const struct inst *i)
{
	const struct priv_limits *l = &i->ct.limits;

	if (i->exists && l->memory_bytes > 0) {
		to->cpu_millis = l->cpu_millis;
		to->memory_mib = (int64_t)(l->memory_bytes >> 20);
		to->disk_mib = (int64_t)(l->disk_bytes >> 20);
	} else if (i->want != NULL) {
		to->cpu_millis = i->want->cpu_millis;
		to->memory_mib = i->want->memory_mib;
		to->disk_mib = i->want->disk_mib;
	}
}

static void fill_one(struct live_instance *to, const struct inst *i)
{
	bool runs = i->exists && i->ct.state == PRIV_CT_RUNNING;

	*to = (struct live_instance){ .id = i->id, .name = "", .member_name = "", .state = i->reported.state };
	to->reason = i->reported.reason;
	to->address = i->reported.address;
	if (i->want != NULL) {
		to->name = i->want->name;
		to->member_name = cc_has(i->want, assignment, member_name) ? i->want->member_name : "";
	}
	fill_limits(to, i);
	to->used_memory_mib = runs ? (int64_t)(i->ct.memory_bytes >> 20) : 0;
	to->cpu_usec = runs ? (int64_t)i->ct.cpu_usec : 0;
}

static void add_use(struct live *l, const struct live_instance *one, const struct inst *i)
{
	l->used_instances++;
	l->used_disk_mib += one->disk_mib;
	if (!i->exists || i->ct.state == PRIV_CT_STOPPED)
		return;
	l->used_cpu_millis += one->cpu_millis;
	l->used_memory_mib += one->memory_mib;
}

int live_fill_answer(
        const char *state_dir, struct live *l, const struct inst_table *t, const struct sync *s, const struct node_facts *facts, struct cc_error *err)
{
	cc_auto_free struct live_instance *items = cc_calloc(t->n + 1, sizeof(*items));

	l->instances.items = items;
	for (size_t k = 0; k < t->n; k++) {
		struct live_instance *one = &items[l->instances.n++];

		fill_one(one, t->items[k]);
		add_use(l, one, t->items[k]);
	}
	l->connected = s->reached;
	l->trouble = s->trouble;
	if (s->heard_ms > 0)
		cc_set(l, live, heard, s->heard_ms);
	l->features = facts->features;
	l->fences = cc_confine_text();
	return live_answer(state_dir, l, err);
}
