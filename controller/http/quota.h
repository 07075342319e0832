/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts what each of many has under way, so that one cannot take what all share. Any thread. */
#pragma once

#include "common/id.h"

struct quota;

/* So many at a time for each. */
struct quota *quota_new(size_t max);
/* NULL is allowed. */
void quota_free(struct quota *q);
/* One more for `id`, given back with quota_leave; false, and nothing to give back, when it has the most. */
bool quota_enter(struct quota *q, struct cc_uuid id);
void quota_leave(struct quota *q, struct cc_uuid id);
