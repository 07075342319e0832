/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counters of requests, and the page that shows them with the zone's figures in Prometheus' text format. Any thread. */
#pragma once

#include "common/buf.h"
#include "controller/http/hub.h"
#include "controller/http/router.h"

struct metrics;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);

/* One answered request; route NULL: none fitted; status 0: its connection ended before the reply. */
void metrics_request(struct metrics *m, const struct route *route, int status, int64_t took_us);
/* The engine's queue was full. */
void metrics_refused(struct metrics *m);

struct metrics_gauges {
	struct hub_figures hub;
	size_t streams;
};
/* Appends the page. */
void metrics_write(struct metrics *m, struct engine *e, const struct metrics_gauges *g, struct cc_buf *out);
