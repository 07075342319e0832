/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report: what the node tells the controller. The first one after the start is full, later ones carry what changed and was not confirmed. */
#pragma once

#include "agent/inst.h"
#include "agent/probes.h"

/* What is told of the machine itself; the strings belong to the caller. */
struct node_facts {
	const char *arch;
	struct cc_texts features;
	int64_t cpu_millis, memory_mib, disk_mib;
	int64_t offer_cpu_millis, offer_memory_mib, offer_disk_mib, offer_instances;
	struct cc_map labels;
	struct cc_texts allow_members, deny_members;
	const char *closed;                  /* why nothing new may start, "" or NULL when it may */
	const char *address;                 /* NULL or "": not known */
	struct port_range publish;           /* what its owner lets instances publish */
	struct cc_texts blocked;             /* rules of others that are in the instances' way */
	uint32_t upload_kbit, download_kbit; /* its owner's limits for all instances together; 0: none */
};

struct report_want {
	bool full;
	int64_t revision;
	int64_t wait_ms;
	const struct node_facts *facts; /* NULL: not in this report */
	const char *names_version;      /* of the zone's names that are here; NULL: not said */
	struct probes *probes;          /* NULL: nothing is measured */
	int64_t now_ms;                 /* boot time */
};

/* Encodes the report. Returns the number of the last change in it: what to give to report_confirmed when the answer has come. */
uint64_t report_build(const struct inst_table *t, const struct report_want *w, struct cc_buf *out);
/* Nothing but the revision and how long to wait: the parked request. */
void report_build_empty(const struct report_want *w, struct cc_buf *out);

/* When to send a report: boot time, 0 for at once, CC_NEVER_MS when the controller has confirmed everything. What only says that something is under way waits a
 * little, because what it leads to is often there at once: most starts are one report, not two. */
int64_t report_due_ms(const struct inst_table *t);
/* The controller has everything up to `change`: records of what is gone end here. */
void report_confirmed(struct inst_table *t, uint64_t change);
