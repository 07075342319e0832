/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of an instance as one table (instance_fsm.def). Nothing else in the controller compares states to decide where an instance goes next. */
#pragma once

#include "common/model.h"

/* Events: what the scheduler did, what a node observed, what time brought, what somebody asked for. */
enum inst_event {
	INST_EVENT_PLACED,
	INST_EVENT_WORKING,
	INST_EVENT_UP,
	INST_EVENT_DOWN,
	INST_EVENT_BROKE,
	INST_EVENT_GONE,
	INST_EVENT_SILENT,
	INST_EVENT_HEARD,
	INST_EVENT_LOST,  /* its node was removed from the zone */
	INST_EVENT_MOVED, /* another node has it now */
	INST_EVENT_START,
	INST_EVENT_STOP,
	INST_EVENT_RESTART,
	INST_EVENT_DELETE,
	INST_EVENT_MAX
};

struct inst_edge {
	enum inst_state from;
	enum inst_event event;
	enum inst_state to;
	const char *why;
};

/* NULL when the table has no such edge. */
const struct inst_edge *lifecycle_find(enum inst_state from, enum inst_event event);
/* All edges, for docs and tests; ends at *ret_n. */
const struct inst_edge *lifecycle_edges(size_t *ret_n);
const char *lifecycle_event_name(enum inst_event e);
/* The event that a node's observation means; INST_EVENT_MAX when it means nothing. */
enum inst_event lifecycle_observed(enum observed seen);
