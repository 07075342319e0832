/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/lifecycle.h"

static const struct inst_edge edges[] = {
#define FSM(from, event, to, why) { INST_##from, INST_EVENT_##event, INST_##to, why },
#include "controller/engine/instance_fsm.def"
#undef FSM
};

const struct inst_edge *lifecycle_find(enum inst_state from, enum inst_event event)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(edges); i++)
		if (edges[i].from == from && edges[i].event == event)
			return &edges[i];
	return NULL;
}

const struct inst_edge *lifecycle_edges(size_t *ret_n)
{
	*ret_n = CC_ARRAY_LEN(edges);
	return edges;
}

const char *lifecycle_event_name(enum inst_event e)
{
	static const char *const names[INST_EVENT_MAX] = { "placed", "working", "up", "down", "broke", "gone", "silent", "heard", "lost", "moved",
		"start", "stop", "restart", "delete" };

	return (unsigned)e < INST_EVENT_MAX ? names[e] : "?";
}

enum inst_event lifecycle_observed(enum observed seen)
{
	static const enum inst_event events[OBSERVED_MAX] = {
		[OBSERVED_FETCHING] = INST_EVENT_WORKING,
		[OBSERVED_STARTING] = INST_EVENT_WORKING,
		[OBSERVED_RUNNING] = INST_EVENT_UP,
		[OBSERVED_STOPPING] = INST_EVENT_MAX,
		[OBSERVED_STOPPED] = INST_EVENT_DOWN,
		[OBSERVED_FAILED] = INST_EVENT_BROKE,
		[OBSERVED_GONE] = INST_EVENT_GONE,
	};

	return (unsigned)seen < OBSERVED_MAX ? events[seen] : INST_EVENT_MAX;
}
