/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside store: what a list of effects comes to. Of several effects on one row the last counts. */
#pragma once

#include "controller/engine/effects.h"

struct store_rows {
	struct {
		const void **puts; /* values, which belong to the effects */
		size_t n_puts;
		struct cc_uuid *removes;
		size_t n_removes;
	} tables[TABLE_MAX];
};

/* Valid as long as the effects are. */
void store_rows_init(struct store_rows *rows, const struct effects *fx);
void store_rows_done(struct store_rows *rows);
