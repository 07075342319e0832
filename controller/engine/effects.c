/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/effects.h"

#include <stdlib.h>

static struct effect *add(struct effects *fx)
{
	if (fx->n == fx->cap) {
		fx->cap = fx->cap ? fx->cap * 2 : 16;
		fx->items = cc_realloc(fx->items, fx->cap * sizeof(*fx->items));
	}
	return &fx->items[fx->n++];
}

void effects_put(struct effects *fx, enum table t, const void *values)
{
	*add(fx) = (struct effect){ .table = t, .id = ((const struct row_head *)values)->id, .row = row_new(t, values) };
}

void effects_remove(struct effects *fx, enum table t, struct cc_uuid id)
{
	*add(fx) = (struct effect){ .table = t, .id = id };
}

void effects_wake(struct effects *fx, struct cc_uuid id)
{
	if (fx->n_wakes == fx->cap_wakes) {
		fx->cap_wakes = fx->cap_wakes ? fx->cap_wakes * 2 : 16;
		fx->wakes = cc_realloc(fx->wakes, fx->cap_wakes * sizeof(*fx->wakes));
	}
	fx->wakes[fx->n_wakes++] = id;
}

void effects_truncate(struct effects *fx, size_t n, size_t n_wakes)
{
	while (fx->n > n)
		row_unref(fx->items[--fx->n].row);
	fx->n_wakes = n_wakes;
}

void effects_clear(struct effects *fx)
{
	effects_truncate(fx, 0, 0);
	free(fx->items);
	free(fx->wakes);
	*fx = (struct effects){ 0 };
}
