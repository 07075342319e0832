/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The instances that this agent knows: what each should be, what is there, what is under way, and what the controller was told. Pure memory. */
#pragma once

#include "agent/backoff.h"
#include "agent/priv_msg.h"
#include "agent/reconcile.h"

#define INST_MAX_KNOWN 4096 /* more are refused as nonsense */
#define INST_REASON    256

/* A snapshot that is on the node, or could not be taken. */
struct inst_snapshot {
	struct cc_uuid id;
	bool failed;
	int64_t bytes; /* 0: not known */
	char reason[INST_REASON];
};

/* What a report says of an instance. */
struct reported {
	enum observed state;
	int64_t epoch;
	int64_t boot_sn;
	char reason[INST_REASON];
	char address[PRIV_ADDR_TEXT];
	char address6[PRIV_ADDR_TEXT];
	/* Of what runs; zeros else. */
	struct priv_limits limits;
	struct ports ports;
	uint64_t memory_bytes; /* in use; told when it changed by a good part of the limit */
	uint64_t disk_bytes;   /* the same; 0: not known */
	bool disk_advisory;    /* its disk limit is not enforced */
};

/* Why it is not tried (again) now. */
struct retry {
	struct backoff backoff;
	enum doing what; /* failed */
	bool never;
	char reason[INST_REASON];
};

struct inst {
	struct cc_uuid id;
	struct assignment *want; /* the assignment that counts, one heap block; NULL: none */
	bool drop;               /* the controller said so */
	bool exists;             /* on the node; then `ct` is what was last seen of it */
	bool listed;             /* mark while a list is compared */
	struct priv_ct ct;
	enum doing doing;
	uint64_t exited_start_ms; /* ct.started_boottime_ms of the init that ended while a start was under way; 0: none did */
	int32_t exited_status;
	struct retry retry;
	struct inst_snapshot *snapshots;
	size_t n_snapshots;
	bool snapshots_known; /* the privileged half has listed them */
	bool snapshots_busy;  /* a request about them is open, so the record stays */
	struct backoff snapshots_backoff;
	int64_t restore_failed_sn; /* the last restore that failed; 0: none did */
	char restore_reason[INST_REASON];
	struct reported reported;
	uint64_t change;    /* number of the last change of `reported`; 0: never told */
	int64_t changed_ms; /* boot time of it */
};

/* A volume that was ordered. */
struct inst_volume {
	struct cc_uuid id;
	int64_t want_mib;
	bool deleted; /* it is to be */
	bool listed;  /* mark while orders are taken in */
	bool known;   /* what is there is told by: */
	enum stored state;
	int64_t made_mib;
	bool busy;
	struct backoff backoff;
	char reason[INST_REASON];
	uint64_t change; /* as of an instance */
};

struct inst_table {
	struct inst **items;
	size_t n;
	size_t cap;
	struct inst_volume *volumes;
	size_t n_volumes;
	bool ct_known;      /* the privileged half has listed what exists */
	uint64_t change;    /* the last number given to a change */
	uint64_t confirmed; /* the controller has all changes up to this one */
	bool unsaved;       /* assignments differ from the spool */
};

void inst_table_done(struct inst_table *t);
/* NULL when there is none. */
struct inst *inst_find(const struct inst_table *t, struct cc_uuid id);
/* Finds or adds. */
struct inst *inst_get(struct inst_table *t, struct cc_uuid id);
void inst_remove(struct inst_table *t, struct inst *i);

/* A copy of `want`, NULL for none. A higher epoch or boot_sn, or another wish, ends all waiting and every failure for good. Returns whether it did. */
bool inst_set_want(struct inst_table *t, struct inst *i, const struct assignment *want);

/* The node's ports that shall lead to it. */
struct ports inst_ports(const struct assignment *a);
/* kbit/s; 0: no limit. */
uint32_t inst_bandwidth(const struct assignment *a);

/* Whether it may run only as long as the controller's lease. */
static inline bool inst_is_leased(const struct inst *i)
{
	return i->want != NULL && i->want->on_disconnect == ON_DISCONNECT_STOP;
}

/* Takes in what the privileged half says of one instance, or that it does not exist (NULL). */
void inst_saw(struct inst *i, const struct priv_ct *ct);
/* The list of all: what is not in it does not exist, but for those with something under way. */
void inst_saw_all(struct inst_table *t, const struct priv_ct *cts, size_t n);

/* A start was answered. When its init has ended again meanwhile, that counts. */
void inst_started(struct inst *i, const struct priv_ct *ct, int64_t now_ms);
/* Its init ended by itself: when it should run, the next start waits, longer each time unless it ran for a minute. */
void inst_exited(struct inst *i, const struct priv_ct *ct, int64_t now_ms);
/* `what` failed. `never`: not tried again until asked, else with growing waits that the reason names. */
void inst_failed(struct inst *i, enum doing what, bool never, int64_t now_ms, const char *reason);
void inst_succeeded(struct inst *i);

/* What is told about it changed besides its state: its snapshots, its restore. */
void inst_touch(struct inst_table *t, struct inst *i, int64_t now_ms);
/* Whether its files are to become those of a snapshot before it runs again. */
bool inst_is_to_restore(const struct inst *i);

/* Classifies all but image and policy. A failed start holds up further starts only, never a stop. */
struct situation inst_situation(const struct inst_table *t, const struct inst *i, enum lease lease, int64_t now_ms);

/* Sets what is to be told; when it differs from before, the change gets a number and true is returned. */
bool inst_report(struct inst_table *t, struct inst *i, enum observed state, const char *reason, int64_t now_ms);
