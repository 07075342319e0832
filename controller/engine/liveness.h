/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When each node was last heard of, or each token last used; in memory only: heartbeats write nothing. Any thread. */
#pragma once

#include "common/id.h"

struct liveness;

struct liveness *liveness_new(void);
void liveness_free(struct liveness *l);
/* What is older than what is known changes nothing. */
void liveness_heard(struct liveness *l, struct cc_uuid node, int64_t boot_ms);
/* 0 when never. */
int64_t liveness_last(struct liveness *l, struct cc_uuid node);
