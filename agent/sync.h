/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conversation with the controller, two requests of one kind (POST /v1/nodes/{id}/sync): one listens, empty and parked until there are new orders; one
 * talks, carrying what changed and answered at once. So a change on the node is told within a round trip without breaking off what is parked, and reports,
 * being strictly one after another, cannot overtake each other; it talks also when a lease has to be renewed. The first talk after the start is full. When
 * nothing gets through, both wait, longer each time up to a minute, and the next attempt is a full talk. */
#pragma once

#include "agent/report.h"
#include "common/http_client.h"

struct sync_call {
	struct sync *sync;
	struct cc_http_exchange *exchange; /* NULL: not under way */
	int64_t sent_ms;                   /* boot time */
	uint64_t number;                   /* of this call; they only grow */
	uint64_t change;                   /* of insts, the last in this report */
	bool full;
	bool facts;
};

struct sync {
	/* The caller's, set before sync_init. */
	struct cc_http *http;
	struct inst_table *insts;
	const struct node_facts *facts;
	const char *names_version; /* of the zone's names that are here; NULL: they are not wanted */
	struct probes *probes;     /* NULL: nothing is measured */
	/* New orders were taken in; `sent_ms` is when the report was sent that they answer. Streams are for this callback to carry: whether there was one to. */
	bool (*on_orders)(void *user, const struct node_orders *o, int64_t sent_ms);
	void *user;

	char path[128];

	int64_t revision;  /* of the last orders taken in */
	uint64_t adopted;  /* `calls` when that was */
	uint64_t calls;    /* calls sent so far */
	int64_t wait_ms;   /* how long the controller lets us listen */
	int64_t beat_ms;   /* how often it gives a sign of life meanwhile; 0: never */
	int64_t listen_ms; /* not before: boot time */
	int64_t full_ms;   /* when the last full report was sent */
	int64_t renew_ms;  /* when to talk at the latest, so that the lease goes on: boot time. Set by the caller, also when nothing is to be told */
	bool full_due;
	bool facts_due;
	bool hold_talk;    /* nothing may be told yet: what it rests on is not on the disk */
	bool reached;      /* the last attempt succeeded */
	bool lost;         /* and that it is not was logged */
	int64_t heard_ms;  /* wall clock, when the controller last answered well; 0: never */
	char trouble[200]; /* why it could not be reached; "" while it is */
	struct backoff backoff;
	struct sync_call talk;
	struct sync_call listen;
};

void sync_init(struct sync *s, struct cc_uuid node, int64_t revision);
/* Sends what is due. */
void sync_step(struct sync *s, int64_t now_ms);
/* When sync_step has to be called although nothing happened. */
int64_t sync_next_ms(const struct sync *s);
/* Breaks off what is under way. */
void sync_stop(struct sync *s);
/* What is told of the machine has changed. */
void sync_facts_changed(struct sync *s);
