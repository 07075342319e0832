/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/api/addresses.h"

static void add(struct cc_texts *t, const char *address)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->items[i], address) == 0)
			return;
	if (t->n < ADDRESSES_MAX)
		t->items[t->n++] = address;
}

struct cc_texts addresses_of_zone(const struct call *c, struct cc_arena *a, uint64_t *ret_version)
{
	struct cc_texts t = { .items = cc_new_array(a, ADDRESSES_MAX, const char *) };
	struct zone_controller *list;
	size_t n = engine_controllers(c->engine, a, &list, ret_version);

	for (size_t i = 0; i < c->setup->n_addresses; i++)
		add(&t, c->setup->addresses[i]);
	/* The first of each before the second of any: a list that is cut short still leads to all. */
	for (size_t k = 0; k < ADDRESSES_MAX; k++)
		for (size_t i = 0; i < n; i++)
			if (k < list[i].addresses.n)
				add(&t, list[i].addresses.items[k]);
	return t;
}
