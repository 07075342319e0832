/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Label selectors, as Kubernetes has them: requirements separated by commas, all of which must hold.
 *   a=b  a==b  a!=b  a in (b,c)  a notin (b,c)  a  !a
 * What a map does not have is unequal to everything. Pure. */
#pragma once

#include "common/desc.h"

enum { CC_SELECTOR_MAX = 32 }; /* requirements, and values of one */

struct cc_requirement {
	const char *key;
	bool negated;           /* the opposite of what follows */
	struct cc_texts values; /* the label is one of these; none: it is there */
};

struct cc_selector {
	size_t n;
	struct cc_requirement *items;
};

/* An empty text selects everything. @err INVALID, with the place */
int cc_selector_parse(const char *text, struct cc_arena *a, struct cc_selector *ret, struct cc_error *err);
bool cc_selector_matches(const struct cc_selector *s, const struct cc_map *labels);
