/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far nodes are from each other and from the controller: what was measured, with its age, and the points that follow from it (scheduler/distance.h). In
 * memory only; points that moved are handed out now and then to be stored with their nodes. Each node may have so many measured pairs, the oldest give way.
 * The controller is the nil id, and at the origin. Any thread; times are boot time in ms. */
#pragma once

#include "common/arena.h"
#include "common/id.h"
#include "scheduler/distance.h"

#define DISTANCES_PAIRS    12              /* that one node measured */
#define DISTANCES_FRESH_MS (3 * 3600000LL) /* so long a measured pair counts: nodes name all of theirs once an hour */

struct distances;

struct distances *distances_new(void);
void distances_free(struct distances *d);

/* The node is of the zone. `stored` is the point that was stored with it, an unknown one for none; what is known already stays. */
void distances_put(struct distances *d, struct cc_uuid node, const struct sched_point *stored);
/* With all that was measured to it. */
void distances_remove(struct distances *d, struct cc_uuid node);

/* `from` measured the way to `to`, at `at_ms`. Nodes that are not of the zone are passed over. */
void distances_measured(struct distances *d, struct cc_uuid from, struct cc_uuid to, int64_t rtt_us, int64_t at_ms);
/* One more sample of a pair that is looked at all the time: the low end of the last few counts. */
void distances_sample(struct distances *d, struct cc_uuid from, struct cc_uuid to, int64_t rtt_us, int64_t at_ms);

/* Whom a node is to measure. */
#define DISTANCES_TARGETS   6
#define DISTANCES_ASKED_MAX 16 /* who is measured by so many is chosen by no more: answering costs its owner traffic */
struct distances_target {
	struct cc_uuid node;
	uint16_t port;
};
/* The node answers probes at this UDP port; 0: it does not. */
void distances_answers(struct distances *d, struct cc_uuid node, int64_t port);
/* A few that answer: the same ones for hours, chosen anew sooner while the map is young and when one is gone. Returns how many. */
size_t distances_targets(struct distances *d, struct cc_uuid node, int64_t now_ms, struct distances_target ret[DISTANCES_TARGETS]);

/* Fits the points to what is fresh, in small pieces: to be called about once a second. */
void distances_fit(struct distances *d, int64_t now_ms);

struct distances_moved {
	struct cc_uuid node;
	struct sched_point point;
};
/* Points worth storing, at most `max`, each then taken for stored: new ones as soon as they have settled, others seldom. Returns how many. */
size_t distances_moved(struct distances *d, int64_t now_ms, struct distances_moved *ret, size_t max);

struct distance {
	int64_t measured_us; /* fresh; 0: nothing is */
	int64_t age_ms;      /* of that */
	int64_t estimate_us; /* SCHED_RTT_UNKNOWN: there is none */
	int64_t error;       /* of the estimate: the larger one of both points, per mille */
};
/* What to reckon with: SCHED_RTT_UNKNOWN when nothing is known. */
int64_t distances_us(const struct distance *m);
struct distance distances_between(struct distances *d, struct cc_uuid a, struct cc_uuid b, int64_t now_ms);

/* Nodes between which and `node` there is a fresh measured pair, whichever of the two measured it; at most `max`, in no order. Of the controller none are told:
 * its estimates are all as good as measured. Returns how many. */
#define DISTANCES_AROUND_MAX 44
struct distances_near {
	struct cc_uuid node;
	int64_t rtt_us;
};
size_t distances_around(struct distances *d, struct cc_uuid node, int64_t now_ms, struct distances_near *ret, size_t max);
