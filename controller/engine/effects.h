/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What commands change, as data: rows put and rows removed, in order. The same effects are applied to the working model at once, to PostgreSQL in one
 * transaction, and after COMMIT to the published model. A put carries the whole new row, so applying twice does no harm and the last one wins. */
#pragma once

#include "controller/engine/row.h"

struct effect {
	enum table table;
	struct cc_uuid id;
	struct row *row; /* the new row, one reference; NULL when the row is removed */
	/* Set by the engine when the effects are applied to the working zone. */
	int64_t revision;
	int64_t at_ms;
};

/* Zero-initialise it. */
struct effects {
	struct effect *items;
	size_t n;
	size_t cap;
	/* Ids whose readers should look again besides the rows' own: nodes whose orders changed. */
	struct cc_uuid *wakes;
	size_t n_wakes;
	size_t cap_wakes;
};

/* Puts a copy of `values`. Its revision is set by the engine when the effects are applied. */
void effects_put(struct effects *fx, enum table t, const void *values);
void effects_remove(struct effects *fx, enum table t, struct cc_uuid id);
void effects_wake(struct effects *fx, struct cc_uuid id);
/* Releases everything; the struct is empty and usable again. */
void effects_clear(struct effects *fx);
/* Takes back what was added since there were n effects and n_wakes wakes: a refused command changes nothing. */
void effects_truncate(struct effects *fx, size_t n, size_t n_wakes);
